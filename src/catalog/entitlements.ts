import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { recordDiscount } from './compute-discounts.ts';
import {
  allEntitlements,
  type Entitlement,
  type Entitlements,
  entitlementsFrom,
  NO_ENTITLEMENTS,
  type StoredEntitlements,
  storedEntitlements,
} from './entitlement-terms.ts';

/** A plan that a team is on, and what it entitles to. */
export interface TeamPlan {
  readonly teamId: Uuid;
  readonly family: string;
  readonly planCode: string;
  readonly entitlements: Entitlements;
}

/**
 * The plans that teams are on, of each family at most one: what they subscribe to, or else the plan that is free for all.
 */
export async function plansOfTeams(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, TeamPlan[]>> {
  const rows = await reader.sql<
    { team_id: Uuid; family: string; plan_code: string; entitlements: StoredEntitlements }[]
  >`
    select t.id as team_id, p.family, p.plan_code, p.entitlements
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    cross join lateral (
      select distinct on (family) * from team_plans
      where team_id in (t.id, ${INSTALLATION}) order by family, (team_id = t.id) desc
    ) p`;
  const plans = new Map<Uuid, TeamPlan[]>(teamIds.map((teamId) => [teamId, []]));
  for (const { team_id: teamId, family, plan_code: planCode, entitlements } of rows)
    plans.get(teamId)?.push({ teamId, family, planCode, entitlements: entitlementsFrom(entitlements) });
  return plans;
}

/** What the plans of these teams entitle them to now, all families together. */
export async function entitlementsOf(
  reader: Reader,
  teamIds: readonly Uuid[],
): Promise<Map<Uuid, Entitlements>> {
  const plans = await plansOfTeams(reader, teamIds);
  return new Map(
    [...plans].map(([teamId, each]) => [
      teamId,
      allEntitlements(each.map(({ entitlements }) => entitlements)),
    ]),
  );
}

/** @throws DomainError CONFLICT with the reason NOT_ENTITLED when no plan of the team entitles it to this. */
export async function demandEntitlement(reader: Reader, teamId: Uuid, name: Entitlement): Promise<void> {
  const entitlements = (await entitlementsOf(reader, [teamId])).get(teamId) ?? NO_ENTITLEMENTS;
  if (!entitlements[name]) throw notEntitled(name);
}

function notEntitled(name: Entitlement): DomainError {
  const message = `The plan of the team does not allow it to ${WORDS[name]}. See "plans" for those that do.`;
  return new DomainError('CONFLICT', message, { reason: 'NOT_ENTITLED', entitlement: name });
}

const WORDS: Readonly<Record<Entitlement, string>> = {
  monetization: 'supply models and set their prices',
  apiKeys: 'create API keys',
  chainedModels: 'run several models in one run',
  prioritySupport: 'be answered first',
};

/**
 * Whether entitlements are demanded or only told: `enforced` is for production, `off` for installations without plans.
 */
export type EntitlementMode = 'enforced' | 'off';

/**
 * Refuses what the plan of a team does not entitle it to.
 * @throws DomainError as `demandEntitlement` does; never where entitlements are off.
 */
export type EntitlementGate = (reader: Reader, teamId: Uuid, name: Entitlement) => Promise<void>;

export function entitlementGate(mode: EntitlementMode): EntitlementGate {
  return mode === 'enforced' ? demandEntitlement : async () => undefined;
}

/** Puts a team on a plan, from an instant on. Under the lock of what says so: its subscription. */
export async function setTeamPlan(
  tx: Tx,
  { teamId, family, planCode, entitlements }: TeamPlan,
  now: Date,
): Promise<void> {
  await tx.sql`
    insert into team_plans (team_id, family, plan_code, entitlements, since)
    values (${teamId}, ${family}, ${planCode}, ${JSON.stringify(storedEntitlements(entitlements))}::text::jsonb,
      ${now.toISOString()}::timestamptz)
    on conflict (team_id, family) do update
    set plan_code = excluded.plan_code, entitlements = excluded.entitlements, since = excluded.since
    where (team_plans.plan_code, team_plans.entitlements) is distinct from (excluded.plan_code, excluded.entitlements)`;
  await keepDiscount(tx, teamId, now);
}

/** Takes a team off its plan of a family: what holds for the installation holds for it again. */
export async function clearTeamPlan(tx: Tx, teamId: Uuid, family: string, now: Date): Promise<void> {
  await tx.sql`delete from team_plans where team_id = ${teamId} and family = ${family}`;
  await keepDiscount(tx, teamId, now);
}

/** The plan that whoever has no other of the family is on. */
export function setCommonPlan(tx: Tx, plan: Omit<TeamPlan, 'teamId'>, now: Date): Promise<void> {
  return setTeamPlan(tx, { ...plan, teamId: INSTALLATION }, now);
}

/** The discount of a team that has plans of its own is theirs, all families together; of others it is the common one. */
async function keepDiscount(tx: Tx, teamId: Uuid, now: Date): Promise<void> {
  const own = await tx.sql`select 1 from team_plans where team_id = ${teamId} limit 1`;
  const all = (await entitlementsOf(tx, [teamId])).get(teamId) ?? NO_ENTITLEMENTS;
  await recordDiscount(tx, teamId, own.length > 0 ? all.computeDiscountBps : null, now);
}
