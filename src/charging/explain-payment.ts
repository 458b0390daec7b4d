import {
  type Applicability,
  applicability,
  type ChargeTarget,
  compareGrants,
  covers,
} from '../grants/drawdown.ts';
import { publicId, type Uuid } from '../id.ts';
import { ACCOUNT } from '../ledger/account.ts';
import type { Entry } from '../ledger/entry.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import type { Charge } from './charge.ts';

/**
 * What a grant had to do with a charge. NOT_NEEDED: it came after the grants that paid the whole amount.
 * ALL_OR_NOTHING: it could have paid a part, but the usage stayed unbilled as a whole.
 */
export type GrantOutcome = 'PAID' | Exclude<Applicability, 'APPLICABLE'> | 'NOT_NEEDED' | 'ALL_OR_NOTHING';

/** A grant as it was when a charge was decided. */
export interface PastGrant {
  /** With the expiry and the status of then. */
  readonly terms: GrantAccount;
  /** What it held then, where that is known without reading its whole history. */
  readonly heldNano: NanoCredits | null;
}

/** The hold that paid, and what it set aside when it was placed. */
export interface PastHold {
  readonly id: Uuid;
  readonly placedAt: Date;
  /** Grant → what of it was set aside then. */
  readonly setAside: ReadonlyMap<Uuid, NanoCredits>;
}

/** What the decision on a charge rested on, and what came of it. */
export interface PaymentFacts {
  readonly charge: Charge;
  /** The entries of the charge. */
  readonly entries: readonly Entry[];
  /** What the charge is for. */
  readonly target: ChargeTarget;
  /** The hold that paid all or a part. */
  readonly hold?: PastHold | undefined;
  /** Whether the hold paid all: the order of grants was judged when it was placed. */
  readonly asOfHold: boolean;
  /** All that the hold was for, when it paid all; else what the charge is for. */
  readonly targets: readonly ChargeTarget[];
  /** When the order was judged. */
  readonly judgedAtMs: number;
  /** Every grant of the team that existed then. */
  readonly grants: readonly PastGrant[];
}

/** A grant that was considered. */
export interface GrantStep {
  readonly grant: GrantAccount;
  readonly outcome: GrantOutcome;
  readonly paidNano: NanoCredits;
  /** The part of it that the hold had set aside. */
  readonly fromHoldNano: NanoCredits;
  /** What was left of it afterwards, for grants that paid of what was not set aside. */
  readonly leftNano: NanoCredits | null;
  /** What the hold had set aside of it; undefined when the charge has nothing to do with a hold. */
  readonly setAsideNano?: NanoCredits | undefined;
  readonly asOfHold: boolean;
  /** It pays for what was charged, but not for all that was held for. */
  readonly coversChargeOnly: boolean;
}

/** The grants in drawdown order, each with what it paid or why it paid nothing. */
export function grantSteps(facts: PaymentFacts): GrantStep[] {
  const { hold, asOfHold, target } = facts;
  const paid = paidByGrant(facts.entries);
  const ordered = [...facts.grants].sort((a, b) => compareGrants(a.terms, b.terms));
  const lastPayer = ordered.findLastIndex(({ terms }) => paid.has(terms.id));
  const lastAvailable = ordered.findLastIndex(({ terms }) => paid.get(terms.id)?.leftNano != null);
  const lastHeld = ordered.findLastIndex(({ terms }) => hold?.setAside.has(terms.id));
  return ordered.map((grant, index) => {
    const { terms } = grant;
    const setAsideNano = hold && (hold.setAside.get(terms.id) ?? 0n);
    const coversChargeOnly = asOfHold && covers(terms.scope, target);
    const step = {
      grant: terms,
      ...(paid.get(terms.id) ?? NOTHING),
      setAsideNano,
      asOfHold,
      coversChargeOnly,
    };
    if (step.paidNano > 0n) return { ...step, outcome: 'PAID' };
    // What was set aside of a grant is drawn to the end before the next; what was not, while there was more to hold.
    const last = asOfHold ? (setAsideNano ? lastPayer : lastHeld) : lastAvailable;
    return {
      ...step,
      outcome: setAsideNano && asOfHold ? turn(index < last) : whyNothing(grant, facts, index < last),
    };
  });
}

type Paid = Pick<GrantStep, 'paidNano' | 'fromHoldNano' | 'leftNano'>;

const NOTHING: Paid = { paidNano: 0n, fromHoldNano: 0n, leftNano: null };

/** A grant may pay twice: what was set aside of it, and of what it has beside. */
function paidByGrant(entries: readonly Entry[]): Map<Uuid | null, Paid> {
  const paid = new Map<Uuid | null, Paid>();
  for (const { debitAccount, debitRef, amountNano, grantAfterNano } of entries) {
    if (grantAfterNano === null) continue;
    const before = paid.get(debitRef) ?? NOTHING;
    const fromHold = debitAccount === ACCOUNT.HELD;
    paid.set(debitRef, {
      paidNano: before.paidNano + amountNano,
      fromHoldNano: before.fromHoldNano + (fromHold ? amountNano : 0n),
      leftNano: fromHold ? before.leftNano : grantAfterNano,
    });
  }
  return paid;
}

/** Whether a grant could pay for all of `targets` at an instant. An amount that is not known is taken for some. */
export function pastApplicability(
  { terms, heldNano }: PastGrant,
  targets: readonly ChargeTarget[],
  atMs: number,
): Applicability {
  const grant = { ...terms, remainingNano: heldNano ?? 1n };
  const reasons = targets.map((target) => applicability(grant, target, atMs));
  return reasons.find((reason) => reason !== 'APPLICABLE') ?? 'APPLICABLE';
}

