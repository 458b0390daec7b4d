import type { Call, Endpoint } from './call.ts';
import { listOf, listParams } from './lists.ts';

async function list(call: Call): Promise<object> {
  const { params, objects } = call;
  const page = await objects.list('charge', {
    ...listParams(params),
    customer: params.optional('customer'),
    parent: params.optional('payment_intent'),
  });
  return listOf('/v1/charges', page);
}

async function update(call: Call): Promise<object> {
  const charge = await call.objects.require('charge', call.path('id'), 'charge', { lock: true });
  const { params } = call;
  const description = params.nullable('description');
  const receiptEmail = params.nullable('receipt_email');
  const changed = await call.objects.change(charge, {
    metadata: params.metadata(charge.data.metadata),
    ...(description === undefined ? {} : { description }),
    ...(receiptEmail === undefined ? {} : { receipt_email: receiptEmail }),
  });
  call.emit('charge.updated', changed.data);
  return changed.data;
}

/** Charges: one for each attempt to pay. */
export const CHARGE_ENDPOINTS: readonly Endpoint[] = [
  { method: 'GET', path: '/v1/charges', run: list },
  {
    method: 'GET',
    path: '/v1/charges/:id',
    run: async (call) => (await call.objects.require('charge', call.path('id'), 'charge')).data,
  },
  { method: 'POST', path: '/v1/charges/:id', run: update },
  {
    method: 'GET',
    path: '/v1/balance_transactions/:id',
    run: async (call) => (await call.objects.require('balance_transaction', call.path('id'), 'id')).data,
  },
];
