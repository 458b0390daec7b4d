import { liveCustomer } from './billing-customer.ts';
import { periodAt } from './billing-period.ts';
import type { WireInvoice, WireInvoiceItem, WireSubscription } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { pendingLine } from './invoice-lines.ts';
import { parentOf, pendingItems } from './invoice-make.ts';
import { invoiceObject, withLines } from './invoice-object.ts';
import { newId } from './new-id.ts';
import { Params } from './params.ts';
import { type Change, type ChangeTerms, changeOf } from './subscription-change.ts';
import { changedItems, sharedInterval } from './subscription-items.ts';
import { namesOf, periodLines } from './subscription-lines.ts';
import { inPeriod, periodOf } from './subscription-object.ts';

/**
 * `POST /v1/invoices/create_preview` of a subscription: the invoice that a change would make at once, or that its next
 * renewal will make. Nothing is stored.
 */
export async function previewInvoice(call: Call): Promise<WireInvoice> {
  const { params } = call;
  const id = params.required('subscription');
  const { data: before } = await call.objects.require('subscription', id, 'subscription');
  const asked = params.optional('customer') ?? before.customer;
  const customer = await liveCustomer(call, asked, 'customer');
  const details = params.part('subscription_details') ?? new Params({});
  const terms = termsOf(call, details);
  const change = await changeOf(call, before, await changedItems(call, before, details), terms);
  const atOnce = change.newPeriod || (terms.proration === 'always_invoice' && change.adjusting.length > 0);
  const invoiced = atOnce || details.boolean('cancel_now') ? change.after : nextPeriod(change.after);
  const invoice = `upcoming_in_${newId('in', 24).slice(3)}`;
  const draft = invoiceObject(customer.data, {
    id: invoice,
    created: unixSeconds(call.now),
    currency: before.currency,
    billing_reason: atOnce ? 'subscription_update' : 'upcoming',
    parent: parentOf(before),
    period_start: periodOf(before).start,
    period_end: atOnce ? unixSeconds(call.now) : periodOf(before).end,
  });
  const lines = await linesOf(call, { change, invoiced, invoice, whole: !atOnce || change.newPeriod });
  return withLines(draft, lines, customer.data.balance);
}

function termsOf(call: Call, details: Params): ChangeTerms {
  return {
    proration:
      details.oneOf('proration_behavior', ['always_invoice', 'create_prorations', 'none']) ??
      'create_prorations',
    at: details.optionalInteger('proration_date') ?? unixSeconds(call.now),
    behavior: 'allow_incomplete',
    offSession: false,
    anchorNow: details.oneOf('billing_cycle_anchor', ['now', 'unchanged']) === 'now',
  };
}

function nextPeriod(subscription: WireSubscription): WireSubscription {
  const interval = sharedInterval(subscription.items.data);
  return inPeriod(
    subscription,
    periodAt(subscription.billing_cycle_anchor, interval, periodOf(subscription).end),
  );
}

interface Previewed {
  readonly change: Change;
  readonly invoiced: WireSubscription;
  readonly invoice: string;
  /** With a whole period of each item. */
  readonly whole: boolean;
}

async function linesOf(call: Call, { change, invoiced, invoice, whole }: Previewed) {
  const waiting = (await pendingItems(call, invoiced.customer, invoiced.id)).map(({ data }) => data);
  const line = (item: WireInvoiceItem) => pendingLine(newId('il_tmp'), invoice, item);
  const names = await namesOf(call, invoiced.items.data);
  return [
    ...(whole ? periodLines(invoiced, names, invoice) : []),
    ...[...waiting, ...change.adjusting].map(line),
  ];
}
