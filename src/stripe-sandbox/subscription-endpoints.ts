import { type ApiPage, listPage, wholePage } from './billing-list.ts';
import type { WireSubscription, WireSubscriptionItem } from './billing-wire.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { finalizeInvoice, makeInvoice, pendingItems } from './invoice-make.ts';
import { payInvoice } from './invoice-payment.ts';
import { resourceMissing } from './problem.ts';
import { putInvoiceItem } from './subscription-change.ts';
import { endSubscription } from './subscription-end.ts';
import { adjustments, namesOf } from './subscription-lines.ts';
import { startSubscription } from './subscription-start.ts';
import type { StoredSubscription } from './subscription-store.ts';
import { saidOf, updateSubscription } from './subscription-update.ts';

/** Subscriptions and their items. */
export const SUBSCRIPTION_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/subscriptions', run: startSubscription },
  { method: 'GET', path: '/v1/subscriptions', run: listSubscriptions },
  { method: 'GET', path: '/v1/subscriptions/:id', run: retrieveSubscription },
  { method: 'POST', path: '/v1/subscriptions/:id', run: updateSubscription },
  { method: 'DELETE', path: '/v1/subscriptions/:id', run: cancelSubscription },
  { method: 'GET', path: '/v1/subscription_items', run: listItems },
  { method: 'GET', path: '/v1/subscription_items/:id', run: retrieveItem },
];

async function retrieveSubscription(call: Call): Promise<WireSubscription> {
  return (await call.objects.require('subscription', call.path('id'), 'id')).data;
}

const STATUSES = [
  'active',
  'canceled',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'unpaid',
  'all',
  'ended',
] as const;

async function listSubscriptions(call: Call): Promise<ApiPage<WireSubscription>> {
  const { params } = call;
  const customer = params.optional('customer');
  const status = params.oneOf('status', STATUSES);
  const price = params.optional('price');
  const matching = {
    ...(status === undefined || status === 'all' || status === 'ended' ? {} : { status }),
    ...(price === undefined ? {} : { items: { data: [{ price: { id: price } }] } }),
  };
  const page = await listPage(call, 'subscription', '/v1/subscriptions', { customer, matching });
  return { ...page, data: page.data.filter((one) => isListed(one, status)) };
}

/** Without a status, those that were canceled are left out. */
function isListed({ status }: WireSubscription, asked: (typeof STATUSES)[number] | undefined): boolean {
  if (asked === undefined) return status !== 'canceled';
  return asked !== 'ended' || status === 'canceled' || status === 'incomplete_expired';
}

async function cancelSubscription(call: Call): Promise<WireSubscription> {
  const { params } = call;
  const subscription = await call.objects.require('subscription', call.path('id'), 'id', { lock: true });
  if (subscription.data.status === 'canceled') throw resourceMissing('subscription', subscription.id, 'id');
  const details = params.part('cancellation_details');
  if (params.boolean('prorate')) await creditRest(call, subscription);
  if (params.boolean('invoice_now')) await invoicePending(call, subscription);
  const current = await call.objects.require('subscription', subscription.id, 'id');
  const ended = await endSubscription(
    call,
    current,
    'cancellation_requested',
    details ? saidOf(details) : {},
  );
  return ended.data;
}

async function creditRest(call: Call, { data }: StoredSubscription): Promise<void> {
  const now = unixSeconds(call.now);
  const names = await namesOf(call, data.items.data);
  const of = { before: data.items.data, after: [], at: now, now, names, newPeriod: true };
  for (const item of adjustments(data, of)) await putInvoiceItem(call, item);
}

async function invoicePending(call: Call, { data }: StoredSubscription): Promise<void> {
  const pending = await pendingItems(call, data.customer, data.id);
  if (pending.length === 0) return;
  const draft = await makeInvoice(call, {
    customer: data.customer,
    currency: data.currency,
    billing_reason: 'subscription_update',
    subscription: data,
    linesOf: () => [],
    pending,
  });
  const open = await finalizeInvoice(call, draft);
  if (open.data.status === 'open') await payInvoice(call, open.id, { offSession: true, automatic: true });
}

async function listItems(call: Call): Promise<ApiPage<WireSubscriptionItem>> {
  const id = call.params.required('subscription');
  const { data } = await call.objects.require('subscription', id, 'subscription');
  return wholePage(call, data.items.data, '/v1/subscription_items');
}

async function retrieveItem(call: Call): Promise<WireSubscriptionItem> {
  const id = call.path('id');
  const matching = { items: { data: [{ id }] } };
  const { data } = await call.objects.list('subscription', { matching, limit: 1 });
  const item = data[0]?.data.items.data.find((one) => one.id === id);
  if (!item) throw resourceMissing('subscription_item', id, 'item');
  return item;
}
