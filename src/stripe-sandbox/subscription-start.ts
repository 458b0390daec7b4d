import { liveCustomer, methodOf } from './billing-customer.ts';
import { holderNeeded, undone } from './billing-problem.ts';
import type { WireSubscription } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { finalizeInvoice, makeInvoice, pendingItems } from './invoice-make.ts';
import { payInvoice } from './invoice-payment.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { invalidRequest } from './problem.ts';
import { firstItems } from './subscription-items.ts';
import { namesOf, periodLines } from './subscription-lines.ts';
import { subscriptionObject } from './subscription-object.ts';
import { putNew } from './subscription-store.ts';

/** What happens when a subscription cannot be paid at once. */
export type PaymentBehavior =
  | 'allow_incomplete'
  | 'default_incomplete'
  | 'error_if_incomplete'
  | 'pending_if_incomplete';

/** `POST /v1/subscriptions`: its first period begins and is invoiced now. */
export async function startSubscription(call: Call): Promise<WireSubscription> {
  const { params } = call;
  const behavior = paymentBehavior(params);
  const offSession = params.boolean('off_session') ?? false;
  const data = await newSubscription(call);
  const names = await namesOf(call, data.items.data);
  const draft = await makeInvoice(call, {
    customer: data.customer,
    currency: data.currency,
    billing_reason: 'subscription_create',
    subscription: data,
    linesOf: (invoice) => periodLines(data, names, invoice),
    pending: await pendingItems(call, data.customer, null),
  });
  await putNew(call, { ...data, latest_invoice: draft.id });
  const invoice = await finalizeInvoice(call, draft);
  if (invoice.data.status === 'open') await collect(call, invoice.id, { behavior, offSession });
  return (await call.objects.require('subscription', data.id, 'id')).data;
}

async function newSubscription(call: Call): Promise<WireSubscription> {
  const { params } = call;
  params.ignore('collection_method', 'proration_behavior');
  if (params.oneOf('collection_method', ['charge_automatically', 'send_invoice']) === 'send_invoice') {
    throw invalidRequest('The sandbox charges automatically only.', { param: 'collection_method' });
  }
  const customer = await liveCustomer(call, params.required('customer'), 'customer');
  const method = params.optional('default_payment_method');
  if (method !== undefined) await methodOf(call, method, customer.data.id, 'default_payment_method');
  const id = newId('sub');
  const items = await firstItems(call, id);
  const [first] = items;
  const base = {
    id,
    created: unixSeconds(call.now),
    currency: first?.price.currency ?? 'usd',
    customer: customer.data.id,
    default_payment_method: method ?? null,
    description: params.optional('description') ?? null,
    metadata: params.metadata(),
    payment_settings: paymentSettings(params),
  };
  const subscription = subscriptionObject(base, items);
  return params.boolean('cancel_at_period_end')
    ? { ...subscription, ...atPeriodEnd(call, subscription) }
    : subscription;
}

/** The parts of a subscription that say that it ends with its period. */
export function atPeriodEnd(call: Call, subscription: WireSubscription): Partial<WireSubscription> {
  return {
    cancel_at_period_end: true,
    cancel_at: subscription.items.data[0]?.current_period_end ?? null,
    canceled_at: unixSeconds(call.now),
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: 'cancellation_requested',
    },
  };
}

/** `payment_settings`, of which the stand-in knows whether to keep the method of the first payment. */
export function paymentSettings(params: Params): NonNullable<WireSubscription['payment_settings']> {
  const part = params.part('payment_settings');
  part?.ignore('payment_method_options', 'payment_method_types');
  const saves = part?.oneOf('save_default_payment_method', ['off', 'on_subscription']) ?? 'off';
  return { payment_method_options: null, payment_method_types: null, save_default_payment_method: saves };
}

/** `payment_behavior`. */
export function paymentBehavior(params: Params): PaymentBehavior {
  const known = [
    'allow_incomplete',
    'default_incomplete',
    'error_if_incomplete',
    'pending_if_incomplete',
  ] as const satisfies PaymentBehavior[];
  return params.oneOf('payment_behavior', known) ?? 'allow_incomplete';
}

/** Charges an open invoice as the request that made it wants. @throws UndoneDecline with `error_if_incomplete`. */
export async function collect(
  call: Call,
  invoice: string,
  { behavior, offSession }: { readonly behavior: PaymentBehavior; readonly offSession: boolean },
): Promise<void> {
  if (behavior === 'default_incomplete') return;
  const { invoice: after, problem } = await payInvoice(call, invoice, { offSession, automatic: false });
  if (behavior !== 'error_if_incomplete' || after.data.status === 'paid') return;
  throw problem ? undone(problem) : holderNeeded();
}