function whyNothing(grant: PastGrant, facts: PaymentFacts, beforeAPayer: boolean): GrantOutcome {
  const { charge, targets, judgedAtMs } = facts;
  const reason = pastApplicability(grant, targets, judgedAtMs);
  if (reason !== 'APPLICABLE') return reason;
  if (charge.status === 'UNBILLED') return 'ALL_OR_NOTHING';
  // A grant that may pay is drawn to the end before a later one, and before anything becomes debt or stays unpaid.
  return turn(beforeAPayer || charge.debtNano > 0n || charge.shortNano > 0n);
}

function turn(cameBefore: boolean): GrantOutcome {
  return cameBefore ? 'EXHAUSTED' : 'NOT_NEEDED';
}

/** Who paid a charge, in one sentence, and when that was judged if it was not when it was charged. */
export function paymentSummary(
  { charge, hold, asOfHold }: PaymentFacts,
  steps: readonly GrantStep[],
): string {
  const { amountNano, debtNano, shortNano } = charge;
  if (amountNano + shortNano === 0n) return 'Nothing was to be paid: the usage was free.';
  const paid = steps
    .filter(({ outcome }) => outcome === 'PAID')
    .map(({ grant, paidNano }) => `${formatCredits(paidNano)} from ${publicId('grant', grant.id)}`);
  if (debtNano > 0n) {
    paid.push(`${formatCredits(debtNano)} became debt, for no grant that may pay had anything left`);
  }
  if (shortNano > 0n) {
    paid.push(`${formatCredits(shortNano)} more stayed unpaid, for no grant that may pay had anything left`);
  }
  return `${formatCredits(amountNano)} credits: ${paid.join(', ')}.${hold ? holdSummary(hold, asOfHold) : ''}`;
}

function holdSummary({ id, placedAt }: PastHold, asOfHold: boolean): string {
  const name = `${publicId('hold', id)} had set aside at ${placedAt.toISOString()}`;
  return asOfHold
    ? ` All of it ${name}, and the order of grants was judged then.`
    : ` What ${name} paid first.`;
}

/** Why usage was not charged: what the grants that may pay held and what the team owed when it was decided. */
export function unbilledSummary(charge: Charge, heldNano: NanoCredits, unpaidNano: NanoCredits): string {
  return (
    `Nothing was charged: the grants that may pay held ${formatCredits(heldNano)} of the ` +
    `${formatCredits(charge.amountNano)} credits, and with the rest on top of the ${formatCredits(unpaidNano)} ` +
    'that it owed the team would have been above its limit.'
  );
}

/** What a grant had to do with the charge, in a sentence. */
export function stepSummary(step: GrantStep, nameOf: (modelId: Uuid) => string): string {
  const { grant, outcome, asOfHold } = step;
  switch (outcome) {
    case 'PAID':
      return paidText(step);
    case 'VOIDED':
      return 'Had been voided.';
    case 'NOT_EFFECTIVE':
      return `Was not effective before ${iso(grant.effectiveAtMs)}.`;
    case 'EXPIRED':
      return `Had expired at ${iso(grant.expiresAtMs)}.`;
    case 'OUT_OF_SCOPE': {
      const scope = `Pays only for ${scopeText(grant, nameOf)}`;
      return step.coversChargeOnly ? `${scope}: not for all that the hold was for.` : `${scope}.`;
    }
    case 'EXHAUSTED':
      return asOfHold ? exhaustedText(step) : 'Had nothing left.';
    case 'NOT_NEEDED':
      return asOfHold ? notNeededText(step) : 'Was not needed: the amount was paid before its turn.';
    case 'ALL_OR_NOTHING':
      return 'Could have paid a part, but usage beyond the limit of debt is not charged in part.';
  }
}

function paidText({ paidNano, fromHoldNano, leftNano, setAsideNano = 0n }: GrantStep): string {
  const held =
    fromHoldNano === setAsideNano
      ? `${formatCredits(fromHoldNano)}, all that the hold had set aside of it`
      : `${formatCredits(fromHoldNano)} of the ${formatCredits(setAsideNano)} that the hold had set aside of it`;
  if (leftNano === null) return `Paid ${held}.`;
  const ownNano = paidNano - fromHoldNano;
  const own = formatCredits(ownNano);
  const had = fromHoldNano > 0n ? 'had beside' : 'had';
  const rest =
    leftNano === 0n
      ? `${own}, all it ${had}`
      : `${own} of the ${formatCredits(ownNano + leftNano)} it ${had}`;
  return fromHoldNano > 0n ? `Paid ${held}, and ${rest}.` : `Paid ${rest}.`;
}

function exhaustedText({ setAsideNano }: GrantStep): string {
  return setAsideNano
    ? 'What the hold had set aside of it had paid for something else before.'
    : 'Had nothing left when the hold was placed.';
}

function notNeededText({ setAsideNano }: GrantStep): string {
  return setAsideNano
    ? 'What the hold had set aside of it was not needed.'
    : 'Was not needed: all was set aside before its turn when the hold was placed.';
}

function scopeText({ scope }: GrantAccount, nameOf: (modelId: Uuid) => string): string {
  const parts = [
    scope.product && `product ${scope.product}`,
    scope.modelId && `model ${nameOf(scope.modelId)}`,
    scope.gpuType && `GPU type ${scope.gpuType}`,
  ];
  return parts.filter(Boolean).join(', ');
}

function iso(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString();
}
