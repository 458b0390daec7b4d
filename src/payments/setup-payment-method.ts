import type Stripe from 'stripe';
import { inTransaction, type Reader } from '../db/client.ts';
import { badInput, DomainError } from '../domain-error.ts';
import { askStripe, StripeDeclined, StripeRefused } from '../gateway/ask-stripe.ts';
import { stripeCustomer } from '../gateway/customers.ts';
import { publicId, type Uuid } from '../id.ts';
import type { PaymentDeps } from './payment-deps.ts';
import type { StoredMethod } from './payment-method.ts';
import { unlessAway } from './payment-method-changes.ts';
import { idOf } from './payment-method-listing.ts';
import { syncPaymentMethods } from './payment-method-sync.ts';
import { watchMethods } from './payment-method-watch.ts';
import { methodOfStripe, usableMethods } from './payment-methods.ts';
import { type BegunSetup, checkSetup, type SetupRequest } from './setup-request.ts';

export interface SetupDeps extends Pick<PaymentDeps, 'db' | 'clock' | 'gateway' | 'publicUrl'> {
  /** Whether test cards may be saved without a page. */
  readonly isSandbox: boolean;
}

/** A begun setup, with the method if it has been saved already. */
export interface SetUp extends BegunSetup {
  readonly method: StoredMethod | undefined;
}

/** As long as a hosted page of Stripe can be used. */
const WATCHED_MS = 24 * 60 * 60_000;
/** More than one team needs. Two that are saved at once may both be the last. */
const MOST_SAVED = 50;
/** Wallets are cards. */
const TYPES: ['card'] = ['card'];

/**
 * Begins to save a payment method for payments that its holder is not there for. What comes of it is heard from
 * Stripe's events, or, when those are lost, from Stripe when it is asked in the next 24 hours. Repeating begins another
 * one and is harmless: nothing is charged, and one that is not finished comes to nothing.
 * @throws DomainError BAD_USER_INPUT, CONFLICT (CARD_DECLINED, or 50 methods saved already), UNAVAILABLE
 */
export async function setupPaymentMethod(deps: SetupDeps, request: SetupRequest): Promise<SetUp> {
  const { db, clock, gateway } = deps;
  checkSetup(request, { isSandbox: deps.isSandbox && gateway.kind !== 'LIVE' });
  const { teamId } = request;
  await demandRoom(db, teamId);
  await inTransaction(db, (tx) => watchMethods(tx, teamId, clock.now(), WATCHED_MS));
  const customer = await stripeCustomer(db, gateway, teamId, clock.now());
  const begun = await begin(deps, request, customer);
  if (begun.stripeMethod === null) return { ...begun, method: undefined };
  await unlessAway(() => syncPaymentMethods(deps, teamId));
  return { ...begun, method: await methodOfStripe(db, teamId, begun.stripeMethod) };
}

/** Whoever saves cards without end tries them out for somebody. */
async function demandRoom(reader: Reader, teamId: Uuid): Promise<void> {
  const saved = await usableMethods(reader, teamId);
  if (saved.length < MOST_SAVED) return;
  throw new DomainError('CONFLICT', `The team has ${saved.length} payment methods: remove one first.`, {
    field: 'teamId',
  });
}

function begin(deps: SetupDeps, request: SetupRequest, customer: string): Promise<BegunSetup> {
  if (request.sandboxCard !== undefined) return saveTestCard(deps, request, customer, request.sandboxCard);
  return request.hostedPage || request.returnUrl !== undefined
    ? openPage(deps, request, customer)
    : prepare(deps, request, customer);
}

async function openPage(
  { gateway, publicUrl }: SetupDeps,
  { teamId, returnUrl }: SetupRequest,
  customer: string,
): Promise<BegunSetup> {
  const back = returnUrl ?? publicUrl;
  const metadata = metadataOf(teamId);
  const session = await askStripe(() =>
    gateway.stripe.checkout.sessions.create({
      mode: 'setup',
      customer,
      allowed_payment_method_types: TYPES,
      setup_intent_data: { metadata },
      metadata,
      success_url: back,
      cancel_url: back,
    }),
  );
  const setupIntentId = idOf(session.setup_intent);
  return { clientSecret: null, hostedUrl: session.url, setupIntentId, stripeMethod: null };
}

async function prepare(
  { gateway }: SetupDeps,
  { teamId }: SetupRequest,
  customer: string,
): Promise<BegunSetup> {
  const intent = await askStripe(() => gateway.stripe.setupIntents.create(termsOf(teamId, customer)));
  return begunBy(intent);
}

/** @throws DomainError CONFLICT (CARD_DECLINED), BAD_USER_INPUT for a card that does not exist. */
async function saveTestCard(
  { gateway }: SetupDeps,
  { teamId, returnUrl }: SetupRequest,
  customer: string,
  sandboxCard: string,
): Promise<BegunSetup> {
  try {
    const intent = await askStripe(async () =>
      gateway.stripe.setupIntents.create({
        ...termsOf(teamId, customer),
        payment_method: await methodNamed(gateway.stripe, sandboxCard),
        confirm: true,
        ...(returnUrl !== undefined && { return_url: returnUrl }),
      }),
    );
    return begunBy(intent);
  } catch (error) {
    throw refusal(error);
  }
}

/** A token, `tok_visa`, becomes a method; a method is named by itself. */
async function methodNamed(stripe: Stripe, card: string): Promise<string> {
  if (!card.startsWith('tok_')) return card;
  return (await stripe.paymentMethods.create({ type: 'card', card: { token: card } })).id;
}

function refusal(error: unknown): unknown {
  if (error instanceof StripeDeclined)
    return new DomainError('CONFLICT', error.message, { reason: 'CARD_DECLINED', field: 'sandboxCard' });
  if (error instanceof StripeRefused)
    return badInput('sandboxCard', `is no card that Stripe accepts: ${error.message}`);
  return error;
}

function begunBy(intent: Stripe.SetupIntent): BegunSetup {
  const isDone = intent.status === 'succeeded';
  return {
    clientSecret: isDone ? null : intent.client_secret,
    hostedUrl: intent.next_action?.redirect_to_url?.url ?? null,
    setupIntentId: intent.id,
    stripeMethod: isDone ? idOf(intent.payment_method) : null,
  };
}

function termsOf(teamId: Uuid, customer: string): Stripe.SetupIntentCreateParams {
  return {
    customer,
    usage: 'off_session',
    allowed_payment_method_types: TYPES,
    metadata: metadataOf(teamId),
  };
}

function metadataOf(teamId: Uuid): { teamId: string } {
  return { teamId: publicId('team', teamId) };
}
