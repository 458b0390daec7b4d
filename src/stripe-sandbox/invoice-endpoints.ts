import { liveCustomer, methodOf } from './billing-customer.ts';
import { type ApiPage, listPage, wholePage } from './billing-list.ts';
import type { WireInvoice, WireInvoicePayment, WireLine } from './billing-wire.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { finalizeInvoice, makeInvoice, pendingItems } from './invoice-make.ts';
import { settleInvoice } from './invoice-outcome.ts';
import { payInvoice } from './invoice-payment.ts';
import { previewInvoice } from './invoice-preview.ts';
import { withdrawInvoice } from './invoice-withdraw.ts';
import type { Stored } from './objects.ts';
import { invalidRequest, StripeProblem } from './problem.ts';

/** Invoices and their payments. */
export const INVOICE_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/invoices', run: createInvoice },
  { method: 'GET', path: '/v1/invoices', run: listInvoices },
  { method: 'POST', path: '/v1/invoices/create_preview', run: previewInvoice },
  { method: 'GET', path: '/v1/invoices/:id', run: retrieveInvoice },
  { method: 'POST', path: '/v1/invoices/:id', run: updateInvoice },
  { method: 'GET', path: '/v1/invoices/:id/lines', run: listLines },
  { method: 'POST', path: '/v1/invoices/:id/finalize', run: finalize },
  { method: 'POST', path: '/v1/invoices/:id/pay', run: pay },
  { method: 'POST', path: '/v1/invoices/:id/void', run: voidOne },
  { method: 'POST', path: '/v1/invoices/:id/mark_uncollectible', run: markUncollectible },
  { method: 'GET', path: '/v1/invoice_payments', run: listPayments },
  { method: 'GET', path: '/v1/invoice_payments/:id', run: retrievePayment },
];

const AN_HOUR = 3600;

async function createInvoice(call: Call): Promise<WireInvoice> {
  const { params } = call;
  if (params.oneOf('collection_method', ['charge_automatically', 'send_invoice']) === 'send_invoice') {
    throw invalidRequest('The sandbox charges automatically only.', { param: 'collection_method' });
  }
  const customer = await liveCustomer(call, params.required('customer'), 'customer');
  const id = customer.data.id;
  const method = params.optional('default_payment_method');
  if (method !== undefined) await methodOf(call, method, id, 'default_payment_method');
  const includes = params.oneOf('pending_invoice_items_behavior', ['exclude', 'include']) === 'include';
  const advances = params.boolean('auto_advance') ?? false;
  const draft = await makeInvoice(call, {
    customer: id,
    currency: (params.optional('currency') ?? customer.data.currency ?? 'usd').toLowerCase(),
    billing_reason: 'manual',
    auto_advance: advances,
    default_payment_method: method ?? null,
    description: params.optional('description') ?? null,
    metadata: params.metadata(),
    linesOf: () => [],
    pending: includes ? await pendingItems(call, id, null) : [],
    finalizesAt: advances ? unixSeconds(call.now) + AN_HOUR : undefined,
  });
  return draft.data;
}

async function listInvoices(call: Call): Promise<ApiPage<WireInvoice>> {
  const { params } = call;
  const status = params.oneOf('status', ['draft', 'open', 'paid', 'uncollectible', 'void']);
  const filter = { customer: params.optional('customer'), parent: params.optional('subscription') };
  return listPage(call, 'invoice', '/v1/invoices', {
    ...filter,
    matching: status === undefined ? {} : { status },
  });
}

async function retrieveInvoice(call: Call): Promise<WireInvoice> {
  return (await call.objects.require('invoice', call.path('id'), 'invoice')).data;
}

function locked(call: Call): Promise<Stored<'invoice'>> {
  return call.objects.require('invoice', call.path('id'), 'invoice', { lock: true });
}

