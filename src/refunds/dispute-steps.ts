import { SYSTEM_ACTOR } from '../actor.ts';
import { newUuid } from '../id.ts';
import type { PostingFacts } from '../ledger/book.ts';
import { loseDispute, openDispute, winDispute } from '../ledger/payback.ts';
import { minNano } from '../money.ts';
import type { Dispute, DisputeStatus } from './dispute.ts';
import type { PaidPurchase } from './refund-purchase.ts';
import { bringBack, returnBonus } from './refund-steps.ts';

/** What disputes do to the credit of a purchase, in its book. */

/** A dispute as Stripe has it now. */
export interface DisputeThere {
  readonly stripeId: string;
  readonly status: DisputeStatus;
  readonly amountCents: bigint;
  readonly reason: string;
  readonly openedAt: Date;
}

const DAY_MS = 86_400_000;

/**
 * Brings a dispute to where Stripe has it now, through all the steps between, whichever of them were told. Answers it
 * with how it was before; undefined before: it is new here.
 */
export function followDispute(
  purchase: PaidPurchase,
  there: DisputeThere,
): { readonly before: Dispute | undefined; readonly dispute: Dispute } {
  const before = purchase.disputes.find(({ stripeId }) => stripeId === there.stripeId);
  let dispute = before ?? opened(purchase, there);
  if (dispute.amountCents !== there.amountCents)
    dispute = purchase.putDispute({ ...dispute, amountCents: there.amountCents });
  while (dispute.status !== there.status) dispute = step(purchase, dispute, there.status);
  adjustDisputes(purchase);
  return { before, dispute: purchase.dispute(dispute.id) };
}

/** What refunds that failed and disputes that were won leave of the payment is asked for by its other disputes. */
export function adjustDisputes(purchase: PaidPurchase): void {
  for (const dispute of purchase.disputes) adjust(purchase, dispute);
}

/** Every way between two states leads through OPEN. */
function step(purchase: PaidPurchase, dispute: Dispute, to: DisputeStatus): Dispute {
  if (dispute.status === 'OPEN') return to === 'WON' ? won(purchase, dispute) : lost(purchase, dispute);
  return dispute.status === 'LOST' ? reopened(purchase, dispute) : openedAgain(purchase, dispute);
}

function factsOf({ reason }: Pick<Dispute, 'reason'>): PostingFacts {
  return { actor: SYSTEM_ACTOR, reason: `Dispute: ${reason}` };
}

function opened(purchase: PaidPurchase, there: DisputeThere): Dispute {
  return openedAgain(purchase, {
    teamId: purchase.book.teamId,
    id: newUuid(purchase.book.atMs),
    paymentId: purchase.payment.id,
    ...there,
    status: 'WON',
    ...NOTHING,
    bonusReturnedId: null,
    nextCheckAt: null,
    closedAt: null,
  });
}

const NOTHING = {
  reversedCents: 0n,
  askedNano: 0n,
  frozenNano: 0n,
  voidedNano: 0n,
  debtNano: 0n,
  bonusVoidedNano: 0n,
};

function openedAgain(purchase: PaidPurchase, dispute: Dispute): Dispute {
  const nextCheckAt = new Date(purchase.book.atMs + DAY_MS);
  const open = { ...dispute, ...NOTHING, status: 'OPEN', nextCheckAt, closedAt: null } as const;
  return adjust(purchase, purchase.putDispute(open));
}

/** Asks for more of the payment, or for less, than before: as much as the bank does and as is left. */
function adjust(purchase: PaidPurchase, dispute: Dispute): Dispute {
  if (dispute.status === 'WON') return dispute;
  const cents = minNano(dispute.amountCents, dispute.reversedCents + purchase.leftCents);
  if (cents > dispute.reversedCents) return more(purchase, dispute, cents - dispute.reversedCents);
  const isLess = cents < dispute.reversedCents && dispute.status === 'OPEN';
  return isLess ? less(purchase, dispute, dispute.reversedCents - cents) : dispute;
}

