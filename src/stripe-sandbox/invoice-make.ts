import { type Customer, liveCustomer, setBalance } from './billing-customer.ts';
import type { WireInvoice, WireInvoiceItem, WireLine, WireSubscription } from './billing-wire.ts';
import { type Call, unixSeconds } from './call.ts';
import { pendingLine } from './invoice-lines.ts';
import { type InvoiceOf, invoiceObject, invoicePaymentObject, withLines } from './invoice-object.ts';
import { settleInvoice } from './invoice-outcome.ts';
import { newId } from './new-id.ts';
import type { Stored } from './objects.ts';
import { createIntent } from './payments.ts';
import { invalidRequest } from './problem.ts';

/** What an invoice is made of. */
export interface InvoiceTerms extends Partial<WireInvoice> {
  readonly customer: string;
  readonly currency: string;
  readonly billing_reason: WireInvoice['billing_reason'];
  readonly subscription?: WireSubscription;
  readonly linesOf: (invoice: string) => WireLine[];
  /** Taken in below the lines, and gone from what waits. */
  readonly pending?: readonly Stored<'invoiceitem'>[];
  /** When it is finalized by itself, in Unix seconds. */
  readonly finalizesAt?: number | undefined;
}

/** A stored draft; `invoice.created` is emitted. */
export async function makeInvoice(call: Call, terms: InvoiceTerms): Promise<Stored<'invoice'>> {
  const { subscription, linesOf, pending = [], finalizesAt, ...given } = terms;
  const customer = await liveCustomer(call, terms.customer, 'customer');
  const id = newId('in');
  const own = pending.map((item) => pendingLine(newId('il'), id, item.data));
  const draft = withLines(
    invoiceObject(customer.data, draftOf(id, call, { given, subscription, finalizesAt })),
    [...linesOf(id), ...own],
    customer.data.balance,
  );
  for (const item of pending) await call.objects.change(item, { invoice: id });
  const stored = await call.objects.put({
    id,
    type: 'invoice',
    data: draft,
    secret: { firstFailedAt: null, automatic: false },
    customer: terms.customer,
    parent: subscription?.id ?? null,
    dueAt: finalizesAt === undefined ? null : new Date(finalizesAt * 1000),
  });
  call.emit('invoice.created', stored.data);
  return stored;
}

interface Draft {
  readonly given: Pick<InvoiceOf, 'billing_reason' | 'currency'> & Partial<WireInvoice>;
  readonly subscription: WireSubscription | undefined;
  readonly finalizesAt: number | undefined;
}

function draftOf(id: string, call: Call, { given, subscription, finalizesAt }: Draft): InvoiceOf {
  return {
    ...given,
    id,
    created: unixSeconds(call.now),
    automatically_finalizes_at: finalizesAt ?? null,
    parent: subscription ? parentOf(subscription) : null,
  };
}

/** As an invoice names the subscription it is for, with a copy of its metadata. */
export function parentOf(subscription: WireSubscription): WireInvoice['parent'] {
  return {
    quote_details: null,
    subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
    type: 'subscription_details',
  };
}

/**
 * Opens a draft: its number and amount are final, and its payment intent is made. One that is worth nothing, or that
 * the customer's balance covers, is paid at once.
 * @throws StripeProblem when it is no draft.
 */
export async function finalizeInvoice(call: Call, draft: Stored<'invoice'>): Promise<Stored<'invoice'>> {
  if (draft.data.status !== 'draft') {
    throw invalidRequest("This invoice is already finalized, you can't re-finalize a non-draft invoice.", {
      code: 'invoice_not_editable',
    });
  }
  const customer = await liveCustomer(call, draft.customer ?? '', 'customer', { lock: true });
  const open = await call.objects.put({
    ...draft,
    data: await opened(call, draft.data, customer),
    dueAt: null,
  });
  await setBalance(call, customer, open.data.ending_balance ?? 0);
  const payable = open.data.amount_due > 0;
  if (payable) await askForPayment(call, open);
  call.emit('invoice.finalized', open.data);
  return payable ? open : settleInvoice(call, open);
}

async function opened(call: Call, draft: WireInvoice, customer: Customer): Promise<WireInvoice> {
  const now = unixSeconds(call.now);
  const invoice = withLines(draft, draft.lines.data, customer.data.balance);
  return {
    ...invoice,
    status: 'open',
    number: await nextNumber(call, customer),
    effective_at: now,
    automatically_finalizes_at: null,
    ending_balance: invoice.amount_due > 0 ? 0 : invoice.total + invoice.starting_balance,
    hosted_invoice_url: `${call.baseUrl}/invoice/${draft.id}`,
    status_transitions: { ...invoice.status_transitions, finalized_at: now },
    webhooks_delivered_at: now,
  };
}

/** `K3DA81C2-0007`: the prefix of the customer, and how many of its invoices have a number. */
async function nextNumber(call: Call, { stored, data }: Customer): Promise<string> {
  const [{ count } = { count: 0n }] = await call.tx.sql<{ count: bigint }[]>`
    select count(*) as count from sandbox_stripe_objects
    where customer = ${stored.id} and type = 'invoice' and data ->> 'number' is not null`;
  return `${data.invoice_prefix ?? stored.id.slice(-8).toUpperCase()}-${String(count + 1n).padStart(4, '0')}`;
}

async function askForPayment(call: Call, open: Stored<'invoice'>): Promise<void> {
  const intent = await createIntent(call, {
    amount: open.data.amount_due,
    currency: open.data.currency,
    customer: open.customer,
    parent: open.id,
    description: open.parent === null ? `Payment for Invoice ${open.data.number}` : reasonText(open.data),
    setupFutureUsage: open.parent === null ? null : 'off_session',
  });
  const payment = invoicePaymentObject(newId('inpay'), open.data, intent.id, unixSeconds(call.now));
  await call.objects.put({
    id: payment.id,
    type: 'invoice_payment',
    data: payment,
    secret: {},
    customer: open.customer,
    parent: open.id,
    dueAt: null,
  });
}

function reasonText({ billing_reason: reason }: WireInvoice): string {
  return reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update';
}

/** What waits for the next invoice of the customer: of this subscription, or of none. */
export async function pendingItems(
  call: Call,
  customer: string,
  subscription: string | null,
): Promise<Stored<'invoiceitem'>[]> {
  const { data } = await call.objects.list('invoiceitem', {
    customer,
    matching: { invoice: null },
    limit: 250,
  });
  return data.filter((item) => belongsTo(item.data, subscription)).reverse();
}

function belongsTo(item: WireInvoiceItem, subscription: string | null): boolean {
  return (item.parent?.subscription_details?.subscription ?? null) === subscription;
}
