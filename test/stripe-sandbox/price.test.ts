import { describe, expect, test } from 'vitest';
import { refusalOf } from './billing-customers.ts';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

describe('products and prices', () => {
  test('a product is made with a default price, changed and found again', async () => {
    const { stripe, eventsOf } = running();
    const made = await stripe.products.create({
      name: 'Pro',
      description: 'For teams',
      metadata: { plan: 'pro' },
      default_price_data: { currency: 'usd', unit_amount: 5900, recurring: { interval: 'month' } },
      expand: ['default_price'],
    });
    expect(made.default_price).toMatchObject({ unit_amount: 5900, product: made.id, type: 'recurring' });
    const changed = await stripe.products.update(made.id, { name: 'Pro+', description: '', active: false });
    expect(changed).toMatchObject({
      name: 'Pro+',
      description: null,
      active: false,
      metadata: { plan: 'pro' },
    });
    expect((await stripe.products.list({ active: false })).data.map(({ id }) => id)).toContain(made.id);
    expect(await eventsOf(made.id)).toEqual(['product.created', 'price.created', 'product.updated']);
  });

  test('a price is found by its lookup key, which can be moved to another', async () => {
    const { stripe } = running();
    const terms = { currency: 'usd', unit_amount: 1900, recurring: { interval: 'month' as const } };
    const product_data = { name: 'Starter' };
    const first = await stripe.prices.create({ ...terms, product_data, lookup_key: 'starter' });
    const product = String(first.product);
    const taken = await refusalOf(stripe.prices.create({ ...terms, product, lookup_key: 'starter' }));
    expect(taken).toMatchObject({ statusCode: 400, param: 'lookup_key', code: 'resource_already_exists' });
    const next = await stripe.prices.create({
      ...terms,
      product,
      lookup_key: 'starter',
      transfer_lookup_key: true,
    });
    const found = await stripe.prices.list({ lookup_keys: ['starter'], expand: ['data.product'] });
    expect(found.data).toMatchObject([{ id: next.id, product: { name: 'Starter' } }]);
    expect((await stripe.prices.list({ product, limit: 1 })).has_more).toBe(true);
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
    expect((await stripe.prices.update(first.id, { active: false, nickname: 'old' })).active).toBe(false);
  });

  test.for([
    [{ currency: 'usd', unit_amount: -1 }, 'unit_amount'],
    [{ currency: 'usd', unit_amount: 100_000_000 }, 'unit_amount'],
    [{ currency: 'dollars', unit_amount: 100 }, 'currency'],
    [{ currency: 'usd' }, 'unit_amount'],
    [{ currency: 'usd', unit_amount: 100, product: 'prod_none' }, 'product'],
    [{ currency: 'usd', unit_amount: 100, recurring: { interval: 'fortnight' } }, 'recurring[interval]'],
    [{ currency: 'usd', unit_amount: 100, colour: 'red' }, 'colour'],
  ] as const)('a price of %j is refused because of %s', async ([given, param]) => {
    const { stripe } = running();
    const terms = { product_data: { name: 'Any' }, ...given };
    expect(await refusalOf(stripe.prices.create(terms))).toMatchObject({ param });
  });
});
