import { INCOMPLETE_SECONDS } from './billing-dunning.ts';
import { periodAt } from './billing-period.ts';
import type { WireInvoiceItem, WireSubscription, WireSubscriptionItem } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { finalizeInvoice, makeInvoice, pendingItems } from './invoice-make.ts';
import { invalidRequest } from './problem.ts';
import { inOwnPeriod, sharedInterval } from './subscription-items.ts';
import { adjustments, namesOf, periodLines } from './subscription-lines.ts';
import { itemList, periodOf } from './subscription-object.ts';
import { collect, type PaymentBehavior } from './subscription-start.ts';
import { changeSubscription, type StoredSubscription } from './subscription-store.ts';

/** How prices are changed. */
export interface ChangeTerms {
  readonly proration: 'always_invoice' | 'create_prorations' | 'none';
  /** From when, in Unix seconds. */
  readonly at: number;
  readonly behavior: PaymentBehavior;
  readonly offSession: boolean;
  /** `billing_cycle_anchor=now`. */
  readonly anchorNow: boolean;
}

/** What becomes of a subscription and what it costs, before anything of it is stored. */
export interface Change {
  readonly after: WireSubscription;
  readonly adjusting: readonly WireInvoiceItem[];
  /** A new period begins and is invoiced whatever the proration. */
  readonly newPeriod: boolean;
}

/** Works a change of items out. @throws StripeProblem when prices do not go together. */
export async function changeOf(
  call: Call,
  before: WireSubscription,
  items: readonly WireSubscriptionItem[],
  terms: ChangeTerms,
): Promise<Change> {
  const now = unixSeconds(call.now);
  const newPeriod = terms.anchorNow || beginsAnew(before, items);
  const anchor = newPeriod ? now : before.billing_cycle_anchor;
  const inPeriod = newPeriod ? inOwnPeriod(items, anchor, now) : [...items];
  const names = await namesOf(call, [...before.items.data, ...items]);
  const of = { before: before.items.data, after: inPeriod, at: terms.at, now, names, newPeriod };
  return {
    after: { ...before, billing_cycle_anchor: anchor, items: itemList(before.id, inPeriod) },
    adjusting: terms.proration === 'none' ? [] : adjustments(before, of),
    newPeriod,
  };
}

/** Another interval, or a first price that costs something, begins a period of its own. */
function beginsAnew(before: WireSubscription, items: readonly WireSubscriptionItem[]): boolean {
  const [was, is] = [sharedInterval(before.items.data), sharedInterval(items)];
  const costs = (of: readonly WireSubscriptionItem[]): boolean =>
    of.some(({ price, quantity }) => (price.unit_amount ?? 0) > 0 && quantity !== 0);
  return was.unit !== is.unit || was.count !== is.count || (!costs(before.items.data) && costs(items));
}

/** Changes the prices of a subscription, with what else is to change, and invoices it now if asked to. */
export async function changePrices(
  call: Call,
  before: StoredSubscription,
  change: Change,
  { terms, patch }: { readonly terms: ChangeTerms; readonly patch: Partial<WireSubscription> },
): Promise<void> {
  for (const item of change.adjusting) await putInvoiceItem(call, item);
  const invoices = change.newPeriod || (terms.proration === 'always_invoice' && change.adjusting.length > 0);
  const { items, billing_cycle_anchor: anchor } = change.after;
  const whole = { ...patch, items, billing_cycle_anchor: anchor };
  if (!invoices) {
    await changeSubscription(call, before, whole);
    return;
  }
  const invoice = await updateInvoice(call, change, terms);
  const latest = { latest_invoice: invoice.id };
  if (terms.behavior === 'pending_if_incomplete') {
    await holdBack(call, before, change, { ...patch, ...latest });
  } else {
    await changeSubscription(call, before, { ...whole, ...latest });
  }
  const open = await finalizeInvoice(call, invoice);
  if (open.data.status !== 'open') return;
  await collect(call, open.id, terms);
  if (terms.behavior !== 'pending_if_incomplete') await fallBehind(call, before.id, open.id);
}

/** A change that took effect and is not paid: it waits for the holder of the card, or for somebody to confirm it. */
async function fallBehind(call: Call, id: string, invoiceId: string): Promise<void> {
  const invoice = await call.objects.require('invoice', invoiceId, 'invoice');
  const subscription = await call.objects.require('subscription', id, 'id');
  if (invoice.data.status !== 'open' || subscription.data.status !== 'active') return;
  await changeSubscription(call, subscription, { status: 'past_due' });
}

async function updateInvoice(call: Call, { after, newPeriod, adjusting }: Change, terms: ChangeTerms) {
  const names = await namesOf(call, after.items.data);
  const pending = await pendingItems(call, after.customer, after.id);
  const own = new Set(adjusting.map(({ id }) => id));
  const taken =
    terms.behavior === 'pending_if_incomplete' ? pending.filter(({ id }) => own.has(id)) : pending;
  const period = periodAt(
    after.billing_cycle_anchor,
    sharedInterval(after.items.data),
    unixSeconds(call.now),
  );
  return makeInvoice(call, {
    customer: after.customer,
    currency: after.currency,
    billing_reason: 'subscription_update',
    subscription: after,
    period_start: period.start,
    period_end: unixSeconds(call.now),
    linesOf: (invoice) => (newPeriod ? periodLines(after, names, invoice) : []),
    pending: taken,
  });
}

/** The change is applied when its invoice is paid, and forgotten when that takes too long. */
async function holdBack(
  call: Call,
  before: StoredSubscription,
  { after, newPeriod }: Change,
  patch: Partial<WireSubscription>,
): Promise<void> {
  if (newPeriod) {
    const message = 'The sandbox cannot hold back a change that begins a new period.';
    throw invalidRequest(message, { param: 'payment_behavior' });
  }
  const pending: WireSubscription['pending_update'] = {
    billing_cycle_anchor: null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: Math.min(unixSeconds(call.now) + INCOMPLETE_SECONDS, periodOf(before.data).end),
    metadata: null,
    subscription_items: after.items.data,
    trial_end: null,
    trial_from_plan: null,
  };
  const secret = { pendingItems: after.items.data };
  await changeSubscription(call, before, { ...patch, pending_update: pending }, secret);
}

/** Stores what waits for the next invoice; `invoiceitem.created` is emitted. */
export async function putInvoiceItem(call: Call, item: WireInvoiceItem): Promise<void> {
  const { id, customer } = item;
  await call.objects.put({
    id,
    type: 'invoiceitem',
    data: item,
    secret: {},
    customer,
    parent: null,
    dueAt: null,
  });
  call.emit('invoiceitem.created', item);
}
