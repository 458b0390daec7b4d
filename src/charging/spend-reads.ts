import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import type { Uuid } from '../id.ts';
import type { Charge, KeyedCharge } from './charge.ts';
import { chargesById, chargesByKey } from './charge-rows.ts';
import type { Hold } from './hold.ts';
import { holdsById, holdsByKey, holdsOfRuns } from './hold-rows.ts';
import type { Run } from './run.ts';
import { runsById, runsByKey } from './run-rows.ts';
import type { PendingSpend, SpendRequest } from './spend.ts';
import type { StandingCache } from './standing-cache.ts';
import type { Keyed, TeamWork } from './team-work.ts';

/** What the requests of a batch name, as far as it exists. */
export interface Named {
  readonly charges: readonly KeyedCharge[];
  readonly holdKeys: readonly Keyed<Hold>[];
  readonly holds: readonly Hold[];
  /** The charges that resolved those of `holds` that are resolved. */
  readonly resolutions: readonly Charge[];
  readonly runKeys: readonly Keyed<Run>[];
  readonly runs: readonly Run[];
  /** Members and keys that belong to the team they are named for. */
  readonly attributable: ReadonlyMap<Uuid, ReadonlySet<string>>;
}

interface TeamThing {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/**
 * Reads what requests name: a statement for each kind of thing that is named, sent together. Holds that `standings`
 * remembers are as old as the wallets there, and are not read again.
 */
export async function readNamed(
  tx: Tx,
  batch: readonly PendingSpend[],
  standings?: StandingCache,
): Promise<Named> {
  const names = namesIn(batch, (teamId, id) => standings?.get(teamId)?.holds?.has(id) ?? false);
  const remembered = new Map(
    names.holds.flatMap(({ teamId, id }) => {
      const hold = standings?.get(teamId)?.holds?.get(id);
      return hold ? [[id, hold] as const] : [];
    }),
  );
  const [charges, holdKeys, holds, runHolds, runKeys, runs, attributable] = await sentTogether([
    names.charges.length > 0 ? chargesByKey(tx, names.charges) : none<KeyedCharge>(),
    holdsByKey(tx, names.holdKeys),
    holdsById(
      tx,
      names.holds.filter(({ id }) => !remembered.has(id)),
    ),
    holdsOfRuns(tx, names.runs),
    runsByKey(tx, names.runKeys),
    runsById(tx, names.runs),
    readAttributable(tx, batch),
  ]);
  const resolvedBy = holds.flatMap(({ teamId, chargeId }) => (chargeId ? [{ teamId, id: chargeId }] : []));
  const resolutions = resolvedBy.length > 0 ? await chargesById(tx, resolvedBy) : [];
  const all = [...holds, ...runHolds, ...remembered.values()];
  return { charges, holdKeys, holds: all, resolutions, runKeys, runs, attributable };
}

/** Hands each team what was read of it. */
export function knowNamed(works: ReadonlyMap<Uuid, TeamWork>, named: Named): void {
  for (const keyed of named.charges) works.get(keyed.charge.teamId)?.knowCharge(keyed);
  for (const keyed of named.holdKeys) works.get(keyed.value.teamId)?.holds.knowKey(keyed);
  for (const hold of named.holds) works.get(hold.teamId)?.holds.know(hold);
  for (const charge of named.resolutions) works.get(charge.teamId)?.knowResolution(charge);
  for (const keyed of named.runKeys) works.get(keyed.value.teamId)?.runs.knowKey(keyed);
  for (const run of named.runs) works.get(run.teamId)?.runs.know(run);
}

interface Names {
  readonly charges: { readonly teamId: Uuid; readonly keyDigest: string }[];
  readonly holdKeys: { readonly teamId: Uuid; readonly keyDigest: string }[];
  readonly holds: TeamThing[];
  readonly runKeys: { readonly teamId: Uuid; readonly keyDigest: string }[];
  readonly runs: TeamThing[];
}

/** Tells of a hold that it is remembered, and so was open as of the remembered wallet. */
type IsOpen = (teamId: Uuid, holdId: Uuid) => boolean;

function namesIn(batch: readonly PendingSpend[], isOpen: IsOpen): Names {
  const names: Names = { charges: [], holdKeys: [], holds: [], runKeys: [], runs: [] };
  for (const { request } of batch) addNames(names, request, isOpen);
  return names;
}

function addNames(names: Names, request: SpendRequest, isOpen: IsOpen): void {
  const { teamId } = request;
  switch (request.what) {
    case 'CHARGE':
      names.charges.push(request);
      if (request.run) names.runs.push({ teamId, id: request.run.runId });
      return;
    case 'PLACE_HOLD':
      names.holdKeys.push(request);
      return;
    case 'START_RUN':
      names.runKeys.push(request);
      return;
    case 'END_RUN':
      names.runs.push({ teamId, id: request.runId });
      return;
    case 'SETTLE_HOLD':
      // An open hold has not been settled: if its key stands for another settlement, the unique index says so.
      if (!isOpen(teamId, request.holdId)) names.charges.push(request);
      names.holds.push({ teamId, id: request.holdId });
      return;
    default:
      names.holds.push({ teamId, id: request.holdId });
  }
}

function none<T>(): Promise<T[]> {
  return Promise.resolve([]);
}

/** Which of the members and keys that the batch names belong to the team they are named for. */
async function readAttributable(tx: Tx, batch: readonly PendingSpend[]): Promise<Map<Uuid, Set<string>>> {
  const pairs = batch.flatMap(({ request }) => attributedTo(request));
  const found = new Map<Uuid, Set<string>>();
  if (pairs.length === 0) return found;
  const rows = await tx.sql<{ team_id: Uuid; id: Uuid }[]>`
    with named as (select distinct team_id, id from unnest(
      ${arrayOf(pairs.map((pair) => pair.teamId))}::uuid[], ${arrayOf(pairs.map((pair) => pair.id))}::uuid[]) as n (team_id, id))
    select n.team_id, n.id from named n join memberships m on m.team_id = n.team_id and m.user_id = n.id
    union select n.team_id, n.id from named n join api_keys k on k.team_id = n.team_id and k.id = n.id`;
  for (const row of rows) {
    const ids = found.get(row.team_id) ?? new Set<string>();
    found.set(row.team_id, ids.add(row.id));
  }
  return found;
}

function attributedTo(request: SpendRequest): TeamThing[] {
  if (request.what !== 'CHARGE' && request.what !== 'PLACE_HOLD' && request.what !== 'START_RUN') return [];
  return [request.memberId, request.apiKeyId].flatMap((id) => (id ? [{ teamId: request.teamId, id }] : []));
}
