import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import type { Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import type { TopUp } from '../../src/payments/top-up.ts';
import { topUpById } from '../../src/payments/top-up-rows.ts';
import { useStripeWorld } from '../support/stripe-world.ts';

const world = useStripeWorld();
const DAY_MS = 86_400_000;

async function wanted(
  teamId: Uuid,
  paymentMethodId: Uuid | null,
  changes: Partial<TopUp> = {},
): Promise<TopUp> {
  const input = {
    teamId,
    kind: 'PURCHASE' as const,
    flow: paymentMethodId === null ? ('CHECKOUT' as const) : ('SAVED_METHOD' as const),
    amountCents: 2000n,
    bonusNano: 0n,
    paymentMethodId,
    returnUrl: null,
    actor: SYSTEM_ACTOR,
    ...changes,
  };
  return inTransaction(world.db, (tx) => startTopUp(tx, input, world.clock.now()));
}

const pursue = ({ teamId, id }: TopUp) => pursueTopUp(world.deps, teamId, id);
const reread = async ({ teamId, id }: TopUp) => (await topUpById(world.db, teamId, id)) as TopUp;

async function standing(teamId: Uuid) {
  const [row] = await world.db.sql<{ available: bigint; prepaid: bigint; payments: bigint; limit: bigint }[]>`
    select available_nano as available, prepaid_nano as prepaid, debt_limit_nano as limit,
      (select count(*) from payments where team_id = ${teamId}) as payments
    from wallets where team_id = ${teamId}`;
  return (
    row && {
      ...row,
      available: formatCredits(row.available),
      prepaid: formatCredits(row.prepaid),
      limit: formatCredits(row.limit),
    }
  );
}

async function atStripe(teamId: Uuid): Promise<{ status: string; amount: number }[]> {
  const [row] = await world.db.sql<{ stripe_id: string }[]>`
    select stripe_id from stripe_customers where team_id = ${teamId}`;
  const intents = await world.stripe.paymentIntents.list({ customer: row?.stripe_id ?? '', limit: 100 });
  return intents.data.map(({ status, amount_received: amount }) => ({ status, amount }));
}

describe('A top-up on a saved card', () => {
  test('gives its worth in prepaid credit once, unlocks pay-as-you-go, whoever tells of it', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team), { bonusNano: 1_500_000_000n });
    const done = await pursue(topUp);
    expect(done).toMatchObject({
      status: 'SUCCEEDED',
      failureCode: null,
      actionUrl: null,
      nextCheckAt: null,
    });
    await world.settle();
    await pursue(topUp);
    expect(await standing(team)).toEqual({ available: '21.5', prepaid: '20', payments: 1n, limit: '50' });
    expect(await atStripe(team)).toEqual([{ status: 'succeeded', amount: 2000 }]);
  });

  test('is paid and recorded once by many who pursue it at once', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team));
    // Whoever asks while another does is told to come again.
    await Promise.all(Array.from({ length: 6 }, () => pursue(topUp).catch(() => undefined)));
    await world.settle();
    expect(await pursue(topUp)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await standing(team)).toMatchObject({ available: '20', payments: 1n });
    expect(await atStripe(team)).toEqual([{ status: 'succeeded', amount: 2000 }]);
  });

  test.for([
    ['no answer came', 'TIMEOUT_BEFORE', 1],
    ['Stripe was overloaded', 'RATE_LIMIT', 1],
    ['Stripe answered that it failed', 'SERVER_ERROR', 2],
  ] as const)('when %s (%s) is asked for by the key of attempt %i', async ([, kind, attempt]) => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team));
    await world.fault(kind, 'POST /v1/payment_intents', { times: 3 });
    await pursue(topUp).catch(() => undefined);
    expect(await reread(topUp)).toMatchObject({ status: 'PENDING', sendAttempt: attempt });
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  });

  test('fails with what the bank said, and is cancelled at Stripe', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team, 'pm_card_chargeCustomerFail'));
    expect(await pursue(topUp)).toMatchObject({
      status: 'FAILED',
      failureCode: 'generic_decline',
      paymentId: null,
    });
    expect(await standing(team)).toMatchObject({ available: '0', payments: 0n, limit: '0' });
    expect(await atStripe(team)).toEqual([{ status: 'canceled', amount: 0 }]);
  });

  test('waits for the payer where the bank wants to be asked, and is given up after 24 hours', async () => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team, 'pm_card_authenticationRequired'));
    const waiting = await pursue(topUp);
    expect(waiting).toMatchObject({ status: 'ACTION_REQUIRED' });
    expect(waiting.actionUrl).toMatch(/^http/);
    expect(waiting.clientSecret).toMatch(/_secret_/);
    await world.advance(DAY_MS, DAY_MS / 4);
    expect(await reread(topUp)).toMatchObject({
      status: 'FAILED',
      failureCode: 'expired',
      clientSecret: null,
    });
    expect(await atStripe(team)).toEqual([{ status: 'canceled', amount: 0 }]);
  });

  test.for([
    ['its answer gets lost', 'LOSE_RESPONSE', 9],
    ['the request does not arrive', 'TIMEOUT_BEFORE', 9],
    ['Stripe is overloaded', 'RATE_LIMIT', 9],
    ['Stripe fails before it', 'SERVER_ERROR', 9],
    ['Stripe fails after it', 'SERVER_ERROR_AFTER', 1],
  ] as const)('is paid exactly once when %s', async ([, kind, times]) => {
    const team = await world.world.team();
    const topUp = await wanted(team, await world.card(team));
    await world.fault(kind, 'POST /v1/payment_intents', { times });
    await pursue(topUp).catch(() => undefined);
    for (let i = 0; i < 12; i++) await world.advance(120_000);
    expect(await reread(topUp)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await standing(team)).toMatchObject({ available: '20', payments: 1n });
    expect((await atStripe(team)).filter(({ status }) => status === 'succeeded')).toHaveLength(1);
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  });
});
