import type { WireSubscription } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { putSubscription, type StoredSubscription } from './subscription-store.ts';

/** Why a subscription ends, as `cancellation_details` says it. */
export type EndReason = 'cancellation_requested' | 'payment_failed';

/**
 * Ends a subscription now; `customer.subscription.deleted` is emitted. Its open invoices stay open, but are not tried
 * again by themselves.
 */
export async function endSubscription(
  call: Call,
  subscription: StoredSubscription,
  reason: EndReason,
  said: Partial<NonNullable<WireSubscription['cancellation_details']>> = {},
): Promise<StoredSubscription> {
  const now = unixSeconds(call.now);
  const { canceled_at: canceledAt, cancellation_details: details } = subscription.data;
  const ended: WireSubscription = {
    ...subscription.data,
    status: 'canceled',
    canceled_at: canceledAt ?? now,
    ended_at: now,
    cancellation_details: { ...NOTHING_SAID, ...details, reason, ...said },
    pending_update: null,
  };
  const stored = await putSubscription(call, ended, { pendingItems: null });
  await leaveInvoices(call, subscription.id);
  call.emit('customer.subscription.deleted', stored.data);
  return stored;
}

const NOTHING_SAID = { comment: null, feedback: null, feedback_option: null };

async function leaveInvoices(call: Call, subscription: string): Promise<void> {
  for (const invoice of await call.objects.children('invoice', subscription)) {
    if (invoice.data.status !== 'open' || !invoice.data.auto_advance) continue;
    const left = { ...invoice.data, auto_advance: false, next_payment_attempt: null };
    await call.objects.put({ ...invoice, data: left, dueAt: null });
    call.emit('invoice.updated', left, { auto_advance: true });
  }
}
