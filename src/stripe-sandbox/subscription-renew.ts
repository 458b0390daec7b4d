import { isDeleted } from './billing-customer.ts';
import { periodAt } from './billing-period.ts';
import { type Call, unixSeconds } from './call.ts';
import { finalizeInvoice, makeInvoice, pendingItems } from './invoice-make.ts';
import { payInvoice } from './invoice-payment.ts';
import { withdrawInvoice } from './invoice-withdraw.ts';
import { endSubscription } from './subscription-end.ts';
import { sharedInterval } from './subscription-items.ts';
import { namesOf, periodLines } from './subscription-lines.ts';
import { inPeriod, periodOf } from './subscription-object.ts';
import { changeSubscription, type StoredSubscription } from './subscription-store.ts';

/** What a subscription does by itself when its time has come: expire, end, or begin its next period. */
export async function renewDue(call: Call, subscription: StoredSubscription): Promise<void> {
  const { data } = subscription;
  const now = unixSeconds(call.now);
  const gone = (at: number | null | undefined): boolean => typeof at === 'number' && at <= now;
  if (await isDeleted(call, data.customer)) {
    await endSubscription(call, subscription, 'cancellation_requested');
  } else if (data.status === 'incomplete' || gone(data.pending_update?.expires_at)) {
    await withdrawLatest(call, subscription);
  } else if (gone(data.cancel_at)) {
    await endSubscription(call, subscription, 'cancellation_requested');
  } else if (gone(periodOf(data).end)) {
    await renew(call, subscription);
  }
}

async function withdrawLatest(call: Call, { data }: StoredSubscription): Promise<void> {
  const invoice = await call.objects.require('invoice', data.latest_invoice ?? '', 'invoice', { lock: true });
  await withdrawInvoice(call, invoice);
}

async function renew(call: Call, before: StoredSubscription): Promise<void> {
  const { data } = before;
  const old = periodOf(data);
  const period = periodAt(data.billing_cycle_anchor, sharedInterval(data.items.data), old.end);
  const renewed = inPeriod(data, period);
  const names = await namesOf(call, renewed.items.data);
  const draft = await makeInvoice(call, {
    customer: data.customer,
    currency: data.currency,
    billing_reason: 'subscription_cycle',
    subscription: renewed,
    period_start: old.start,
    period_end: old.end,
    linesOf: (invoice) => periodLines(renewed, names, invoice),
    pending: [
      ...(await pendingItems(call, data.customer, data.id)),
      ...(await pendingItems(call, data.customer, null)),
    ],
  });
  await changeSubscription(call, before, { items: renewed.items, latest_invoice: draft.id });
  const invoice = await finalizeInvoice(call, draft);
  if (invoice.data.status === 'open')
    await payInvoice(call, invoice.id, { offSession: true, automatic: true });
}
