import { methodOf } from './billing-customer.ts';
import type { WireSubscription } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import type { Params } from './params.ts';
import { invalidRequest } from './problem.ts';
import { type ChangeTerms, changeOf, changePrices } from './subscription-change.ts';
import { changedItems } from './subscription-items.ts';
import { periodOf } from './subscription-object.ts';
import { atPeriodEnd, paymentBehavior, paymentSettings } from './subscription-start.ts';
import { changeSubscription } from './subscription-store.ts';

/** `POST /v1/subscriptions/:id`: its prices, when it ends, and what it is paid with. */
export async function updateSubscription(call: Call): Promise<WireSubscription> {
  const { params } = call;
  const before = await call.objects.require('subscription', call.path('id'), 'id', { lock: true });
  demandLive(before.data);
  const patch = await plainPatch(call, before.data);
  const terms = changeTerms(call, before.data);
  const items = await changedItems(call, before.data, params);
  const asked = params.has('items') || terms.anchorNow;
  if (!asked) return (await changeSubscription(call, before, patch)).data;
  if (before.data.status === 'incomplete') {
    throw invalidRequest('The items of an incomplete subscription cannot be changed.', { param: 'items' });
  }
  const change = await changeOf(call, before.data, items, terms);
  await changePrices(call, before, change, { terms, patch });
  return (await call.objects.require('subscription', before.id, 'id')).data;
}

function demandLive({ status, id }: WireSubscription): void {
  if (status !== 'canceled' && status !== 'incomplete_expired') return;
  const message = `A canceled subscription can only update its cancellation_details and metadata. (${id})`;
  throw invalidRequest(message);
}

function changeTerms({ params, now }: Call, before: WireSubscription): ChangeTerms {
  const date = params.optionalInteger('proration_date') ?? unixSeconds(now);
  const period = periodOf(before);
  if (params.has('proration_date') && (date < period.start || date > period.end)) {
    const message = 'Cannot specify `proration_date` outside of current subscription period.';
    throw invalidRequest(message, { param: 'proration_date' });
  }
  return {
    proration:
      params.oneOf('proration_behavior', ['always_invoice', 'create_prorations', 'none']) ??
      'create_prorations',
    at: date,
    behavior: paymentBehavior(params),
    offSession: params.boolean('off_session') ?? false,
    anchorNow: params.oneOf('billing_cycle_anchor', ['now', 'unchanged']) === 'now',
  };
}

async function plainPatch(call: Call, before: WireSubscription): Promise<Partial<WireSubscription>> {
  const { params } = call;
  const method = params.nullable('default_payment_method');
  if (method) await methodOf(call, method, before.customer, 'default_payment_method');
  const description = params.nullable('description');
  const details = params.part('cancellation_details');
  return {
    ...(method === undefined ? {} : { default_payment_method: method }),
    ...(description === undefined ? {} : { description }),
    ...(params.has('payment_settings') ? { payment_settings: paymentSettings(params) } : {}),
    metadata: params.metadata(before.metadata),
    ...endPatch(call, before),
    ...(details ? { cancellation_details: { ...before.cancellation_details, ...saidOf(details) } } : {}),
  };
}

type Details = NonNullable<WireSubscription['cancellation_details']>;

/** What the customer said about why they leave. */
export function saidOf(
  details: Params,
): Pick<Details, 'comment' | 'feedback' | 'feedback_option' | 'reason'> {
  return {
    comment: details.optional('comment') ?? null,
    feedback: details.optional('feedback') ?? null,
    feedback_option: null,
    reason: 'cancellation_requested',
  };
}

const STAYS = {
  cancel_at_period_end: false,
  cancel_at: null,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
} satisfies Partial<WireSubscription>;

function endPatch(call: Call, before: WireSubscription): Partial<WireSubscription> {
  const { params } = call;
  const atEnd = params.boolean('cancel_at_period_end');
  if (atEnd !== undefined) return atEnd ? atPeriodEnd(call, before) : STAYS;
  if (!params.has('cancel_at')) return {};
  const at = params.optionalInteger('cancel_at');
  if (at === undefined) return STAYS;
  if (at <= unixSeconds(call.now)) {
    throw invalidRequest('`cancel_at` must be in the future.', { param: 'cancel_at' });
  }
  return { ...atPeriodEnd(call, before), cancel_at_period_end: false, cancel_at: at };
}
