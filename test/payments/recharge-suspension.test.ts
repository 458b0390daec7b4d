import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import type { Uuid } from '../../src/id.ts';
import { lockHeads, setRecharge } from '../../src/ledger/post.ts';
import { parseCredits } from '../../src/money.ts';
import { setupPaymentMethod } from '../../src/payments/setup-payment-method.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { savedMethods } from './saved-methods.ts';

const world = useStripeWorld(savedMethods);
const THRESHOLD = parseCredits('10');

async function save(teamId: Uuid, sandboxCard: string): Promise<string | null> {
  const deps = { ...world.deps, isSandbox: true };
  const { method } = await setupPaymentMethod(deps, { teamId, hostedPage: false, sandboxCard });
  return method?.fingerprint ?? null;
}

/** A team whose auto-recharge was suspended after declines of its card. */
async function suspended(
  credit: string,
  { reason = 'DECLINED', enabled = true }: { reason?: string; enabled?: boolean } = {},
): Promise<Uuid> {
  const teamId = await world.world.team();
  await world.world.grant(teamId, credit);
  const fingerprint = await save(teamId, 'pm_card_chargeCustomerFail');
  await world.db.sql`
    insert into auto_recharges (team_id, enabled, threshold_nano, amount_cents, failures, suspended_at, suspended_reason,
      suspended_fingerprint, actor_kind, updated_at)
    values (${teamId}, ${enabled}, ${THRESHOLD}, 1000, 3, now(), ${reason}, ${fingerprint}, 0, now())`;
  await inTransaction(world.db, async (tx) => {
    await lockHeads(tx, [teamId]);
    await setRecharge(tx, teamId, { belowNano: null, dueAt: null });
  });
  return teamId;
}

async function stateOf(teamId: Uuid) {
  const [row] = await world.db.sql<Record<string, unknown>[]>`
    select a.failures, a.suspended_at is not null as suspended, w.recharge_below_nano, w.recharge_due_at
    from auto_recharges a join wallets w on w.team_id = a.team_id where a.team_id = ${teamId}`;
  return row;
}

describe('a suspension after declines', () => {
  test('ends when a card with another fingerprint is saved, and what is due by now is wanted at once', async () => {
    const teamId = await suspended('9.999999999');
    const wanted: Uuid[] = [];
    const stop = world.db.onCommitted((facts) => {
      for (const fact of facts) if (fact.type === 'recharge.wanted') wanted.push(teamId);
    });
    await save(teamId, 'pm_card_visa');
    stop();
    expect(await stateOf(teamId)).toEqual({
      ...{ failures: 0, suspended: false },
      ...{ recharge_below_nano: THRESHOLD, recharge_due_at: world.clock.now() },
    });
    expect(wanted).toEqual([teamId]);
  });

  test('ends without a recharge while credit is not below the threshold', async () => {
    const teamId = await suspended('10');
    await save(teamId, 'pm_card_visa');
    expect(await stateOf(teamId)).toEqual({
      ...{ failures: 0, suspended: false, recharge_below_nano: THRESHOLD, recharge_due_at: null },
    });
  });

  test('stays when the same card is saved again', async () => {
    const teamId = await suspended('1');
    await save(teamId, 'pm_card_chargeCustomerFail');
    expect(await stateOf(teamId)).toMatchObject({ failures: 3, suspended: true, recharge_due_at: null });
  });

  test('that auto-recharge was turned off in turns nothing on', async () => {
    const teamId = await suspended('1', { enabled: false });
    await save(teamId, 'pm_card_visa');
    expect(await stateOf(teamId)).toMatchObject({ recharge_below_nano: null, recharge_due_at: null });
  });
});

test('a suspension after a dispute stays whatever card is saved', async () => {
  const teamId = await suspended('1', { reason: 'DISPUTED' });
  await save(teamId, 'pm_card_visa');
  expect(await stateOf(teamId)).toMatchObject({ failures: 3, suspended: true, recharge_due_at: null });
});
