import { setCommonPlan } from '../catalog/entitlements.ts';
import { type Db, inTransaction, type Tx } from '../db/client.ts';
import { FIRST_PLANS } from './first-plans.ts';
import { familyOf, isFree, type PlanTerms } from './plan.ts';
import { insertPlan, newestPlans } from './plan-rows.ts';

/**
 * Adds the first plans that there has never been a version of: what operators have published stays as it is. Any number of
 * processes may do so at once.
 */
export async function seedPlans(db: Db, now: Date): Promise<void> {
  const known = new Set((await newestPlans(db)).map(({ code }) => code));
  const missing = FIRST_PLANS.filter(({ code }) => !known.has(code));
  if (missing.length === 0) return;
  await inTransaction(db, async (tx) => {
    for (const terms of missing) await seed(tx, terms, now);
  });
}

async function seed(tx: Tx, terms: PlanTerms, now: Date): Promise<void> {
  const id = await insertPlan(tx, terms, 1, { reason: 'the first plans', now });
  if (id !== undefined && isFree(terms)) await keepCommon(tx, terms, now);
}

/** Whoever has no other plan of the family is on the free one, by its newest terms. */
export async function keepCommon(tx: Tx, { code, entitlements }: PlanTerms, now: Date): Promise<void> {
  const family = familyOf(code);
  if (family !== undefined) await setCommonPlan(tx, { family, planCode: code, entitlements }, now);
}
