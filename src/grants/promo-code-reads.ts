import type { ActorKind } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import type { PromoCode, Redeemer } from './promo-code.ts';

interface PromoRow {
  id: Uuid;
  code: string;
  amount_nano: bigint;
  scope_product: string | null;
  scope_model_id: Uuid | null;
  scope_gpu_type: string | null;
  priority: number;
  starts_at: Date;
  ends_at: Date | null;
  grant_expires_at: Date | null;
  grant_lasts_days: number | null;
  max_redemptions: number | null;
  redemptions: number;
  eligible_plans: string[];
  first_purchase_only: boolean;
  created_at: Date;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  reason: string;
}

/** Arrays as JSON: the driver knows no array types. */
function promoColumns({ sql }: Reader) {
  return sql`
    p.id, p.code, p.amount_nano, p.scope_product, p.scope_model_id, p.scope_gpu_type, p.priority, p.starts_at, p.ends_at,
    p.grant_expires_at, p.grant_lasts_days, p.max_redemptions, p.redemptions,
    to_json(p.eligible_plans) as eligible_plans, p.first_purchase_only, p.created_at, p.actor_kind, p.actor_id, p.reason`;
}

/** The code that is written so (`normalCode`). */
export async function promoCodeNamed(reader: Reader, code: string): Promise<PromoCode | undefined> {
  const [row] = await reader.sql<PromoRow[]>`
    select ${promoColumns(reader)} from promo_codes p where p.code = ${code}`;
  return row && promoCodeOf(row);
}

/** The codes with these ids, in any order; unknown ones are left out. */
export async function promoCodesById(reader: Reader, ids: readonly Uuid[]): Promise<PromoCode[]> {
  const rows = await reader.sql<PromoRow[]>`
    select ${promoColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id) join promo_codes p on p.id = n.id`;
  return rows.map(promoCodeOf);
}

/** The page of codes that `args` ask for, the newest first. `code`: only the one that is written so. */
export async function promoCodePage(
  reader: Reader,
  args: ConnectionArgs,
  code?: string,
): Promise<Page<PromoCode>> {
  const { sql } = reader;
  const order = keyset('promoCodes', 'uuid');
  const window = pageWindow(args, order);
  const newestFirst = window.direction === 'FORWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : newestFirst ? sql`and p.id < ${from}` : sql`and p.id > ${from}`;
  const rows = await sql<PromoRow[]>`
    select ${promoColumns(reader)} from promo_codes p where ${code === undefined ? sql`true` : sql`p.code = ${code}`} ${beyond}
    order by p.id ${newestFirst ? sql`desc` : sql``} limit ${window.limit}`;
  return pageOf(rows.map(promoCodeOf), window, order, ({ id }) => [id]);
}

/** What decides whether a team may redeem a code, as it is now. Its plan of a family, or else the one that is free for all. */
export async function redeemerOf(reader: Reader, teamId: Uuid, promoCodeId: Uuid): Promise<Redeemer> {
  const [row] = await reader.sql<{ redeemed: boolean; purchased: boolean; plans: string[] }[]>`
    select
      exists (select 1 from promo_redemptions where team_id = ${teamId} and promo_code_id = ${promoCodeId}) as redeemed,
      exists (select 1 from teams where id = ${teamId} and first_purchase_at is not null) as purchased,
      to_json(array(
        select distinct on (family) plan_code from team_plans where team_id in (${teamId}, ${INSTALLATION})
        order by family, (team_id = ${teamId}) desc)) as plans`;
  return {
    hasRedeemed: row?.redeemed ?? false,
    hasPurchased: row?.purchased ?? false,
    plans: row?.plans ?? [],
  };
}

function promoCodeOf(row: PromoRow): PromoCode {
  return {
    id: row.id,
    code: row.code,
    amountNano: row.amount_nano,
    scope: { product: row.scope_product, modelId: row.scope_model_id, gpuType: row.scope_gpu_type },
    priority: row.priority,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    grantExpiresAt: row.grant_expires_at,
    grantLastsDays: row.grant_lasts_days,
    maxRedemptions: row.max_redemptions,
    redemptions: row.redemptions,
    eligiblePlans: row.eligible_plans,
    firstPurchaseOnly: row.first_purchase_only,
    createdAt: row.created_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    reason: row.reason,
  };
}
