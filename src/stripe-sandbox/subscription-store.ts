import { INCOMPLETE_SECONDS } from './billing-dunning.ts';
import type { SubscriptionSecret } from './billing-secrets.ts';
import type { WireSubscription } from './billing-wire.ts';
import type { Call } from './call.ts';
import type { Stored } from './objects.ts';
import { periodOf } from './subscription-object.ts';

export type StoredSubscription = Stored<'subscription'>;

/** Stores a subscription that is new; `customer.subscription.created` is emitted. */
export async function putNew(call: Call, data: WireSubscription): Promise<StoredSubscription> {
  const stored = await putSubscription(call, data, { pendingItems: null });
  call.emit('customer.subscription.created', data);
  return stored;
}

/** Stores what has become of a subscription; `customer.subscription.updated` tells what was different before. */
export async function changeSubscription(
  call: Call,
  before: StoredSubscription,
  patch: Partial<WireSubscription>,
  secret: SubscriptionSecret = before.secret,
): Promise<StoredSubscription> {
  const stored = await putSubscription(call, { ...before.data, ...patch }, secret);
  const previous = previousOf(before.data, patch);
  if (Object.keys(previous).length > 0) call.emit('customer.subscription.updated', stored.data, previous);
  return stored;
}

/** Stores without an event: what another event will tell. */
export async function putSubscription(
  call: Call,
  data: WireSubscription,
  secret: SubscriptionSecret,
): Promise<StoredSubscription> {
  const { id, customer } = data;
  const due = dueOf(data);
  const dueAt = due === undefined ? null : new Date(due * 1000);
  return call.objects.put({ id, type: 'subscription', data, secret, customer, parent: null, dueAt });
}

/** When something happens to a subscription by itself, in Unix seconds; undefined once it has ended. */
export function dueOf(subscription: WireSubscription): number | undefined {
  const { status, cancel_at: cancelAt, created, pending_update: pending } = subscription;
  if (status === 'canceled' || status === 'incomplete_expired') return undefined;
  if (status === 'incomplete') return created + INCOMPLETE_SECONDS;
  return Math.min(periodOf(subscription).end, cancelAt ?? Infinity, pending?.expires_at ?? Infinity);
}

/** Of what `patch` changes, how it was before. */
export function previousOf<T extends object>(before: T, patch: Partial<T>): Partial<T> {
  // The keys of a patch of a T are keys of T.
  const names = (Object.keys(patch) as (keyof T)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(patch[name]),
  );
  // And with their values from a T they are a part of it.
  return Object.fromEntries(names.map((name) => [name, before[name] ?? null])) as Partial<T>;
}
