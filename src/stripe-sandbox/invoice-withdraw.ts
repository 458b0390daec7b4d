import { type Call, unixSeconds } from './call.ts';
import { expireSubscription, voidInvoice } from './invoice-outcome.ts';
import { intentOf } from './invoice-payment.ts';
import type { Stored } from './objects.ts';
import { cancelIntent } from './payments.ts';
import { changeSubscription, type StoredSubscription } from './subscription-store.ts';

/**
 * Takes back an open invoice and its payment intent. The first invoice of a subscription takes that with it; that of a
 * pending update takes the update.
 */
export async function withdrawInvoice(call: Call, open: Stored<'invoice'>): Promise<Stored<'invoice'>> {
  await cancelPayment(call, open.id);
  const voided = await voidInvoice(call, open);
  const subscription =
    open.parent === null ? undefined : await call.objects.get('subscription', open.parent, { lock: true });
  if (subscription?.data.latest_invoice === open.id) await giveUp(call, subscription);
  return voided;
}

async function giveUp(call: Call, subscription: StoredSubscription): Promise<void> {
  if (subscription.data.status === 'incomplete') return expireSubscription(call, subscription);
  if (!subscription.data.pending_update) return;
  const kept = await changeSubscription(call, subscription, { pending_update: null }, { pendingItems: null });
  call.emit('customer.subscription.pending_update_expired', kept.data);
}

/** Cancels the payment intent of an invoice that will not be paid. */
async function cancelPayment(call: Call, invoice: string): Promise<void> {
  const intent = await intentOf(call, invoice);
  if (intent && !['canceled', 'succeeded'].includes(intent.data.status)) {
    await cancelIntent(call, intent, 'void_invoice');
  }
  for (const payment of await call.objects.children('invoice_payment', invoice)) {
    if (payment.data.status !== 'open') continue;
    const transitions = { ...payment.data.status_transitions, canceled_at: unixSeconds(call.now) };
    await call.objects.change(payment, { status: 'canceled', status_transitions: transitions });
  }
}
