import { ACTOR_KIND } from '../../../src/actor.ts';
import { inTransaction } from '../../../src/db/client.ts';
import { askStripe } from '../../../src/gateway/ask-stripe.ts';
import { newUuid, type Uuid } from '../../../src/id.ts';
import { decideRefund } from '../../../src/refunds/refund-decision.ts';
import { requestRefund } from '../../../src/refunds/refund-request.ts';
import { buy, decideDispute, disputed, spend } from '../../refunds/refund-world.ts';
import type { StripeWorld } from '../../support/stripe-world.ts';
import { type Asking, DAY_MS, HOUR_MS, MINUTE_MS, type Operation, SECOND_MS, type Stage } from './stage.ts';

const MEMBER = { kind: ACTOR_KIND.USER, id: newUuid() };

/** What a dispute leaves as debt is invoiced at the end of the month: that is not what is looked at here. */
async function leaveMonthEnd({ clock, settle }: StripeWorld): Promise<void> {
  while (clock.now().getUTCDate() > 20) {
    clock.advance(DAY_MS);
    await settle();
  }
}

/** A purchase of 20 credits, of which 5 are spent. */
async function purchase(world: StripeWorld) {
  await leaveMonthEnd(world);
  const bought = await buy(world);
  await spend(world, bought.teamId, '5');
  const { teamId, paymentId, charge } = bought;
  return { teamId, made: new Map([...Object.entries({ paymentId, charge })]) };
}

async function askForRefund({ deps, teamId, made }: Asking): Promise<void> {
  const { db, clock } = deps;
  // The id of the payment that `purchase` has made.
  const paymentId = made.get('paymentId') as Uuid;
  const reason = 'We do not need it.';
  const request = {
    teamId,
    paymentId,
    topUpId: null,
    amountCents: null,
    reason,
    idempotencyKey: `${teamId}:ask`,
  };
  await inTransaction(db, (tx) => requestRefund(tx, request, MEMBER, clock.now()));
}

async function approve({ deps, teamId }: Asking): Promise<void> {
  const { db, clock } = deps;
  const [refund] = await db.sql<{ id: Uuid }[]>`select id from refunds where team_id = ${teamId}`;
  if (!refund) throw new Error('no refund was asked for');
  const decision = { refundId: refund.id, decision: 'APPROVE', amountCents: null, reason: 'Fair.' } as const;
  await inTransaction(db, (tx) =>
    decideRefund(tx, deps, { ...decision, idempotencyKey: `${teamId}:ok` }, MEMBER, clock.now()),
  );
}

async function dispute({ world, teamId, made }: Stage): Promise<void> {
  const charge = made.get('charge') ?? '';
  const bought = { teamId, charge, topUpId: teamId, paymentId: teamId, paymentIntent: '' };
  await disputed(world, bought);
}

/** The evidence is judged at Stripe. */
async function judge({ world, made }: Stage, won: boolean): Promise<void> {
  const { data } = await askStripe(() => world.stripe.disputes.list({ charge: made.get('charge') ?? '' }));
  await askStripe(() => decideDispute(world, data[0]?.id ?? '', won));
}

/** What nobody tells us of is found within a few hours. */
const PATIENTLY = [0, 20 * SECOND_MS, 10 * MINUTE_MS, 2 * HOUR_MS, 24 * HOUR_MS] as const;

export const RETURNS: readonly Operation[] = [
  {
    name: 'a refund that is approved',
    decisive: 'POST /v1/refunds',
    before: purchase,
    acts: [{ asks: askForRefund, waits: [] }, { asks: approve }],
    comesOut: { available: '0', refunds: ['SUCCEEDED'], topUps: ['PURCHASE SUCCEEDED'] },
  },
  {
    name: 'a dispute that is lost',
    decisive: 'GET /v1/disputes/*',
    before: purchase,
    acts: [
      { happens: dispute, waits: PATIENTLY },
      { happens: (stage) => judge(stage, false), waits: PATIENTLY },
    ],
    comesOut: {
      available: '0',
      disputed: '0',
      unpaid: '5',
      disputes: ['LOST'],
      topUps: ['PURCHASE DISPUTED'],
    },
  },
  {
    name: 'a dispute that is won',
    decisive: 'GET /v1/disputes/*',
    before: purchase,
    acts: [
      { happens: dispute, waits: PATIENTLY },
      { happens: (stage) => judge(stage, true), waits: PATIENTLY },
    ],
    comesOut: {
      available: '15',
      disputed: '0',
      unpaid: '0',
      disputes: ['WON'],
      topUps: ['PURCHASE SUCCEEDED'],
    },
  },
];
