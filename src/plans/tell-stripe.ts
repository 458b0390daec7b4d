import type Stripe from 'stripe';
import { inTransaction, type Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { askStripe, StripeDeclined, StripeFailed, StripeRefused } from '../gateway/ask-stripe.ts';
import { stripeCustomer } from '../gateway/customers.ts';
import { publicId } from '../id.ts';
import { changeSubscription } from './change-subscription.ts';
import type { PlanDeps } from './plan-deps.ts';
import { planById } from './plan-rows.ts';
import { lockSubscription } from './settle-subscription.ts';
import { stripePrice } from './stripe-price.ts';
import type { Subscription } from './subscription.ts';

/**
 * Tells Stripe what it has yet to be told of a subscription, and answers that as it is then. What was told before with an
 * answer that got lost is found there, and not told twice; the idempotency key is that of the row, and the same until Stripe
 * itself has answered that it failed.
 * @throws DomainError UNAVAILABLE: whether it was done is unknown, call again later.
 */
export async function tellStripe(deps: PlanDeps, subscription: Subscription): Promise<Subscription> {
  if (subscription.task === null) return subscription;
  try {
    const told = await perform(deps, subscription);
    return await finish(deps, subscription, { stripeId: told.id });
  } catch (error) {
    if (error instanceof StripeDeclined || error instanceof StripeRefused)
      return finish(deps, subscription, { failureMessage: error.message });
    // With this key it will answer so for ever: what it has done is found when it is told again, by another one.
    if (error instanceof StripeFailed) await tellAnew(deps, subscription);
    throw error;
  }
}

/** What came of telling: of what Stripe will not begin, nothing. */
function finish(
  deps: PlanDeps,
  asked: Subscription,
  came: Pick<Subscription, 'stripeId'> | { readonly failureMessage: string },
): Promise<Subscription> {
  const now = deps.clock.now();
  const never = { status: 'FAILED', endedAt: now, task: null, taskPlanVersionId: null } as const;
  return inTransaction(deps.db, async (tx) => {
    const current = await lockSubscription(tx, asked);
    if (current.endedAt !== null || !isSameTask(current, asked)) return current;
    const isNever = asked.task === 'CREATE' && 'failureMessage' in came;
    const changes = isNever ? { ...never, ...came } : { ...came, task: null, taskPlanVersionId: null };
    return changeSubscription(tx, current, changes, now);
  });
}

async function tellAnew({ db, clock }: PlanDeps, asked: Subscription): Promise<void> {
  await inTransaction(db, async (tx: Tx) => {
    const current = await lockSubscription(tx, asked);
    if (!isSameTask(current, asked)) return;
    await changeSubscription(tx, current, { sendAttempt: current.sendAttempt + 1 }, clock.now());
  });
}

function isSameTask(a: Subscription, b: Subscription): boolean {
  return a.task === b.task && a.taskPlanVersionId === b.taskPlanVersionId && a.sendAttempt === b.sendAttempt;
}

function perform(deps: PlanDeps, subscription: Subscription): Promise<Stripe.Subscription> {
  return subscription.task === 'CREATE' ? create(deps, subscription) : change(deps, subscription);
}

/** Subscriptions of a customer that are looked through for one whose answer was lost: the newest. */
const LOOK_BACK = 100;

async function create(deps: PlanDeps, subscription: Subscription): Promise<Stripe.Subscription> {
  const { teamId, id, stripePaymentMethod: method, planVersionId } = subscription;
  const { subscriptions } = deps.gateway.stripe;
  const customer = await stripeCustomer(deps.db, deps.gateway, teamId, deps.clock.now());
  const price = await stripePrice(deps, await planById(deps.db, planVersionId));
  const named = publicId('subscription', id);
  const listed = await askStripe(() => subscriptions.list({ customer, status: 'all', limit: LOOK_BACK }));
  const found = listed.data.find(({ metadata }) => metadata.subscriptionId === named);
  if (found) return found;
  const params: Stripe.SubscriptionCreateParams = {
    customer,
    items: [{ price }],
    metadata: { subscriptionId: named, teamId: publicId('team', teamId) },
    payment_settings: { save_default_payment_method: 'on_subscription' },
    ...(method === null
      ? { payment_behavior: 'default_incomplete' }
      : { payment_behavior: 'allow_incomplete', default_payment_method: method }),
  };
  return askStripe(() => subscriptions.create(params, keyOf(subscription)));
}

async function change(deps: PlanDeps, subscription: Subscription): Promise<Stripe.Subscription> {
  const { stripeId } = subscription;
  assert(stripeId, 'what is changed is at Stripe');
  const told = await askStripe(() => deps.gateway.stripe.subscriptions.retrieve(stripeId));
  if (told.status === 'canceled' || told.status === 'incomplete_expired') return told;
  const { subscriptions } = deps.gateway.stripe;
  switch (subscription.task) {
    case 'CANCEL':
      return askStripe(() =>
        subscriptions.update(stripeId, { cancel_at_period_end: true }, keyOf(subscription)),
      );
    case 'END':
      return end(deps, told);
    case 'UPGRADE':
      return upgrade(deps, subscription, told);
    default:
      return setPrice(deps, subscription, told, subscription.task === 'KEEP' ? 'planVersionId' : 'task');
  }
}

/** A first payment that is not made any more is withdrawn, which ends its subscription. */
async function end(
  { gateway: { stripe } }: PlanDeps,
  { id, status, latest_invoice: latest }: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const invoice = typeof latest === 'object' ? latest?.id : latest;
  if (status !== 'incomplete' || invoice === undefined)
    return askStripe(() => stripe.subscriptions.cancel(id));
  await askStripe(() => stripe.invoices.voidInvoice(invoice));
  return askStripe(() => stripe.subscriptions.retrieve(id));
}

/** The price of the next period, without a charge or a credit for this one. It does not end with the period then. */
async function setPrice(
  deps: PlanDeps,
  subscription: Subscription,
  told: Stripe.Subscription,
  which: 'planVersionId' | 'task',
  part = '',
): Promise<Stripe.Subscription> {
  const { planVersionId, taskPlanVersionId } = subscription;
  const plan = await planById(
    deps.db,
    which === 'task' ? (taskPlanVersionId ?? planVersionId) : planVersionId,
  );
  const price = await stripePrice(deps, plan);
  const params: Stripe.SubscriptionUpdateParams = {
    items: [{ ...itemOf(told), price }],
    proration_behavior: 'none',
    cancel_at_period_end: false,
  };
  const { subscriptions } = deps.gateway.stripe;
  return askStripe(() => subscriptions.update(told.id, params, keyOf(subscription, part)));
}

/** Another plan now: what is left of the period is charged at once, and only then is the plan another. */
async function upgrade(
  deps: PlanDeps,
  subscription: Subscription,
  told: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const { planVersionId, taskPlanVersionId } = subscription;
  const plan = await planById(deps.db, taskPlanVersionId ?? planVersionId);
  const price = await stripePrice(deps, plan);
  const pending = told.pending_update?.subscription_items?.[0]?.price.id;
  if (told.items.data[0]?.price.id === price || pending === price) return told;
  // A lower price that waits for the next period is not what was paid for this one.
  const current = await stripePrice(deps, await planById(deps.db, planVersionId));
  const isLowered = told.items.data[0]?.price.id !== current;
  const whole = isLowered ? await setPrice(deps, subscription, told, 'planVersionId', ':restore') : told;
  const params: Stripe.SubscriptionUpdateParams = {
    items: [{ ...itemOf(whole), price }],
    proration_behavior: 'always_invoice',
    payment_behavior: 'pending_if_incomplete',
  };
  const { subscriptions } = deps.gateway.stripe;
  return askStripe(() => subscriptions.update(told.id, params, keyOf(subscription)));
}

function itemOf({ items }: Stripe.Subscription): { id: string } {
  const [item] = items.data;
  assert(item, 'a subscription has an item');
  return { id: item.id };
}

/** Derived from the row, which is committed before, never from a clock. */
function keyOf({ id, sendAttempt }: Subscription, part = ''): { idempotencyKey: string } {
  return { idempotencyKey: `subscription:${id}:${sendAttempt}${part}` };
}
