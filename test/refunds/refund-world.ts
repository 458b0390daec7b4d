import { expect } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import type { PaymentDeps } from '../../src/payments/payment-deps.ts';
import { pursueTopUp } from '../../src/payments/pursue-top-up.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import { topUpById } from '../../src/payments/top-up-rows.ts';
import { disputeEffects } from '../../src/refunds/dispute-effects.ts';
import { PAYMENT_CHECKS } from '../../src/refunds/payment-checks.ts';
import type { Refund } from '../../src/refunds/refund.ts';
import { type DecideRefund, decideRefund } from '../../src/refunds/refund-decision.ts';
import { handleRefunds, refundEffects, refundsDue } from '../../src/refunds/refund-effects.ts';
import { type RequestRefund, requestRefund } from '../../src/refunds/refund-request.ts';
import { refundById } from '../../src/refunds/refund-rows.ts';
import { expectHealthy } from '../support/audit.ts';
import { type Extra, type StripeWorld, useStripeWorld } from '../support/stripe-world.ts';
import { usage } from '../support/world.ts';

export const DAY_MS = 86_400_000;
const OPERATOR = { kind: 2, id: newUuid() } as const;
const MODEL = 'unit';

/** A world with refunds and disputes. */
export function useRefundWorld(): StripeWorld {
  return useStripeWorld(refundExtras);
}

function refundExtras(deps: PaymentDeps): readonly Extra[] {
  handleRefunds(deps);
  return [{ effects: refundEffects(deps), dues: refundsDue(deps) }, { effects: disputeEffects(deps) }];
}

/** A purchase that succeeded. */
export interface Bought {
  readonly teamId: Uuid;
  readonly topUpId: Uuid;
  readonly paymentId: Uuid;
  readonly paymentIntent: string;
  readonly charge: string;
}

export interface Buying {
  readonly teamId?: Uuid;
  readonly token?: string;
  readonly cents?: bigint;
  readonly bonus?: bigint;
}

/** A team buys credit with a card; `settles`: and all that Stripe tells of it has come. */
export async function buy(
  world: StripeWorld,
  { teamId, token, cents = 2000n, bonus = 0n }: Buying = {},
): Promise<Bought> {
  const team = teamId ?? (await world.world.team({ debtLimit: '5' }));
  // Grants of one millisecond are drawn in no order that a test knows.
  world.clock.advance(1);
  const paymentMethodId = await world.card(team, token);
  const topUp = await inTransaction(world.db, (tx) =>
    startTopUp(
      tx,
      {
        teamId: team,
        kind: 'PURCHASE',
        flow: 'SAVED_METHOD',
        amountCents: cents,
        bonusNano: bonus,
        paymentMethodId,
        returnUrl: null,
        actor: SYSTEM_ACTOR,
      },
      world.clock.now(),
    ),
  );
  const { paymentId } = await pursueTopUp(world.deps, team, topUp.id);
  if (paymentId === null) throw new Error('the payment did not succeed');
  const [payment] = await world.db.sql<{ payment_intent: string; charge: string }[]>`
    select payment_intent, charge from payments where team_id = ${team} and id = ${paymentId}`;
  if (!payment) throw new Error('the payment was not recorded');
  const { payment_intent: paymentIntent, charge } = payment;
  return { teamId: team, topUpId: topUp.id, paymentId, paymentIntent, charge };
}

/** Charges credits of a team, after the fact unless it has enough. */
export async function spend(world: StripeWorld, teamId: Uuid, credits: string): Promise<void> {
  await priceOnce(world);
  const [result] = await world.world.charge(
    usage(teamId, MODEL, { REQUEST: credits }, { afterTheFact: true, occurredAt: world.clock.now() }),
  );
  expect(result).not.toHaveProperty('refusal');
}

/** The model that costs a credit a request. */
export async function priceOnce({ world, db }: StripeWorld): Promise<string> {
  const found = await db.sql`select 1 from models where key = ${MODEL}`;
  if (found.length === 0) await world.model(MODEL, { REQUEST: '1' });
  return MODEL;
}

export function ask(
  { db, clock }: StripeWorld,
  { teamId, paymentId }: Bought,
  changes: Partial<RequestRefund> = {},
): Promise<Refund> {
  const input = {
    teamId,
    paymentId,
    topUpId: null,
    amountCents: null,
    reason: 'We do not need it.',
    idempotencyKey: newUuid(),
    ...changes,
  };
  return inTransaction(
    db,
    async (tx) => (await requestRefund(tx, input, { kind: 1, id: newUuid() }, clock.now())).refund,
  );
}

