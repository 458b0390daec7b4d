import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, DomainError } from '../domain-error.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { publicId, type Uuid } from '../id.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import { audit } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { cardCents, formatUsd } from './amounts.ts';
import type { AutoRecharge } from './auto-recharge.ts';
import { autoRechargeOf, putAutoRecharge } from './auto-recharge-rows.ts';
import type { PaymentDeps } from './payment-deps.ts';
import type { StoredMethod } from './payment-method.ts';
import { chosenMethod } from './payment-methods.ts';
import { FAILURES_THAT_SUSPEND, type RechargeTerms } from './recharge-decision.ts';
import { judgeTeam, keepWish } from './recharge-wish.ts';

export interface ConfigureAutoRecharge {
  readonly teamId: Uuid;
  readonly enabled: boolean;
  /** Null: as it was; what was never said must be said to turn it on. So for the amount. */
  readonly thresholdNano: NanoCredits | null;
  readonly amountNano: NanoCredits | null;
  /** Null: none. So for the caps. */
  readonly maxPerChargeNano: NanoCredits | null;
  readonly dailyCapNano: NanoCredits | null;
  readonly monthlyCapNano: NanoCredits | null;
  /** Null: whichever is the default. */
  readonly paymentMethodId: Uuid | null;
  readonly idempotencyKey?: string | undefined;
}

/**
 * Sets up auto-recharge, turns it on or off. Off, it keeps its terms and nothing but this turns it on again. On, a team
 * whose credit is below the threshold is recharged at once. A suspension for declines stays unless another card is to be
 * charged; one for a dispute ends when an admin turns it on with no dispute open. Answers whether the key had done it.
 * @throws DomainError BAD_USER_INPUT naming the field, CONFLICT (NO_PAYMENT_METHOD), NOT_FOUND for the team,
 * IDEMPOTENCY_CONFLICT.
 */
export async function configureAutoRecharge(
  tx: Tx,
  { clock, minPurchaseCents }: Pick<PaymentDeps, 'clock' | 'minPurchaseCents'>,
  input: ConfigureAutoRecharge,
  actor: ActorRef,
): Promise<{ readonly replayed: boolean }> {
  const { teamId } = input;
  await lockPayments(tx, teamId);
  const now = clock.now();
  if (await isRepeated(tx, input, now)) return { replayed: true };
  const before = await autoRechargeOf(tx, teamId);
  if (!input.enabled) {
    if (before?.enabled) await write(tx, { ...before, enabled: false, actor, updatedAt: now }, now);
    return { replayed: false };
  }
  const terms = termsOf(input, before, minPurchaseCents);
  const method = await chosenMethod(tx, teamId, input.paymentMethodId);
  if (!method) throw noMethod(input.paymentMethodId);
  const standing = await standingWith(tx, before, method);
  const { paymentMethodId } = input;
  const settings = {
    ...standing,
    ...terms,
    teamId,
    paymentMethodId,
    nextCheckAt: null,
    actor,
    updatedAt: now,
  };
  await write(tx, settings, now);
  return { replayed: false };
}

async function isRepeated(tx: Tx, input: ConfigureAutoRecharge, now: Date): Promise<boolean> {
  const { teamId, idempotencyKey, ...request } = input;
  if (idempotencyKey === undefined) return false;
  const key = checkIdempotencyKey(idempotencyKey);
  return (
    (await claimKey(tx, { teamId, operation: 'configureAutoRecharge', key, request }, teamId, now)) !==
    undefined
  );
}

/** Also judges the team by its new terms: what was wanted by others is over. */
async function write(tx: Tx, settings: AutoRecharge, now: Date): Promise<void> {
  await putAutoRecharge(tx, settings);
  await keepWish(tx, await judgeTeam(tx, settings, now, 'ANEW'), 'ANEW');
  await record(tx, settings, now);
}

/** @throws DomainError BAD_USER_INPUT */
function termsOf(
  input: ConfigureAutoRecharge,
  before: AutoRecharge | undefined,
  minCents: bigint,
): RechargeTerms {
  const thresholdNano = input.thresholdNano ?? before?.thresholdNano;
  if (thresholdNano === undefined) throw badInput('threshold', 'must be given to turn it on.');
  if (thresholdNano < 0n) throw badInput('threshold', 'must not be negative.');
  const amountNano = input.amountNano ?? (before && before.amountCents * NANO_PER_CENT);
  if (amountNano === undefined) throw badInput('amount', 'must be given to turn it on.');
  const amountCents = cardCents(amountNano, minCents, 'amount');
  const atLeastAmount = (nano: NanoCredits | null, field: string) =>
    nano === null ? null : cardCents(nano, amountCents, field);
  return {
    enabled: true,
    thresholdNano,
    amountCents,
    maxPerChargeCents: atLeastAmount(input.maxPerChargeNano, 'maxPerCharge'),
    dailyCapCents: atLeastAmount(input.dailyCapNano, 'dailyCap'),
    monthlyCapCents: atLeastAmount(input.monthlyCapNano, 'monthlyCap'),
  };
}

function noMethod(paymentMethodId: Uuid | null): DomainError {
  const details = { field: 'paymentMethodId' };
  if (paymentMethodId !== null) {
    const id = publicId('paymentMethod', paymentMethodId);
    return new DomainError('NOT_FOUND', `paymentMethodId: the team has no payment method "${id}".`, details);
  }
  const message = 'The team has no payment method. Add one by setupPaymentMethod.';
  return new DomainError('CONFLICT', message, { ...details, reason: 'NO_PAYMENT_METHOD' });
}

type Standing = Pick<AutoRecharge, 'failures' | 'suspendedAt' | 'suspendedReason' | 'suspendedFingerprint'>;

const FRESH: Standing = {
  failures: 0,
  suspendedAt: null,
  suspendedReason: null,
  suspendedFingerprint: null,
};

/** What of a suspension is left when an admin turns it on with this card. */
async function standingWith(
  tx: Tx,
  before: AutoRecharge | undefined,
  { fingerprint }: StoredMethod,
): Promise<Standing> {
  if (!before) return FRESH;
  const { failures, suspendedAt, suspendedReason, suspendedFingerprint } = before;
  const standing = { failures, suspendedAt, suspendedReason, suspendedFingerprint };
  if (suspendedReason === null) return standing;
  if (suspendedReason === 'DISPUTED' && (await hasOpenDispute(tx, before.teamId))) return standing;
  const isOtherCard = suspendedFingerprint !== fingerprint;
  if (failures < FAILURES_THAT_SUSPEND) return { ...FRESH, failures };
  return isOtherCard ? FRESH : { ...standing, suspendedReason: 'DECLINED' };
}

async function hasOpenDispute(tx: Tx, teamId: Uuid): Promise<boolean> {
  const rows = await tx.sql`select 1 from disputes where team_id = ${teamId} and status = 'OPEN' limit 1`;
  return rows.length > 0;
}

async function record(tx: Tx, settings: AutoRecharge, at: Date): Promise<void> {
  const { teamId, actor, paymentMethodId } = settings;
  const usd = (cents: bigint | null) => (cents === null ? null : formatUsd(cents));
  const details = {
    enabled: String(settings.enabled),
    threshold: formatCredits(settings.thresholdNano),
    amount: usd(settings.amountCents),
    maxPerCharge: usd(settings.maxPerChargeCents),
    dailyCap: usd(settings.dailyCapCents),
    monthlyCap: usd(settings.monthlyCapCents),
    paymentMethodId: paymentMethodId === null ? null : publicId('paymentMethod', paymentMethodId),
  };
  await audit(tx, { teamId, action: 'auto-recharge.configured', actor, details, at });
}
