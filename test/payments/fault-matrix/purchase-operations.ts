import { SYSTEM_ACTOR } from '../../../src/actor.ts';
import { inTransaction } from '../../../src/db/client.ts';
import { DomainError } from '../../../src/domain-error.ts';
import type { Uuid } from '../../../src/id.ts';
import { parseCredits } from '../../../src/money.ts';
import { configureAutoRecharge } from '../../../src/payments/auto-recharge-settings.ts';
import { usableMethods } from '../../../src/payments/payment-methods.ts';
import { createCheckout, purchaseCredits } from '../../../src/payments/purchase.ts';
import { setupPaymentMethod } from '../../../src/payments/setup-payment-method.ts';
import type { StripeWorld } from '../../support/stripe-world.ts';
import { usage } from '../../support/world.ts';
import { type Asking, HOUR_MS, MINUTE_MS, type Operation, type Stage } from './stage.ts';

const CREATE_PAYMENT = 'POST /v1/payment_intents';

/** Whoever is not answered looks whether the card is there, and else saves it again. */
async function saveCard({ deps, teamId }: Asking): Promise<void> {
  if ((await usableMethods(deps.db, teamId)).length > 0) return;
  const request = { teamId, hostedPage: false, sandboxCard: 'pm_card_visa' };
  await setupPaymentMethod({ ...deps, isSandbox: true }, request);
}

function purchase({ deps, teamId }: Asking): Promise<unknown> {
  const amount = { pack: null, amountNano: parseCredits('20'), returnUrl: null, paymentMethodId: null };
  return purchaseCredits(deps, { ...amount, teamId, idempotencyKey: `${teamId}:buy` }, SYSTEM_ACTOR);
}

function openCheckout({ deps, teamId }: Asking): Promise<unknown> {
  const amount = { pack: 'pack-20', amountNano: null, returnUrl: null };
  return createCheckout(deps, { ...amount, teamId, idempotencyKey: `${teamId}:checkout` }, SYSTEM_ACTOR);
}

/** The payer sends the form of the page that they were led to. */
async function payerSends({ world, teamId }: Stage, fields: Record<string, string>): Promise<void> {
  const [topUp] = await world.db.sql<{ url: string | null; status: string }[]>`
    select action_url as url, status from top_ups where team_id = ${teamId}`;
  if (!topUp?.url) throw new DomainError('UNAVAILABLE', `The payer has nowhere to go yet: ${topUp?.status}`);
  const body = new URLSearchParams(fields);
  const answer = await fetch(topUp.url, { method: 'POST', body, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`The page answered ${answer.status} ${await answer.text()}`);
}

const CARD_FIELDS = { number: '4242 4242 4242 4242', expiry: '12 / 34', cvc: '123', name: 'Test Holder' };

async function teamWithCard(world: StripeWorld, token?: string): Promise<{ teamId: Uuid }> {
  const teamId = await world.world.team();
  await world.card(teamId, token);
  return { teamId };
}

async function rechargedTeam(world: StripeWorld): Promise<{ teamId: Uuid }> {
  const { teamId } = await teamWithCard(world);
  await world.world.grant(teamId, '12');
  const terms = { thresholdNano: parseCredits('10'), amountNano: parseCredits('20'), enabled: true };
  const caps = { maxPerChargeNano: null, dailyCapNano: null, monthlyCapNano: null, paymentMethodId: null };
  await inTransaction(world.db, (tx) =>
    configureAutoRecharge(tx, world.deps, { teamId, ...terms, ...caps }, SYSTEM_ACTOR),
  );
  return { teamId };
}

/** Charges credits of a team; `afterTheFact` also what it has not. */
async function spend({ world, teamId }: Stage, credits: string, afterTheFact = false): Promise<void> {
  await chargeOnce(world, teamId, credits, afterTheFact);
}

async function chargeOnce(world: StripeWorld, teamId: Uuid, credits: string, afterTheFact: boolean) {
  const known = await world.db.sql`select 1 from models where key = 'matrix'`;
  if (known.length === 0) await world.world.model('matrix', { REQUEST: '1' });
  const options = { afterTheFact, occurredAt: world.clock.now(), idempotencyKey: `${teamId}:spend` };
  const [result] = await world.world.charge(usage(teamId, 'matrix', { REQUEST: credits }, options));
  if (result && 'refusal' in result) throw new Error('the charge was refused');
}

async function debtor(world: StripeWorld): Promise<{ teamId: Uuid }> {
  const teamId = await world.world.team({ debtLimit: '50' });
  await world.card(teamId);
  await chargeOnce(world, teamId, '12.345678901', true);
  return { teamId };
}

/** Past the end of any month. */
const NEXT_MONTH = [31 * 24 * HOUR_MS, MINUTE_MS, 20 * MINUTE_MS] as const;

export const SAVING: readonly Operation[] = [
  {
    name: 'saving a card',
    decisive: 'POST /v1/setup_intents',
    before: async ({ world }) => ({ teamId: await world.team() }),
    acts: [{ asks: saveCard }],
    comesOut: { cards: 1, available: '0' },
  },
  {
    name: 'a checkout that is paid on the hosted page',
    decisive: 'POST /v1/checkout/sessions',
    before: async ({ world }) => ({ teamId: await world.team() }),
    acts: [{ asks: openCheckout }, { happens: (stage) => payerSends(stage, CARD_FIELDS) }],
    comesOut: { cards: 1, available: '20', topUps: ['PURCHASE SUCCEEDED'] },
  },
];

export const PURCHASES: readonly Operation[] = [
  {
    name: 'a purchase on a saved card',
    decisive: CREATE_PAYMENT,
    before: (world) => teamWithCard(world),
    acts: [{ asks: purchase }],
    comesOut: { available: '20', topUps: ['PURCHASE SUCCEEDED'] },
  },
  {
    name: 'a purchase that is declined',
    decisive: CREATE_PAYMENT,
    before: (world) => teamWithCard(world, 'pm_card_chargeCustomerFail'),
    acts: [{ asks: purchase }],
    comesOut: { available: '0', topUps: ['PURCHASE FAILED generic_decline'] },
  },
  {
    name: 'a purchase that the payer confirms by 3-D Secure',
    decisive: CREATE_PAYMENT,
    before: (world) => teamWithCard(world, 'pm_card_authenticationRequired'),
    acts: [{ asks: purchase }, { happens: (stage) => payerSends(stage, { outcome: 'complete' }) }],
    comesOut: { available: '20', topUps: ['PURCHASE SUCCEEDED'] },
  },
];

export const BY_ITSELF: readonly Operation[] = [
  {
    name: 'an auto-recharge',
    decisive: CREATE_PAYMENT,
    before: rechargedTeam,
    acts: [{ happens: (stage) => spend(stage, '3') }],
    comesOut: { available: '29', topUps: ['AUTO_RECHARGE SUCCEEDED'] },
  },
  {
    name: 'the invoice of a debt',
    decisive: CREATE_PAYMENT,
    before: debtor,
    acts: [{ waits: NEXT_MONTH }],
    comesOut: { unpaid: '0.005678901', available: '0', topUps: ['DEBT_INVOICE SUCCEEDED'] },
  },
];