export function decide(
  { db, deps, clock }: StripeWorld,
  { id: refundId }: Pick<Refund, 'id'>,
  changes: Partial<DecideRefund> = {},
): Promise<Refund> {
  const input = {
    refundId,
    decision: 'APPROVE' as const,
    amountCents: null,
    reason: 'As our terms say.',
    idempotencyKey: newUuid(),
    ...changes,
  };
  return inTransaction(db, async (tx) => (await decideRefund(tx, deps, input, OPERATOR, clock.now())).refund);
}

/** Asks and approves. */
export async function refunded(
  world: StripeWorld,
  bought: Bought,
  amountCents: bigint | null = null,
): Promise<Refund> {
  return decide(world, await ask(world, bought, { amountCents }));
}

export async function reread({ db }: StripeWorld, { teamId, id }: Pick<Refund, 'teamId' | 'id'>) {
  const refund = await refundById(db, teamId, id);
  if (!refund) throw new Error('no such refund');
  return refund;
}

export async function topUpOf({ db }: StripeWorld, { teamId, topUpId }: Bought) {
  return topUpById(db, teamId, topUpId);
}

/** What a team has and owes, in credits. */
export async function balances({ db }: StripeWorld, teamId: Uuid) {
  const [row] = await db.sql<Record<'available' | 'held' | 'disputed' | 'unpaid', bigint>[]>`
    select available_nano as available, held_nano as held, disputed_nano as disputed, unpaid_nano as unpaid
    from wallets where team_id = ${teamId}`;
  if (!row) throw new Error('no such team');
  return {
    available: formatCredits(row.available),
    held: formatCredits(row.held),
    disputed: formatCredits(row.disputed),
    unpaid: formatCredits(row.unpaid),
  };
}

/** What was taken back of a payment, in cents. */
export async function takenBack({ db }: StripeWorld, { teamId, paymentId }: Bought) {
  const [row] = await db.sql<{ refunded: bigint; disputed: bigint }[]>`
    select refunded_cents as refunded, disputed_cents as disputed from payments
    where team_id = ${teamId} and id = ${paymentId}`;
  return row;
}

/** The refunds of a payment as Stripe has them, in cents. */
export async function refundsAtStripe({ stripe }: StripeWorld, { paymentIntent }: Bought) {
  const { data } = await stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 });
  return data.map(({ amount, status }) => ({ amount, status }));
}

/** Disputes a charge as a cardholder does. */
export async function disputed(
  { sandboxUrl }: StripeWorld,
  { charge }: Bought,
  options: { amount?: number; reason?: string } = {},
): Promise<string> {
  const response = await fetch(`${sandboxUrl}/sandbox/disputes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ charge, ...options }),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`not disputed: ${body}`);
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || !('id' in parsed)) throw new Error('no dispute');
  return String(parsed.id);
}

/** Ends a dispute as evidence does. */
export async function decideDispute({ stripe }: StripeWorld, id: string, won: boolean): Promise<void> {
  await stripe.disputes.update(id, {
    evidence: { uncategorized_text: won ? 'winning_evidence' : 'losing_evidence' },
    submit: true,
  });
}

/** The books, the product's own audit, and that our cash is what Stripe has, to the cent. */
export async function expectSound(world: StripeWorld): Promise<void> {
  await expectHealthy(world.db);
  for (const { name, violations } of PAYMENT_CHECKS) {
    const found = await world.db.sql`select * from (${violations(world.db)}) v`;
    expect({ name, found: [...found] }).toEqual({ name, found: [] });
  }
  await expectCashAtStripe(world);
}

async function expectCashAtStripe({ db, stripe }: StripeWorld): Promise<void> {
  const charges = await stripe.charges.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  const paid = charges.filter(({ status }) => status === 'succeeded');
  let cents = 0;
  for (const { amount, amount_refunded } of paid) cents += amount - amount_refunded;
  const disputes = await stripe.disputes.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  for (const { status, amount } of disputes) if (status === 'lost') cents -= amount;
  const [row] = await db.sql<{ cash: bigint | null }[]>`
    select sum(case when debit_account = 20 then amount_nano else -amount_nano end)::int8 as cash
    from entries where 20 in (debit_account, credit_account)`;
  expect(row?.cash ?? 0n).toBe(BigInt(cents) * 10_000_000n);
}

/** Fails and delays no more. */
export async function calmDown({ sandboxUrl }: StripeWorld): Promise<void> {
  await fetch(`${sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
}
