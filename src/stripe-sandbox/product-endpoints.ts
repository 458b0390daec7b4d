import { listPage } from './billing-list.ts';
import type { WireProduct } from './billing-wire.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { makePrice } from './price-make.ts';
import { productObject } from './price-object.ts';
import { invalidRequest } from './problem.ts';

/** Products: what prices are for. */
export const PRODUCT_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/products', run: createProduct },
  { method: 'GET', path: '/v1/products', run: listProducts },
  { method: 'GET', path: '/v1/products/:id', run: retrieveProduct },
  { method: 'POST', path: '/v1/products/:id', run: updateProduct },
];

async function createProduct(call: Call): Promise<WireProduct> {
  const { params } = call;
  params.ignore('type', 'shippable', 'images');
  const id = params.optional('id') ?? newId('prod', 14);
  if (await call.objects.any(id)) {
    throw invalidRequest(`Product already exists: ${id}`, { code: 'resource_already_exists', param: 'id' });
  }
  const base = {
    id,
    name: params.required('name'),
    created: unixSeconds(call.now),
    metadata: params.metadata(),
  };
  const product = productObject({ ...base, ...described(params) });
  await call.objects.put({ ...RECORD, id, data: product });
  call.emit('product.created', product);
  const first = params.part('default_price_data');
  if (!first) return product;
  const { id: price } = await makePrice(call, first, id);
  return (
    await call.objects.change(await call.objects.require('product', id, 'id'), { default_price: price })
  ).data;
}

const RECORD = { type: 'product', secret: {}, customer: null, parent: null, dueAt: null } as const;

async function listProducts(call: Call) {
  const active = call.params.boolean('active');
  const matching = active === undefined ? {} : { active };
  return listPage(call, 'product', '/v1/products', { matching });
}

async function retrieveProduct(call: Call): Promise<WireProduct> {
  return (await call.objects.require('product', call.path('id'), 'id')).data;
}

async function updateProduct(call: Call): Promise<WireProduct> {
  const { params } = call;
  params.ignore('shippable', 'images');
  const product = await call.objects.require('product', call.path('id'), 'id', { lock: true });
  const defaultPrice = params.optional('default_price');
  if (defaultPrice !== undefined) await call.objects.require('price', defaultPrice, 'default_price');
  const changed = await call.objects.change(product, {
    ...described(params),
    ...(params.has('name') ? { name: params.required('name') } : {}),
    ...(defaultPrice === undefined ? {} : { default_price: defaultPrice }),
    metadata: params.metadata(product.data.metadata),
    updated: unixSeconds(call.now),
  });
  call.emit('product.updated', changed.data);
  return changed.data;
}

const TEXTS = ['description', 'statement_descriptor', 'tax_code', 'unit_label', 'url'] as const;

function described(params: Params): Partial<WireProduct> {
  const active = params.boolean('active');
  const texts = TEXTS.map((name) => [name, params.nullable(name)] as const);
  return {
    ...(active === undefined ? {} : { active }),
    ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)),
  };
}
