import type Stripe from 'stripe';
import { inTransaction } from '../db/client.ts';
import { askStripe, StripeFailed } from '../gateway/ask-stripe.ts';
import { centsForStripe } from '../gateway/cents.ts';
import { newUuid, publicId } from '../id.ts';
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
  const key = publicId('plan', plan.id);
  const price = (await priceNamed(deps, key)) ?? (await makePrice(deps, plan, key));
  const product = typeof price.product === 'string' ? price.product : price.product.id;
  await inTransaction(deps.db, (tx) => nameAtStripe(tx, plan.id, product, price.id));
  return price.id;
}

async function priceNamed({ gateway }: PlanDeps, key: string): Promise<Stripe.Price | undefined> {
  const listed = await askStripe(() => gateway.stripe.prices.list({ lookup_keys: [key], limit: 1 }));
  return listed.data[0];
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
  const create = (idempotencyKey: string) =>
    askStripe(() => deps.gateway.stripe.prices.create(params, { idempotencyKey }));
  try {
    return await create(`plan-price:${plan.id}`);
  } catch (error) {
    // With this key it will fail for ever, and nobody could subscribe. Of one name there is one price.
    if (!(error instanceof StripeFailed)) throw error;
    return (await priceNamed(deps, key)) ?? (await create(`plan-price:${plan.id}:${newUuid()}`));
  }
}

/** All versions of a plan are one product. */
async function productOf(
  { db }: PlanDeps,
  { code, name, stripeProduct }: PlanVersion,
): Promise<Pick<Stripe.PriceCreateParams, 'product' | 'product_data'>> {
  const known = stripeProduct ?? (await newestPlan(db, code))?.stripeProduct;
  return known ? { product: known } : { product_data: { name, metadata: { plan: code } } };
}
