import type Stripe from 'stripe';
import { askStripe, StripeRefused } from '../gateway/ask-stripe.ts';
import { centsFromStripe } from '../gateway/cents.ts';
import type { PlanVersion } from './plan.ts';
import type { PlanDeps } from './plan-deps.ts';
import { type PaidInvoice, recordedInvoices } from './plan-invoices.ts';
import { plansOfPrices } from './plan-rows.ts';
import type { Seen } from './settle-subscription.ts';
import type { OpenPayment, StripeState } from './stripe-state.ts';
import type { Subscription } from './subscription.ts';

type Known = Subscription & { readonly stripeId: string };
type Plans = ReadonlyMap<string, PlanVersion>;

const EXPAND = { expand: ['latest_invoice'] };
const DAY_MS = 86_400_000;
/** Whatever an account at Stripe is set to do when its retries are over: later than this nothing comes of them. */
const LONGEST_PAST_DUE_MS = 30 * DAY_MS;

/** Asks Stripe how a subscription is, and what of it was paid that is not recorded. @throws DomainError UNAVAILABLE */
export async function seeSubscription(deps: PlanDeps, asked: Known): Promise<Seen> {
  const { stripe } = deps.gateway;
  const told = await askStripe(() => stripe.subscriptions.retrieve(asked.stripeId, EXPAND));
  const { subscription, open, failure } = await concluded(deps, asked, told);
  const paid = await unrecorded(deps, asked);
  const plans = await plansOfPrices(deps.db, pricesOf(subscription));
  return { asked, state: stateOf(subscription, plans, open, failure), paid };
}

interface Concluded {
  readonly subscription: Stripe.Subscription;
  readonly open: OpenPayment | null;
  readonly failure: string | null;
}

/**
 * Ends what cannot go on: a first payment on a saved card, or an upgrade, that was declined, and a renewal that nobody
 * pays. Its invoice is withdrawn, so that it cannot be paid later for nothing.
 */
async function concluded(deps: PlanDeps, asked: Known, told: Stripe.Subscription): Promise<Concluded> {
  const open = await openPayment(deps, told);
  const again = async (failure: string | null): Promise<Concluded> => {
    const { stripe } = deps.gateway;
    const subscription = await askStripe(() => stripe.subscriptions.retrieve(asked.stripeId, EXPAND));
    const left = await openPayment(deps, subscription);
    return { subscription, open: left ?? (isEnded(subscription) ? open : null), failure };
  };
  if (isEnded(told)) {
    if (open) await withdraw(deps, open);
    return { subscription: told, open, failure: null };
  }
  if (isHopeless(deps, asked, told)) {
    await refusable(() => deps.gateway.stripe.subscriptions.cancel(told.id));
    // After it has ended, for without this invoice Stripe would take it to be paid.
    if (open) await withdraw(deps, open);
    return again(null);
  }
  if (open?.needs === 'METHOD' && isGivenUp(asked, told)) {
    await withdraw(deps, open);
    return again(open.failure ?? 'The card was declined.');
  }
  await followDefault(deps, asked, told);
  return { subscription: told, open, failure: null };
}

