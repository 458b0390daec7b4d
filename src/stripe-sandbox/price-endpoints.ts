import { type ApiPage, listPage } from './billing-list.ts';
import type { WirePrice } from './billing-wire.ts';
import type { Call, Endpoint } from './call.ts';
import { makePrice, takeLookupKey } from './price-make.ts';

/** Prices: what a product costs, once or every month. */
export const PRICE_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/prices', run: (call) => makePrice(call, call.params) },
  { method: 'GET', path: '/v1/prices', run: listPrices },
  { method: 'GET', path: '/v1/prices/:id', run: retrievePrice },
  { method: 'POST', path: '/v1/prices/:id', run: updatePrice },
];

async function listPrices(call: Call): Promise<ApiPage<WirePrice>> {
  const { params } = call;
  const keys = params.texts('lookup_keys');
  const active = params.boolean('active');
  const kind = params.oneOf('type', ['one_time', 'recurring']);
  const matching = {
    ...(active === undefined ? {} : { active }),
    ...(kind === undefined ? {} : { type: kind }),
  };
  const filter = { parent: params.optional('product'), matching };
  if (!keys) return listPage(call, 'price', '/v1/prices', filter);
  const pages = await inTurn(keys, (key) =>
    listPage(call, 'price', '/v1/prices', { ...filter, matching: { ...matching, lookup_key: key } }),
  );
  return { object: 'list', data: pages.flatMap(({ data }) => data), has_more: false, url: '/v1/prices' };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

async function retrievePrice(call: Call): Promise<WirePrice> {
  return (await call.objects.require('price', call.path('id'), 'price')).data;
}

async function updatePrice(call: Call): Promise<WirePrice> {
  const { params } = call;
  params.ignore('tax_behavior');
  const price = await call.objects.require('price', call.path('id'), 'price', { lock: true });
  const key = params.nullable('lookup_key');
  const transfer = params.boolean('transfer_lookup_key') ?? false;
  if (key && key !== price.data.lookup_key) await takeLookupKey(call, key, transfer);
  const nickname = params.nullable('nickname');
  const changed = await call.objects.change(price, {
    active: params.boolean('active') ?? price.data.active,
    ...(key === undefined ? {} : { lookup_key: key }),
    ...(nickname === undefined ? {} : { nickname }),
    metadata: params.metadata(price.data.metadata),
  });
  call.emit('price.updated', changed.data);
  return changed.data;
}