function more(purchase: PaidPurchase, dispute: Dispute, cents: bigint): Dispute {
  const { book, grant } = purchase;
  const askedNano = purchase.creditOf(cents);
  const facts = factsOf(dispute);
  const frozenNano = grant && askedNano > 0n ? openDispute(book, grant, askedNano, facts) : 0n;
  purchase.count({ disputedCents: cents });
  const reversedCents = dispute.reversedCents + cents;
  const asked = { ...dispute, reversedCents, askedNano: dispute.askedNano + askedNano };
  if (dispute.status === 'OPEN')
    return purchase.putDispute({ ...asked, frozenNano: dispute.frozenNano + frozenNano });
  return purchase.putDispute(lose(purchase, asked, askedNano, cents));
}

/** The bank asks for less than it did. */
function less(purchase: PaidPurchase, dispute: Dispute, cents: bigint): Dispute {
  const { book, grant } = purchase;
  const leftCents = dispute.reversedCents - cents;
  const returnedNano = dispute.askedNano - (dispute.askedNano * leftCents) / dispute.reversedCents;
  if (grant && returnedNano > 0n) winDispute(book, grant, returnedNano, factsOf(dispute));
  purchase.count({ disputedCents: -cents });
  const askedNano = dispute.askedNano - returnedNano;
  const frozenNano = minNano(dispute.frozenNano, askedNano);
  return purchase.putDispute({ ...dispute, reversedCents: leftCents, askedNano, frozenNano });
}

function won(purchase: PaidPurchase, dispute: Dispute): Dispute {
  const { book, grant, now } = purchase;
  if (grant && dispute.askedNano > 0n) winDispute(book, grant, dispute.askedNano, factsOf(dispute));
  purchase.count({ disputedCents: -dispute.reversedCents });
  const closed = { status: 'WON', closedAt: now, nextCheckAt: null } as const;
  return purchase.putDispute({ ...dispute, ...NOTHING, ...closed });
}

function lost(purchase: PaidPurchase, dispute: Dispute): Dispute {
  const closed = { status: 'LOST', closedAt: purchase.now, nextCheckAt: null } as const;
  const gone = lose(purchase, { ...dispute, frozenNano: 0n }, dispute.askedNano, dispute.reversedCents);
  return purchase.putDispute({ ...gone, ...closed });
}

/** What is asked for has gone to the bank, and the bonus that went with it goes, too. */
function lose(purchase: PaidPurchase, dispute: Dispute, askedNano: bigint, cents: bigint): Dispute {
  const { book, grant, voidedNano } = purchase;
  const facts = factsOf(dispute);
  const bonusNano = purchase.voidBonus(cents, facts);
  const bonusVoidedNano = dispute.bonusVoidedNano + bonusNano;
  if (!grant || askedNano === 0n) return { ...dispute, bonusVoidedNano };
  const gone = loseDispute(book, grant, { amountNano: askedNano, voidedNano }, facts);
  return {
    ...dispute,
    bonusVoidedNano,
    frozenNano: dispute.frozenNano + gone.creditNano,
    voidedNano: dispute.voidedNano + gone.voidedNano,
    debtNano: dispute.debtNano + gone.debtNano,
  };
}

/** The bank has given back what it had taken: an appeal was won. */
function reopened(purchase: PaidPurchase, dispute: Dispute): Dispute {
  const facts = factsOf(dispute);
  const { frozenNano: creditNano, voidedNano, debtNano, bonusVoidedNano } = dispute;
  bringBack(purchase, { creditNano, voidedNano, debtNano }, facts);
  purchase.count({ disputedCents: -dispute.reversedCents });
  const bonusReturnedId = returnBonus(purchase, bonusVoidedNano, facts);
  return openedAgain(purchase, { ...dispute, bonusReturnedId });
}
