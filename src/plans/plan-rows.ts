import { type ActorRef, SYSTEM_ACTOR } from '../actor.ts';
import {
  entitlementsFrom,
  type StoredEntitlements,
  storedEntitlements,
} from '../catalog/entitlement-terms.ts';
import { arrayOf, textArrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import { familyOf, type PlanFamily, type PlanTerms, type PlanVersion } from './plan.ts';

/** A version of a plan as SQL selects it. */
interface PlanRow {
  id: Uuid;
  code: string;
  version: number;
  family: PlanFamily;
  name: string;
  rank: number;
  monthly_cents: bigint;
  monthly_credit_nano: bigint;
  entitlements: StoredEntitlements;
  benefits: string[];
  retired: boolean;
  stripe_product: string | null;
  stripe_price: string | null;
  effective_at: Date;
}

/** The columns of `PlanRow` from `plan_versions p`. */
function planColumns({ sql }: Reader) {
  return sql`p.id, p.code, p.version, p.family, p.name, p.rank, p.monthly_cents, p.monthly_credit_nano, p.entitlements,
    to_json(p.benefits) as benefits, p.retired, p.stripe_product, p.stripe_price, p.effective_at`;
}

function planFromRow(row: PlanRow): PlanVersion {
  return {
    id: row.id,
    code: row.code,
    version: row.version,
    family: row.family,
    name: row.name,
    rank: row.rank,
    monthlyCents: row.monthly_cents,
    monthlyCreditNano: row.monthly_credit_nano,
    entitlements: entitlementsFrom(row.entitlements),
    benefits: row.benefits,
    retired: row.retired,
    stripeProduct: row.stripe_product,
    stripePrice: row.stripe_price,
    effectiveAt: row.effective_at,
  };
}

/** The newest version of each plan, retired ones too, by family and rank. There are few: a directory. */
export async function newestPlans(reader: Reader): Promise<PlanVersion[]> {
  const rows = await reader.sql<PlanRow[]>`
    select n.* from (select distinct on (p.code) ${planColumns(reader)} from plan_versions p order by p.code, p.version desc) n
    order by n.family, n.rank, n.code`;
  return rows.map(planFromRow);
}

/** The newest version of a plan. */
export async function newestPlan(reader: Reader, code: string): Promise<PlanVersion | undefined> {
  const rows = await reader.sql<PlanRow[]>`
    select ${planColumns(reader)} from plan_versions p where p.code = ${code} order by p.version desc limit 1`;
  return rows.map(planFromRow)[0];
}

/** The plan of a family that costs nothing, if there is one. */
export async function freePlan(reader: Reader, family: PlanFamily): Promise<PlanVersion | undefined> {
  const plans = await newestPlans(reader);
  return plans.find((plan) => plan.family === family && plan.monthlyCents === 0n && !plan.retired);
}

/** Versions by their ids, in any order. */
export async function plansById(reader: Reader, ids: readonly Uuid[]): Promise<PlanVersion[]> {
  const rows = await reader.sql<PlanRow[]>`
    select ${planColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id) join plan_versions p on p.id = n.id`;
  return rows.map(planFromRow);
}

/** A version that something names. */
export async function planById(reader: Reader, id: Uuid): Promise<PlanVersion> {
  const [plan] = await plansById(reader, [id]);
  assert(plan, 'a plan that is named exists');
  return plan;
}

/** The versions of these prices at Stripe, by price. */
export async function plansOfPrices(
  reader: Reader,
  prices: readonly string[],
): Promise<Map<string, PlanVersion>> {
  const rows = await reader.sql<PlanRow[]>`
    select ${planColumns(reader)} from unnest(${textArrayOf(prices)}::text[]) as n (price)
    join plan_versions p on p.stripe_price = n.price`;
  return new Map(rows.flatMap((row) => (row.stripe_price ? [[row.stripe_price, planFromRow(row)]] : [])));
}

/** Who publishes a version, why and when. */
export interface PlanChange {
  readonly id?: Uuid;
  readonly actor?: ActorRef;
  readonly reason: string;
  readonly now: Date;
}

/** Writes a version, unless there is one of that number. Answers its id, or undefined. */
export async function insertPlan(
  tx: Tx,
  terms: PlanTerms,
  version: number,
  { now, id = newUuid(now.getTime()), actor = SYSTEM_ACTOR, reason }: PlanChange,
): Promise<Uuid | undefined> {
  const family = familyOf(terms.code);
  assert(family, 'the code of a plan names its family');
  const at = now.toISOString();
  const rows = await tx.sql`
    insert into plan_versions (id, code, version, family, name, rank, monthly_cents, monthly_credit_nano, entitlements,
      benefits, retired, stripe_product, effective_at, created_at, actor_kind, actor_id, reason)
    values (${id}, ${terms.code}, ${version}, ${family}, ${terms.name}, ${terms.rank}, ${terms.monthlyCents},
      ${terms.monthlyCreditNano}, ${JSON.stringify(storedEntitlements(terms.entitlements))}::text::jsonb,
      ${textArrayOf(terms.benefits)}::text[], ${terms.retired},
      (select stripe_product from plan_versions where code = ${terms.code} and stripe_product is not null limit 1),
      ${at}::timestamptz, ${at}::timestamptz, ${actor.kind}, ${actor.id}, ${reason})
    on conflict (code, version) do nothing returning 1`;
  return rows.length > 0 ? id : undefined;
}

/** Writes what a version is called at Stripe. */
export async function nameAtStripe(tx: Tx, id: Uuid, product: string, price: string): Promise<void> {
  await tx.sql`update plan_versions set stripe_product = ${product}, stripe_price = ${price} where id = ${id}`;
}