async function updateInvoice(call: Call): Promise<WireInvoice> {
  const { params } = call;
  const before = await locked(call);
  const method = params.nullable('default_payment_method');
  if (method) await methodOf(call, method, before.customer ?? '', 'default_payment_method');
  const description = params.nullable('description');
  const patch = {
    ...(method === undefined ? {} : { default_payment_method: method }),
    ...(description === undefined ? {} : { description }),
    auto_advance: params.boolean('auto_advance') ?? before.data.auto_advance ?? false,
    metadata: params.metadata(before.data.metadata ?? {}),
  };
  const changed = await call.objects.change(before, patch);
  call.emit('invoice.updated', changed.data);
  return changed.data;
}

async function listLines(call: Call): Promise<ApiPage<WireLine>> {
  const { lines } = await retrieveInvoice(call);
  return wholePage(call, lines.data, lines.url);
}

async function finalize(call: Call): Promise<WireInvoice> {
  const advances = call.params.boolean('auto_advance');
  const draft = await locked(call);
  const kept = advances === undefined ? draft : await call.objects.change(draft, { auto_advance: advances });
  return (await finalizeInvoice(call, kept)).data;
}

async function pay(call: Call): Promise<WireInvoice> {
  const { params } = call;
  const method = params.optional('payment_method');
  const offSession = params.boolean('off_session') ?? true;
  const outOfBand = params.boolean('paid_out_of_band') ?? false;
  const invoice = await locked(call);
  const open = invoice.data.status === 'draft' ? await finalizeInvoice(call, invoice) : invoice;
  if (outOfBand) return payOutOfBand(call, open);
  if (open.data.status === 'paid' && invoice.data.status === 'draft') return open.data;
  const paid = await payInvoice(call, open.id, { method, offSession, automatic: false });
  if (paid.problem) throw paid.problem;
  if (paid.invoice.data.status === 'paid') return paid.invoice.data;
  throw new StripeProblem(
    402,
    'card_error',
    'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.',
    { code: 'invoice_payment_intent_requires_action' },
  );
}

async function payOutOfBand(call: Call, open: Stored<'invoice'>): Promise<WireInvoice> {
  if (open.data.status !== 'open')
    throw invalidRequest('Invoice is already paid', { code: 'invoice_already_paid' });
  return (await settleInvoice(call, open)).data;
}

async function voidOne(call: Call): Promise<WireInvoice> {
  const invoice = await locked(call);
  demandOpen(invoice, 'voided');
  return (await withdrawInvoice(call, invoice)).data;
}

async function markUncollectible(call: Call): Promise<WireInvoice> {
  const invoice = await locked(call);
  demandOpen(invoice, 'marked as uncollectible');
  const at = { ...invoice.data.status_transitions, marked_uncollectible_at: unixSeconds(call.now) };
  const data = {
    ...invoice.data,
    status: 'uncollectible',
    auto_advance: false,
    next_payment_attempt: null,
  } as const;
  const stored = await call.objects.put({
    ...invoice,
    data: { ...data, status_transitions: at },
    dueAt: null,
  });
  call.emit('invoice.marked_uncollectible', stored.data);
  return stored.data;
}

function demandOpen({ data }: Stored<'invoice'>, what: string): void {
  if (data.status === 'open' || data.status === 'uncollectible') return;
  throw invalidRequest(
    `You can only pass in open invoices. This invoice isn't open, so it can't be ${what}.`,
    {
      code: 'invoice_not_editable',
    },
  );
}

async function listPayments(call: Call): Promise<ApiPage<WireInvoicePayment>> {
  const { params } = call;
  const payment = params.part('payment');
  payment?.oneOf('type', ['payment_intent']);
  const intent = payment?.optional('payment_intent');
  const status = params.oneOf('status', ['canceled', 'open', 'paid']);
  const matching = {
    ...(status === undefined ? {} : { status }),
    ...(intent === undefined ? {} : { payment: { payment_intent: intent } }),
  };
  return listPage(call, 'invoice_payment', '/v1/invoice_payments', {
    parent: params.optional('invoice'),
    matching,
  });
}

async function retrievePayment(call: Call): Promise<WireInvoicePayment> {
  return (await call.objects.require('invoice_payment', call.path('id'), 'invoice_payment')).data;
}
