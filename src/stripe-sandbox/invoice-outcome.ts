import { nextAttempt } from './billing-dunning.ts';
import type { WireInvoice } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import type { Stored } from './objects.ts';
import { endSubscription } from './subscription-end.ts';
import { itemList } from './subscription-object.ts';
import { changeSubscription, putSubscription, type StoredSubscription } from './subscription-store.ts';

/**
 * An open invoice is paid, by `intent` or because nothing was due; what it was for goes on: an incomplete subscription
 * or one past due becomes active, a pending update is applied.
 */
export async function settleInvoice(
  call: Call,
  open: Stored<'invoice'>,
  intent?: Stored<'payment_intent'>,
): Promise<Stored<'invoice'>> {
  const now = unixSeconds(call.now);
  const paid: WireInvoice = {
    ...open.data,
    status: 'paid',
    amount_paid: open.data.amount_due,
    amount_remaining: 0,
    attempted: true,
    attempt_count: intent ? Math.max(1, open.data.attempt_count) : open.data.attempt_count,
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...open.data.status_transitions, paid_at: now },
  };
  const stored = await call.objects.put({ ...open, data: paid, dueAt: null });
  if (intent) await settlePayment(call, open.id, paid.amount_paid);
  call.emit('invoice.paid', paid);
  call.emit('invoice.payment_succeeded', paid);
  const subscription = await subscriptionOf(call, open);
  if (subscription) await goOn(call, subscription, stored, intent);
  return stored;
}

async function settlePayment(call: Call, invoice: string, amount: number): Promise<void> {
  for (const payment of await call.objects.children('invoice_payment', invoice)) {
    if (payment.data.status !== 'open') continue;
    const transitions = { ...payment.data.status_transitions, paid_at: unixSeconds(call.now) };
    const { data } = await call.objects.change(payment, {
      status: 'paid',
      amount_paid: amount,
      status_transitions: transitions,
    });
    call.emit('invoice_payment.paid', data);
  }
}

async function goOn(
  call: Call,
  subscription: StoredSubscription,
  invoice: Stored<'invoice'>,
  intent: Stored<'payment_intent'> | undefined,
): Promise<void> {
  const current = await applyPending(call, subscription, invoice);
  const { status, latest_invoice: latest, payment_settings: settings } = current.data;
  const waits =
    status === 'incomplete' || status === 'unpaid' || (status === 'past_due' && latest === invoice.id);
  const method = intent?.data.payment_method;
  const saves = settings?.save_default_payment_method === 'on_subscription' && typeof method === 'string';
  await changeSubscription(call, current, {
    ...(waits ? { status: 'active' as const } : {}),
    ...(saves ? { default_payment_method: method } : {}),
  });
}

async function applyPending(
  call: Call,
  subscription: StoredSubscription,
  invoice: Stored<'invoice'>,
): Promise<StoredSubscription> {
  const { pendingItems } = subscription.secret;
  if (!pendingItems || subscription.data.latest_invoice !== invoice.id) return subscription;
  const items = itemList(subscription.id, [...pendingItems]);
  const patch = { items, pending_update: null };
  const applied = await changeSubscription(call, subscription, patch, { pendingItems: null });
  call.emit('customer.subscription.pending_update_applied', applied.data);
  return applied;
}

/**
 * An attempt to pay an open invoice has failed. A renewal leaves its subscription past due, is tried again on the days
 * of the schedule, and after the last of them the subscription ends. The first invoice of a subscription just waits.
 * `needsHolder`: the card wants its holder to authenticate, and nobody was there.
 */
export async function failInvoice(
  call: Call,
  open: Stored<'invoice'>,
  needsHolder: boolean,
): Promise<Stored<'invoice'>> {
  const firstFailedAt = open.secret.firstFailedAt ?? unixSeconds(call.now);
  const attempts = Math.max(1, open.data.attempt_count);
  const subscription = await subscriptionOf(call, open);
  const next = isRetried(open.data, subscription) ? nextAttempt(firstFailedAt, attempts) : undefined;
  const failed = await call.objects.put({
    ...open,
    data: { ...open.data, attempted: true, attempt_count: attempts, next_payment_attempt: next ?? null },
    secret: { firstFailedAt, automatic: false },
    dueAt: next === undefined ? null : new Date(next * 1000),
  });
  call.emit('invoice.payment_failed', failed.data);
  if (needsHolder) call.emit('invoice.payment_action_required', failed.data);
  if (subscription) await fallBehind(call, subscription, failed, open.secret.automatic && next === undefined);
  return failed;
}

function isRetried(invoice: WireInvoice, subscription: StoredSubscription | undefined): boolean {
  if (!invoice.auto_advance || invoice.billing_reason === 'subscription_create') return false;
  return subscription?.data.pending_update == null && subscription?.data.status !== 'canceled';
}

async function fallBehind(
  call: Call,
  subscription: StoredSubscription,
  { data: invoice }: Stored<'invoice'>,
  givenUp: boolean,
): Promise<void> {
  if (invoice.billing_reason === 'subscription_create' || subscription.data.pending_update) return;
  const { status } = subscription.data;
  const behind =
    status === 'active' ? await changeSubscription(call, subscription, { status: 'past_due' }) : subscription;
  if (givenUp && behind.data.status === 'past_due') await endSubscription(call, behind, 'payment_failed');
}

/** Withdraws an open invoice that is not to be paid any more. */
export async function voidInvoice(call: Call, open: Stored<'invoice'>): Promise<Stored<'invoice'>> {
  const transitions = { ...open.data.status_transitions, voided_at: unixSeconds(call.now) };
  const data: WireInvoice = {
    ...open.data,
    status: 'void',
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: transitions,
  };
  const stored = await call.objects.put({ ...open, data, dueAt: null });
  call.emit('invoice.voided', data);
  return stored;
}

/** An incomplete subscription that has waited too long, or whose first invoice was withdrawn. */
export async function expireSubscription(call: Call, subscription: StoredSubscription): Promise<void> {
  const now = unixSeconds(call.now);
  const patch = { status: 'incomplete_expired', ended_at: now } as const;
  const before = { status: subscription.data.status, ended_at: subscription.data.ended_at };
  const stored = await putSubscription(call, { ...subscription.data, ...patch }, { pendingItems: null });
  call.emit('customer.subscription.updated', stored.data, before);
}

/** The subscription that the invoice is for, locked. */
async function subscriptionOf(
  call: Call,
  invoice: Stored<'invoice'>,
): Promise<StoredSubscription | undefined> {
  if (invoice.parent === null) return undefined;
  return call.objects.get('subscription', invoice.parent, { lock: true });
}
