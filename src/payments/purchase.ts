import type { ActorRef } from '../actor.ts';
import { inTransaction, type Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { cardCents } from './amounts.ts';
import { bonusFor } from './bonus-tiers.ts';
import { packCents } from './credit-packs.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { chosenMethod } from './payment-methods.ts';
import { pursueTopUp } from './pursue-top-up.ts';
import { startTopUp } from './start-top-up.ts';
import type { TopUp } from './top-up.ts';
import { topUpById } from './top-up-rows.ts';

/** How much is bought: one of the two. */
export interface PurchaseAmount {
  readonly pack?: string | null;
  /** US dollars, which are credits. */
  readonly amountNano?: NanoCredits | null;
}

export interface PurchaseCredits extends PurchaseAmount {
  readonly teamId: Uuid;
  /** Null: the team's default. */
  readonly paymentMethodId: Uuid | null;
  readonly returnUrl: string | null;
  readonly idempotencyKey: string;
}

export type CreateCheckout = Omit<PurchaseCredits, 'paymentMethodId'>;

/** A top-up as it is now. */
export interface Purchase {
  readonly topUp: TopUp;
  readonly replayed: boolean;
}

/**
 * Buys credit with a saved payment method. What is wanted is committed before Stripe is asked: when the answer is lost
 * the top-up is PENDING and is found out about; the same key answers its present state, also when it has failed.
 * @throws DomainError BAD_USER_INPUT naming the field, NOT_FOUND for the payment method, CONFLICT without one,
 * IDEMPOTENCY_CONFLICT.
 */
export async function purchaseCredits(
  deps: PaymentDeps,
  input: PurchaseCredits,
  actor: ActorRef,
): Promise<Purchase> {
  const { teamId, paymentMethodId } = input;
  return buy(deps, 'purchaseCredits', input, async (tx, id, wanted) => {
    // One that is being removed is not charged.
    await lockPayments(tx, teamId);
    const method = await chosenMethod(tx, teamId, paymentMethodId);
    if (!method) throw noMethod(paymentMethodId);
    return startTopUp(
      tx,
      { ...wanted, id, teamId, kind: 'PURCHASE', flow: 'SAVED_METHOD', paymentMethodId: method.id, actor },
      deps.clock.now(),
    );
  });
}

/** Buys credit on a page of Stripe, which keeps the card for later. @throws as `purchaseCredits` */
export async function createCheckout(
  deps: PaymentDeps,
  input: CreateCheckout,
  actor: ActorRef,
): Promise<Purchase> {
  const { teamId } = input;
  return buy(deps, 'createCheckoutSession', input, (tx, id, wanted) =>
    startTopUp(
      tx,
      { ...wanted, id, teamId, kind: 'PURCHASE', flow: 'CHECKOUT', paymentMethodId: null, actor },
      deps.clock.now(),
    ),
  );
}

interface Wanted {
  readonly amountCents: bigint;
  readonly bonusNano: NanoCredits;
  readonly returnUrl: string | null;
}

async function buy(
  deps: PaymentDeps,
  operation: string,
  input: CreateCheckout,
  start: (tx: Tx, id: Uuid, wanted: Wanted) => Promise<TopUp>,
): Promise<Purchase> {
  const { db, clock } = deps;
  const { teamId, idempotencyKey, ...request } = input;
  const amountCents = centsOf(input, deps.minPurchaseCents);
  const returnUrl = checkReturnUrl(input.returnUrl);
  const now = clock.now();
  const id = newUuid(now.getTime());
  const first = await inTransaction(db, async (tx) => {
    const claim = { teamId, operation, key: checkIdempotencyKey(idempotencyKey), request };
    const known = await claimKey(tx, claim, id, now);
    if (known !== undefined) return known;
    const bonusNano = await bonusFor(tx, amountCents, now);
    await start(tx, id, { amountCents, bonusNano, returnUrl });
    return undefined;
  });
  return { topUp: await asFarAsItGets(deps, teamId, first ?? id), replayed: first !== undefined };
}

function centsOf({ pack, amountNano }: PurchaseAmount, minCents: bigint): bigint {
  if (pack != null) {
    const cents = packCents(pack);
    if (cents === undefined) throw badInput('amount.pack', 'must be the id of one of "creditPacks".');
    return cents;
  }
  if (amountNano == null) throw badInput('amount', 'must be a pack or a custom amount.');
  return cardCents(amountNano, minCents, 'amount.custom');
}

/** Where a browser may be sent. @throws DomainError BAD_USER_INPUT */
export function checkReturnUrl(returnUrl: string | null, field = 'returnUrl'): string | null {
  if (returnUrl === null) return null;
  const url = returnUrl.length <= 2000 ? URL.parse(returnUrl) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw badInput(field, 'must be an absolute http or https URL of at most 2,000 characters.');
  return returnUrl;
}

/** The payer waits for an answer: when Stripe gives none, they get the top-up as it is, and the rest is done later. */
async function asFarAsItGets(deps: PaymentDeps, teamId: Uuid, topUpId: Uuid): Promise<TopUp> {
  try {
    return await pursueTopUp(deps, teamId, topUpId);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNAVAILABLE') throw error;
    const topUp = await topUpById(deps.db, teamId, topUpId);
    assert(topUp, 'a top-up that was committed is there');
    return topUp;
  }
}

function noMethod(named: Uuid | null): DomainError {
  if (named !== null) return notFound('PaymentMethod', publicId('paymentMethod', named), 'paymentMethodId');
  return new DomainError(
    'CONFLICT',
    'The team has no payment method. Add one by setupPaymentMethod, or pay by createCheckoutSession.',
    { reason: 'NO_PAYMENT_METHOD', field: 'paymentMethodId' },
  );
}
