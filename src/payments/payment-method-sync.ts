import { inTransaction, type Reader, type Tx } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { askStripe, StripeRefused } from '../gateway/ask-stripe.ts';
import { customerOfTeam } from '../gateway/customers.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Gateway } from '../gateway/stripe.ts';
import type { Uuid } from '../id.ts';
import type { JobHandler } from '../jobs/job-queue.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { methodChanges } from './payment-method.ts';
import { listMethods, type MethodListing } from './payment-method-listing.ts';
import { comparable, insertMethods, markGone, settleDefault, updateMethod } from './payment-method-rows.ts';
import { copyVersion, lookAgain, takeVersion } from './payment-method-watch.ts';
import { chosenMethod } from './payment-methods.ts';
import { noteNewCard } from './recharge-suspension.ts';

export type MethodDeps = Pick<PaymentDeps, 'db' | 'clock' | 'gateway'>;

const ATTEMPTS = 10;
const NOTHING: MethodListing = { methods: [], defaultMethod: null };

/**
 * Brings our copy of a team's payment methods and Stripe together: what was removed here is detached there, what Stripe
 * lists is written here, and the default of the team becomes that of its customer. All that had happened at Stripe
 * before the call is in the copy after it. Safe to repeat, by anybody, at any time.
 * @throws DomainError UNAVAILABLE
 */
export async function syncPaymentMethods(deps: MethodDeps, teamId: Uuid): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await syncOnce(deps, teamId)) return;
  }
  throw new DomainError('UNAVAILABLE', 'The payment methods change too often to be read.', {
    retryAfterSeconds: 2,
  });
}

/** Does a job of the kind 'payment-methods'. */
export function paymentMethodsJob(deps: MethodDeps): JobHandler {
  return ({ teamId }) => (teamId === undefined ? Promise.resolve() : syncPaymentMethods(deps, teamId));
}

/** False when somebody else has written meanwhile, or Stripe has gone on: what was read may be too old. */
async function syncOnce(deps: MethodDeps, teamId: Uuid): Promise<boolean> {
  const { db, clock, gateway } = deps;
  const version = await copyVersion(db, teamId);
  const customerId = await customerOfTeam(db, teamId);
  if (customerId !== undefined) await detachRemoved(deps, teamId);
  const listing = customerId === undefined ? NOTHING : await listMethods(gateway, customerId);
  const isWritten = await inTransaction(db, (tx) =>
    writeListing(tx, { teamId, version, listing }, clock.now()),
  );
  if (!isWritten) return false;
  return customerId === undefined || mirrorDefault(deps, { teamId, customerId }, listing.defaultMethod);
}

async function detachRemoved({ db, gateway }: MethodDeps, teamId: Uuid): Promise<void> {
  const rows = await db.sql<{ stripe_id: string }[]>`
    select stripe_id from payment_methods where team_id = ${teamId} and detach_due`;
  for (const { stripe_id } of rows) await detach(gateway, stripe_id);
}

/** Whoever refuses to detach it does not have it any more; the list that is read next will tell. */
async function detach({ stripe }: Gateway, stripeId: string): Promise<void> {
  try {
    await askStripe(() => stripe.paymentMethods.detach(stripeId));
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
  }
}

const UNDONE_MS = 60 * 60_000;

/** Writes how the listing differs from the copy, unless that has changed since it was asked for. */
async function writeListing(
  tx: Tx,
  { teamId, version, listing }: { teamId: Uuid; version: bigint; listing: MethodListing },
  now: Date,
): Promise<boolean> {
  await lockPayments(tx, teamId);
  if (!(await takeVersion(tx, teamId, version, now))) return false;
  const stored = await comparable(tx, teamId, listing.methods);
  const { added, changed, gone } = methodChanges(stored, listing.methods);
  await markGone(tx, teamId, gone, now);
  for (const { id, facts } of changed) await updateMethod(tx, teamId, id, facts);
  await insertMethods(tx, { teamId, version }, added, now);
  await settleDefault(
    tx,
    teamId,
    stored.some(({ isDefault }) => isDefault),
  );
  if (stored.some(({ id, detachDue }) => detachDue && !gone.includes(id)))
    await lookAgain(tx, teamId, new Date(now.getTime() + UNDONE_MS));
  for (const { fingerprint } of added) await noteNewCard(tx, teamId, fingerprint, now);
  return true;
}

/**
 * Makes the default of the team that of its customer, for subscriptions are paid with that. Looks again after each
 * change: of two at once, the later to reach Stripe is mended by whoever sent it. False: the method is gone at Stripe.
 */
async function mirrorDefault(
  { db, gateway }: MethodDeps,
  { teamId, customerId }: { teamId: Uuid; customerId: string },
  atStripe: string | null,
): Promise<boolean> {
  let there = atStripe;
  for (let ours = await defaultOf(db, teamId); ours !== there; ours = await defaultOf(db, teamId)) {
    if (!(await setCustomerDefault(gateway, customerId, ours))) return false;
    there = ours;
  }
  return true;
}

async function defaultOf(reader: Reader, teamId: Uuid): Promise<string | null> {
  return (await chosenMethod(reader, teamId, null))?.stripeId ?? null;
}

async function setCustomerDefault(
  { stripe }: Gateway,
  customerId: string,
  stripeId: string | null,
): Promise<boolean> {
  try {
    await askStripe(() =>
      stripe.customers.update(customerId, { invoice_settings: { default_payment_method: stripeId ?? '' } }),
    );
    return true;
  } catch (error) {
    if (error instanceof StripeRefused) return false;
    throw error;
  }
}
