import { liveCustomer } from './billing-customer.ts';
import { type ApiPage, listPage } from './billing-list.ts';
import type { WireInvoiceItem } from './billing-wire.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { pendingLine, pricingOf } from './invoice-lines.ts';
import { invoiceItemObject, withLines } from './invoice-object.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { currencyOf, makeInlinePrice } from './price-make.ts';
import { invalidRequest } from './problem.ts';
import { putInvoiceItem } from './subscription-change.ts';

/** Invoice items: lines to be. */
export const INVOICE_ITEM_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/invoiceitems', run: createItem },
  { method: 'GET', path: '/v1/invoiceitems', run: listItems },
  { method: 'GET', path: '/v1/invoiceitems/:id', run: retrieveItem },
];

async function createItem(call: Call): Promise<WireInvoiceItem> {
  const { params } = call;
  params.ignore('discountable', 'tax_behavior');
  const customer = await liveCustomer(call, params.required('customer'), 'customer');
  const now = unixSeconds(call.now);
  const period = params.part('period');
  const item = invoiceItemObject({
    id: newId('ii'),
    customer: customer.data.id,
    date: now,
    description: params.optional('description') ?? null,
    metadata: params.metadata(),
    period: { start: period?.integer('start') ?? now, end: period?.integer('end') ?? now },
    ...(await subscriptionOf(call, params)),
    ...(await worthOf(call, params)),
  });
  await putInvoiceItem(call, item);
  const invoice = params.optional('invoice');
  return invoice === undefined ? item : addToDraft(call, item, invoice);
}

async function worthOf(call: Call, params: Params) {
  const quantity = params.optionalInteger('quantity') ?? 1;
  const inline = params.part('price_data');
  const named = params.part('pricing')?.required('price');
  if (!inline && named === undefined) {
    const amount = params.integer('amount');
    return { amount, currency: currencyOf(params), quantity };
  }
  params.ignore('currency');
  const price = inline
    ? await makeInlinePrice(call, inline)
    : (await call.objects.require('price', named ?? '', 'pricing[price]')).data;
  const amount = Number(BigInt(price.unit_amount ?? 0) * BigInt(quantity));
  return { amount, currency: price.currency, quantity, pricing: pricingOf(price) };
}

async function subscriptionOf(call: Call, params: Params): Promise<Pick<WireInvoiceItem, 'parent'>> {
  const id = params.optional('subscription');
  if (id === undefined) return { parent: null };
  await call.objects.require('subscription', id, 'subscription');
  return { parent: { subscription_details: { subscription: id }, type: 'subscription_details' } };
}

async function addToDraft(call: Call, item: WireInvoiceItem, id: string): Promise<WireInvoiceItem> {
  const draft = await call.objects.require('invoice', id, 'invoice', { lock: true });
  if (draft.data.status !== 'draft' || draft.customer !== item.customer) {
    throw invalidRequest('You may only add items to a draft invoice of the same customer.', {
      code: 'invoice_not_editable',
      param: 'invoice',
    });
  }
  const lines = [...draft.data.lines.data, pendingLine(newId('il'), id, item)];
  await call.objects.put({ ...draft, data: withLines(draft.data, lines, draft.data.starting_balance) });
  const stored = await call.objects.require('invoiceitem', item.id, 'invoiceitem');
  return (await call.objects.change(stored, { invoice: id })).data;
}

async function listItems(call: Call): Promise<ApiPage<WireInvoiceItem>> {
  const { params } = call;
  const invoice = params.optional('invoice');
  const pending = params.boolean('pending');
  const matching = invoice === undefined ? (pending ? { invoice: null } : {}) : { invoice };
  return listPage(call, 'invoiceitem', '/v1/invoiceitems', {
    customer: params.optional('customer'),
    matching,
  });
}

async function retrieveItem(call: Call): Promise<WireInvoiceItem> {
  return (await call.objects.require('invoiceitem', call.path('id'), 'invoiceitem')).data;
}
