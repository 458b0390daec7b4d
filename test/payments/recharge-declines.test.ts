import { afterEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { lockPayments } from '../../src/gateway/payment-heads.ts';
import type { Uuid } from '../../src/id.ts';
import { newUuid } from '../../src/id.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { suspendForDispute } from '../../src/payments/recharge-suspend.ts';
import { noteNewCard } from '../../src/payments/recharge-suspension.ts';
import { recharge } from '../../src/payments/recharge-team.ts';
import { topUpById } from '../../src/payments/top-up-rows.ts';
import { expectHealthy } from '../support/audit.ts';
import { HOUR_MS, useRechargeWorld } from './recharge-world.ts';

const {
  world,
  configure,
  team,
  model,
  spend,
  story,
  attempts,
  settings,
  wallet,
  atStripe,
  buy,
  clearFaults,
} = useRechargeWorld();

afterEach(clearFaults);

/** A team whose card declines, after three attempts in a row. */
async function suspended(): Promise<Uuid> {
  const id = await team({ card: 'pm_card_chargeCustomerFail', credit: '5' });
  await world.settle();
  await world.advance(8 * HOUR_MS, HOUR_MS);
  expect(await settings(id)).toMatchObject({ suspendedReason: 'DECLINED', failures: 3 });
  return id;
}

describe('§5.5: a decline', () => {
  test('backs off 1 hour, then 6, and the third in a row suspends it', async () => {
    const id = await team({ card: 'pm_card_chargeCustomerFail', credit: '5' });
    const start = world.clock.now().getTime();
    await world.settle();
    await world.advance(48 * HOUR_MS, HOUR_MS / 2);
    const hours = (await attempts(id)).map(({ startedAt }) => (startedAt.getTime() - start) / HOUR_MS);
    expect(hours).toEqual([0, 1, 7]);
    expect(await settings(id)).toMatchObject({ enabled: true, failures: 3, suspendedReason: 'DECLINED' });
    expect(await wallet(id)).toMatchObject({ due: null, below: null });
    await expectHealthy(world.db);
  });

  test('that suspends it tells every admin, once', async () => {
    const id = await team({ card: 'pm_card_chargeCustomerFail', credit: '5' });
    await addAdmins(id, ['owner@example.com', 'admin@example.com']);
    await world.settle();
    await world.advance(30 * HOUR_MS, HOUR_MS);
    expect(await mails(id)).toEqual([
      { subject: 'Auto-recharge is suspended', to: ['admin@example.com', 'owner@example.com'] },
    ]);
  });

  test('is forgotten once an attempt succeeds', async () => {
    const id = await team({ card: 'pm_card_chargeCustomerFail', credit: '5' });
    await world.settle();
    expect((await settings(id)).failures).toBe(1);
    await configure(id, { method: await world.card(id) });
    await world.advance(HOUR_MS);
    expect(await story(id)).toEqual(['THRESHOLD 20 FAILED', 'THRESHOLD 20 SUCCEEDED']);
    expect((await settings(id)).failures).toBe(0);
  });

  test('a suspension is not ended by time, by what is spent, or by turning it off and on', async () => {
    const id = await suspended();
    await spend(id, await model(), 1);
    await configure(id, { enabled: false });
    await configure(id, {});
    await world.advance(5 * 24 * HOUR_MS, 24 * HOUR_MS);
    expect(await story(id)).toHaveLength(3);
    expect((await settings(id)).suspendedReason).toBe('DECLINED');
  });

  test('a suspension is ended by a payment by hand that succeeds, and it goes on', async () => {
    const id = await suspended();
    const good = await world.card(id);
    expect(await story(id)).toHaveLength(3);
    await pursueTopUp(world.deps, id, (await buy(id, good, 200n)).id);
    expect(await settings(id)).toMatchObject({ suspendedReason: null, failures: 0 });
    await world.advance(HOUR_MS);
    expect((await story(id)).at(-1)).toBe('THRESHOLD 20 SUCCEEDED');
  });

  test.for([
    { card: 'another', goesOn: true },
    { card: 'the same', goesOn: false },
  ])('a suspension and $card card: goes on $goesOn', async ({ goesOn }) => {
    const id = await suspended();
    const { suspendedFingerprint } = await settings(id);
    const method = goesOn ? await world.card(id) : null;
    const fingerprint = goesOn ? 'another' : suspendedFingerprint;
    await inTransaction(world.db, async (tx) => {
      await lockPayments(tx, id);
      await noteNewCard(tx, id, fingerprint, world.clock.now());
    });
    expect(method !== null).toBe(goesOn);
    await world.advance(HOUR_MS);
    expect((await story(id)).length).toBe(goesOn ? 4 : 3);
  });

  test('authentication_required waits for the payer with a link that every admin is sent', async () => {
    const id = await team({ card: 'pm_card_authenticationRequired', credit: '5' });
    await addAdmins(id, ['owner@example.com']);
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 ACTION_REQUIRED']);
    const [attempt] = await attempts(id);
    const topUp = attempt && (await topUpById(world.db, id, attempt.topUpId));
    expect(topUp?.actionUrl).toMatch(/^http/);
    const [mail] = await world.db.sql<{ subject: string; text: string }[]>`
      select subject, text from mails where team_id = ${id}`;
    expect(mail?.subject).toBe('Confirm your auto-recharge of $20.00');
    expect(mail?.text).toContain(topUp?.actionUrl);
  });

  test.for([
    { outcome: 'complete', ends: 'SUCCEEDED', failures: 0 },
    { outcome: 'fail', ends: 'FAILED', failures: 1 },
  ])('authentication_required that the payer answers with $outcome has $ends', async (given) => {
    const id = await team({ card: 'pm_card_authenticationRequired', credit: '5' });
    await world.settle();
    const [attempt] = await attempts(id);
    const actionUrl = attempt && (await topUpById(world.db, id, attempt.topUpId))?.actionUrl;
    const body = new URLSearchParams({ outcome: given.outcome });
    await fetch(actionUrl ?? '', { method: 'POST', body, redirect: 'manual' });
    await world.settle();
    expect(await story(id)).toEqual([`THRESHOLD 20 ${given.ends}`]);
    expect(await settings(id)).toMatchObject({ failures: given.failures, suspendedReason: null });
    await expectHealthy(world.db);
  });

  test('authentication_required is not tried again, and is cancelled at Stripe after 24 hours before its slot is freed', async () => {
    const id = await team({ card: 'pm_card_authenticationRequired', credit: '5' });
    await world.settle();
    await world.advance(23 * HOUR_MS, HOUR_MS);
    expect(await story(id)).toEqual(['THRESHOLD 20 ACTION_REQUIRED']);
    expect(await atStripe(id)).toEqual(['requires_action 2000']);
    await world.fault('SERVER_ERROR', 'POST /v1/payment_intents/:id/cancel', { times: 1000 });
    await world.advance(2 * HOUR_MS, HOUR_MS);
    expect(await story(id)).toEqual(['THRESHOLD 20 ACTION_REQUIRED']);
    expect(await atStripe(id)).toEqual(['requires_action 2000']);
    await clearFaults();
    await world.advance(HOUR_MS, HOUR_MS / 4);
    expect((await story(id))[0]).toBe('THRESHOLD 20 CANCELED');
    expect(await atStripe(id)).toEqual(['canceled 2000']);
    expect((await attempts(id)).filter(({ finishedAt }) => finishedAt === null).length).toBeLessThanOrEqual(
      1,
    );
  });
});

describe('§5.6: before a payment is asked for, Stripe is looked at', () => {
  test.for(['LOSE_RESPONSE', 'TIMEOUT_BEFORE', 'SERVER_ERROR', 'SERVER_ERROR_AFTER', 'RATE_LIMIT'])(
    'after %s one payment is made, whoever asks again',
    async (kind) => {
      const id = await team();
      await world.fault(kind, 'POST /v1/payment_intents', { times: 4 });
      await spend(id, await model(), 3);
      await Promise.all([recharge(world.deps, id), recharge(world.deps, id)]);
      await world.settle();
      await world.advance(10 * 60_000, 60_000);
      expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
      expect((await atStripe(id)).filter((payment) => payment.startsWith('succeeded'))).toEqual([
        'succeeded 2000',
      ]);
      expect((await wallet(id)).available).toBe('29');
      await expectHealthy(world.db);
    },
  );
});

describe('a dispute', () => {
  test('stops it until an admin turns it on with none open; no payment and no card does', async () => {
    const id = await team();
    await inTransaction(world.db, (tx) => suspendForDispute(tx, id, world.clock.now()));
    await spend(id, await model(), 3);
    await pursueTopUp(world.deps, id, (await buy(id, await world.card(id), 100n)).id);
    await inTransaction(world.db, async (tx) => {
      await lockPayments(tx, id);
      await noteNewCard(tx, id, 'another', world.clock.now());
    });
    await world.advance(2 * HOUR_MS, HOUR_MS);
    expect(await settings(id)).toMatchObject({ suspendedReason: 'DISPUTED' });
    expect(await story(id)).toEqual([]);
    await configure(id, { threshold: '15' });
    await world.settle();
    expect(await story(id)).toEqual(['THRESHOLD 20 SUCCEEDED']);
  });
});

async function addAdmins(teamId: Uuid, emails: readonly string[]) {
  const { sql } = world.database.ownerDb;
  const at = world.clock.now().toISOString();
  for (const email of emails) {
    const id = newUuid();
    await sql`insert into users ${sql({ id, subject: id, email, created_at: at })}`;
    await sql`insert into memberships ${sql({ team_id: teamId, user_id: id, role: 'ADMIN', created_at: at })}`;
  }
}

async function mails(teamId: Uuid) {
  const rows = await world.db.sql<{ subject: string; to: string[] }[]>`
    select subject, to_json("to") as "to" from mails where team_id = ${teamId} order by created_at`;
  return rows.map(({ subject, to }) => ({ subject, to: [...to].sort() }));
}
