import type Stripe from 'stripe';
import { inTransaction } from '../db/client.ts';
import { askStripe } from '../gateway/ask-stripe.ts';
import { centsForStripe } from '../gateway/cents.ts';
import { publicId } from '../id.ts';
import type { PlanVersion } from './plan.ts';
import type { PlanDeps } from './plan-deps.ts';
import { nameAtStripe, newestPlan } from './plan-rows.ts';

/**
 * The price of a plan at Stripe, `price_…`; made when it is first needed, with its product. It is known there by a key of
 * ours, so that a lost answer, two calls at once or an empty database do not make a second one.
 * @throws DomainError UNAVAILABLE.
 */
export async function stripePrice(deps: PlanDeps, plan: PlanVersion): Promise<string> {
  if (plan.stripePrice !== null) return plan.stripePrice;
  const { prices } = deps.gateway.stripe;
  const key = publicId('plan', plan.id);
  const listed = await askStripe(() => prices.list({ lookup_keys: [key], limit: 1 }));
  const price = listed.data[0] ?? (await makePrice(deps, plan, key));
  const product = typeof price.product === 'string' ? price.product : price.product.id;
  await inTransaction(deps.db, (tx) => nameAtStripe(tx, plan.id, product, price.id));
  return price.id;
}

async function makePrice(deps: PlanDeps, plan: PlanVersion, key: string): Promise<Stripe.Price> {
  const params: Stripe.PriceCreateParams = {
    currency: 'usd',
    unit_amount: centsForStripe(plan.monthlyCents),
    recurring: { interval: 'month' },
    lookup_key: key,
    metadata: { plan: plan.code, version: String(plan.version) },
    ...(await productOf(deps, plan)),
  };
  const options = { idempotencyKey: `plan-price:${plan.id}` };
  return askStripe(() => deps.gateway.stripe.prices.create(params, options));
}

/** All versions of a plan are one product. */
async function productOf(
  { db }: PlanDeps,
  { code, name, stripeProduct }: PlanVersion,
): Promise<Pick<Stripe.PriceCreateParams, 'product' | 'product_data'>> {
  const known = stripeProduct ?? (await newestPlan(db, code))?.stripeProduct;
  return known ? { product: known } : { product_data: { name, metadata: { plan: code } } };
}