function isEnded({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}

/** Who enters a card on Stripe's page may enter another one. */
function isGivenUp({ stripePaymentMethod }: Known, { status, pending_update }: Stripe.Subscription): boolean {
  return status === 'incomplete' ? stripePaymentMethod !== null : pending_update !== null;
}

/** Stripe, as an account may be set, goes on without end. */
function isHopeless({ clock }: PlanDeps, { pastDueSince }: Known, { status }: Stripe.Subscription): boolean {
  if (status === 'unpaid') return true;
  if (status !== 'past_due' || pastDueSince === null) return false;
  return clock.now().getTime() - pastDueSince.getTime() > LONGEST_PAST_DUE_MS;
}

async function withdraw({ gateway }: PlanDeps, { invoice }: OpenPayment): Promise<void> {
  await refusable(() => gateway.stripe.invoices.voidInvoice(invoice));
}

/** What was done meanwhile by somebody else is refused, and just as well. */
async function refusable(work: () => Promise<unknown>): Promise<void> {
  try {
    await askStripe(work);
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
  }
}

/** Once the first payment is made, renewals are paid with what is then the default of the team. */
async function followDefault(deps: PlanDeps, asked: Known, told: Stripe.Subscription): Promise<void> {
  const lives = told.status === 'active' || told.status === 'past_due';
  if (!lives || !asked.followsDefault || told.default_payment_method === null) return;
  if (!(await deps.chosenMethod(deps.db, asked.teamId, null))) return;
  const none = { default_payment_method: '' } as const;
  await refusable(() => deps.gateway.stripe.subscriptions.update(told.id, none));
}

/** The newest invoice of a subscription while it waits to be paid. */
async function openPayment(
  { gateway: { stripe } }: PlanDeps,
  { latest_invoice: latest }: Stripe.Subscription,
): Promise<OpenPayment | null> {
  const id = typeof latest === 'string' ? latest : latest?.id;
  if (id === undefined || (typeof latest === 'object' && latest?.status !== 'open')) return null;
  const expand = ['confirmation_secret', 'payments'];
  const invoice = await askStripe(() => stripe.invoices.retrieve(id, { expand }));
  if (invoice.status !== 'open') return null;
  const intentId = intentOf(invoice);
  const intent =
    intentId === undefined ? undefined : await askStripe(() => stripe.paymentIntents.retrieve(intentId));
  return {
    invoice: id,
    url: invoice.hosted_invoice_url ?? null,
    clientSecret: invoice.confirmation_secret?.client_secret ?? null,
    attempts: invoice.attempt_count,
    nextAttemptAt: invoice.next_payment_attempt === null ? null : at(invoice.next_payment_attempt),
    failure: intent?.last_payment_error?.message ?? null,
    needs: needsOf(intent),
  };
}

function needsOf(intent: Stripe.PaymentIntent | undefined): OpenPayment['needs'] {
  if (intent?.status === 'requires_action') return 'ACTION';
  if (intent?.last_payment_error?.code === 'authentication_required') return 'ACTION';
  return intent?.last_payment_error ? 'METHOD' : null;
}

/** The payment intent of an invoice: the one that paid it, or the newest. */
function intentOf({ payments }: Stripe.Invoice): string | undefined {
  const all = payments?.data ?? [];
  const { payment } = all.find(({ status }) => status === 'paid') ?? all.at(-1) ?? {};
  const intent = payment?.payment_intent;
  return typeof intent === 'object' ? intent?.id : intent;
}

const PAGE = 20;

/** Invoices that were paid and are not recorded, the oldest first: looked for until one is found that is. */
async function unrecorded(deps: PlanDeps, { teamId, stripeId }: Known): Promise<PaidInvoice[]> {
  const { stripe } = deps.gateway;
  const missing: Stripe.Invoice[] = [];
  for (let after: string | undefined, isLast = false; !isLast; ) {
    const page = await askStripe(() =>
      stripe.invoices.list({
        subscription: stripeId,
        status: 'paid',
        limit: PAGE,
        ...(after === undefined ? {} : { starting_after: after }),
      }),
    );
    const known = await recordedInvoices(
      deps.db,
      teamId,
      page.data.map(({ id }) => id ?? ''),
    );
    missing.push(...page.data.filter(({ id }) => !known.has(id ?? '')));
    after = page.data.at(-1)?.id;
    isLast = !page.has_more || known.size > 0;
  }
  const paid: PaidInvoice[] = [];
  for (const { id } of missing.reverse()) if (id !== undefined) paid.push(await paidInvoice(deps, id));
  return paid;
}

async function paidInvoice(deps: PlanDeps, id: string): Promise<PaidInvoice> {
  const { stripe } = deps.gateway;
  const invoice = await askStripe(() => stripe.invoices.retrieve(id, { expand: ['payments'] }));
  const bought = invoice.lines.data.findLast(({ amount }) => amount > 0) ?? invoice.lines.data[0];
  const price = bought && priceOf(bought);
  const plans = await plansOfPrices(deps.db, price === undefined ? [] : [price]);
  const paidCents = centsFromStripe(invoice.amount_paid);
  const intent = paidCents > 0n ? intentOf(invoice) : undefined;
  return {
    id,
    plan: price === undefined ? undefined : plans.get(price),
    periodStart: at(bought?.period.start ?? invoice.period_start),
    periodEnd: at(bought?.period.end ?? invoice.period_end),
    paidCents,
    payment: intent === undefined ? null : await invoicePayment(deps, intent),
  };
}

function priceOf({ pricing }: Stripe.InvoiceLineItem): string | undefined {
  const price = pricing?.price_details?.price;
  return typeof price === 'object' ? price.id : price;
}

async function invoicePayment({ gateway }: PlanDeps, intentId: string): Promise<PaidInvoice['payment']> {
  const expand = ['latest_charge'];
  const intent = await askStripe(() => gateway.stripe.paymentIntents.retrieve(intentId, { expand }));
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const card = charge?.payment_method_details?.card;
  return {
    intent: intent.id,
    charge: charge?.id ?? null,
    card: card?.brand && card.last4 ? { brand: card.brand, last4: card.last4 } : null,
  };
}

function pricesOf({ items, pending_update: pending }: Stripe.Subscription): string[] {
  const all = [...items.data, ...(pending?.subscription_items ?? [])];
  return all.map(({ price }) => price.id);
}

function stateOf(
  subscription: Stripe.Subscription,
  plans: Plans,
  open: OpenPayment | null,
  failure: string | null,
): StripeState {
  const { id, status, items, pending_update: pending, cancel_at_period_end } = subscription;
  const [item] = items.data;
  const pendingPrice = pending?.subscription_items?.[0]?.price.id;
  return {
    stripeId: id,
    status,
    plan: item && plans.get(item.price.id),
    pendingPlan: pendingPrice === undefined ? undefined : plans.get(pendingPrice),
    periodStart: at(item?.current_period_start ?? subscription.start_date),
    periodEnd: at(item?.current_period_end ?? subscription.start_date),
    cancelAtPeriodEnd: cancel_at_period_end,
    open,
    failure,
  };
}

function at(seconds: number): Date {
  return new Date(seconds * 1000);
}
