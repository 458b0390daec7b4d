import { describe, expect, test, vi } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { stripeCustomer } from '../../src/gateway/customers.ts';
import { lockPayments } from '../../src/gateway/payment-heads.ts';
import { changeDebtLimit } from '../../src/grants/debt-limit.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { parseCredits } from '../../src/money.ts';
import { markRemoved } from '../../src/payments/payment-method-rows.ts';
import { createCheckout, purchaseCredits } from '../../src/payments/purchase.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import type { TopUp } from '../../src/payments/top-up.ts';
import { topUpById } from '../../src/payments/top-up-rows.ts';
import { useStripeWorld } from '../support/stripe-world.ts';

const world = useStripeWorld();
const DAY_MS = 86_400_000;

const wanted = (teamId: Uuid, paymentMethodId: Uuid): Promise<TopUp> =>
  inTransaction(world.db, (tx) =>
    startTopUp(
      tx,
      {
        teamId,
        kind: 'PURCHASE',
        flow: 'SAVED_METHOD',
        amountCents: 2000n,
        bonusNano: 0n,
        paymentMethodId,
        returnUrl: null,
        actor: SYSTEM_ACTOR,
      },
      world.clock.now(),
    ),
  );

const pursue = ({ teamId, id }: TopUp) => pursueTopUp(world.deps, teamId, id);
const reread = ({ teamId, id }: TopUp) => topUpById(world.db, teamId, id);

/** A request for the payment of a top-up that was on its way for long, of a process that is gone since. */
async function arriveLate(topUp: TopUp): Promise<void> {
  const [row] = await world.db.sql<{ customer: string; method: string }[]>`
    select c.stripe_id as customer, m.stripe_id as method from stripe_customers c
    join payment_methods m on m.team_id = c.team_id and m.id = ${topUp.paymentMethodId}
    where c.team_id = ${topUp.teamId}`;
  await world.stripe.paymentIntents.create({
    amount: 2000,
    currency: 'usd',
    customer: row?.customer ?? '',
    payment_method: row?.method ?? '',
    confirm: true,
    off_session: true,
    metadata: { teamId: publicId('team', topUp.teamId), topUpId: publicId('topUp', topUp.id) },
  });
}

async function prepaid(teamId: Uuid): Promise<bigint | undefined> {
  const [row] = await world.db.sql<{ prepaid: bigint }[]>`
    select prepaid_nano as prepaid from wallets where team_id = ${teamId}`;
  return row?.prepaid;
}

describe('A payment that nobody waits for any more', () => {
  test('gives its credit all the same when its top-up was given up as never sent', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team));
    await world.fault('TIMEOUT_BEFORE', 'POST /v1/payment_intents', { times: 1000 });
    await pursue(topUp).catch(() => undefined);
    world.clock.advance(DAY_MS + 1);
    expect(await pursue(topUp)).toMatchObject({ status: 'FAILED', failureCode: 'unreachable' });
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
    await arriveLate(topUp);
    await world.settle();
    expect(await reread(topUp)).toMatchObject({ status: 'SUCCEEDED', failureCode: null });
    expect(await prepaid(team)).toBe(parseCredits('20'));
  });

  test('gives its credit when its top-up has been paid by another one', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team));
    await pursue(topUp);
    await arriveLate(topUp);
    await world.settle();
    expect(await prepaid(team)).toBe(parseCredits('40'));
  });
});

describe('What Stripe refuses', () => {
  test('a checkout is a top-up that has failed, and is not asked for again and again', async () => {
    const team = await world.world.team();
    const customer = await stripeCustomer(world.db, world.gateway, team, world.clock.now());
    await world.stripe.customers.del(customer);
    const input = {
      teamId: team,
      amountNano: parseCredits('20'),
      returnUrl: null,
      idempotencyKey: newUuid(),
    };
    const { topUp } = await createCheckout(world.deps, input, SYSTEM_ACTOR);
    expect(topUp).toMatchObject({ status: 'FAILED', nextCheckAt: null });
    expect(topUp.failureMessage).toMatch(/customer/);
  });
});

describe('A customer', () => {
  test('is made under another key when the team was renamed after an answer was lost', async () => {
    const team = await world.world.team();
    await world.stripe.customers.create({ name: 'Before' }, { idempotencyKey: `customer:${team}` });
    const id = await stripeCustomer(world.db, world.gateway, team, world.clock.now());
    expect(id).toMatch(/^cus_/);
  });
});

describe('The first purchase', () => {
  test('does not raise a debt limit that an operator has set', async () => {
    const team = await world.world.team();
    const limit = { teamId: team, limitNano: 0n, reason: 'Owes us from before.', idempotencyKey: newUuid() };
    await inTransaction(world.db, (tx) => changeDebtLimit(tx, limit, SYSTEM_ACTOR, world.clock.now()));
    await pursue(await wanted(team, await world.card(team)));
    const [row] = await world.db.sql<{ limit: bigint; purchased: boolean }[]>`
      select w.debt_limit_nano as limit, t.first_purchase_at is not null as purchased
      from wallets w join teams t on t.id = w.team_id where w.team_id = ${team}`;
    expect(row).toEqual({ limit: 0n, purchased: true });
  });
});

describe('A purchase', () => {
  test('does not charge a card that is being removed', async () => {
    const team = await world.world.team();
    const card = await world.card(team);
    const input = {
      teamId: team,
      amountNano: parseCredits('20'),
      paymentMethodId: card,
      returnUrl: null,
      idempotencyKey: newUuid(),
    };
    const bought = await inTransaction(world.db, async (tx) => {
      await lockPayments(tx, team);
      const buying = purchaseCredits(world.deps, input, SYSTEM_ACTOR).catch((error: unknown) => error);
      await vi.waitFor(async () => expect(await waiting()).toBe(true));
      await markRemoved(tx, team, card, world.clock.now());
      return { buying };
    });
    expect(await bought.buying).toMatchObject({ code: 'NOT_FOUND' });
  });
});

/** Whether somebody waits for a lock. */
async function waiting(): Promise<boolean> {
  const rows = await world.db.sql`select 1 from pg_locks where not granted`;
  return rows.length > 0;
}
