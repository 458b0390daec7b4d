import type { Catalog, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Clock } from '../clock.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { booksOf, type LockedHeads, lockHeads, readGrants, writeBooks } from '../ledger/post.ts';
import type { ChargeResult, KeyedCharge } from './charge.ts';
import { chargesByKey, insertCharges } from './charge-rows.ts';
import { decideCharge, type Pending, type TeamState, type UsageWindow } from './decide.ts';

export interface ChargeBatchDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly window: UsageWindow;
}

/**
 * Charges a batch in one transaction: locks the teams' wallets in id order, only then reads what decisions rest on,
 * decides each request in order and writes everything by a fixed number of multi-row statements. Refusals are values;
 * a throw means that nothing of the batch was written.
 */
export async function chargeBatch(
  tx: Tx,
  batch: readonly Pending[],
  deps: ChargeBatchDeps,
): Promise<ChargeResult[]> {
  const teamIds = [...new Set(batch.map(({ request }) => request.teamId))].sort();
  const heads = await lockHeads(tx, teamIds);
  const { teams, catalog } = await readUnderLock(tx, batch, heads, deps);
  const fresh: KeyedCharge[] = [];
  const results = batch.map((pending): ChargeResult => {
    const team = teams.get(pending.request.teamId);
    if (!team) return teamNotFound();
    const decision = decideCharge(pending, team, catalog, deps.window);
    if (decision.fresh) fresh.push(decision.fresh);
    return decision.result;
  });
  await Promise.all([
    writeBooks(
      tx,
      [...teams.values()].map((team) => team.book),
    ),
    ...(fresh.length > 0 ? [insertCharges(tx, fresh)] : []),
  ]);
  return results;
}

interface UnderLock {
  readonly teams: ReadonlyMap<Uuid, TeamState>;
  readonly catalog: CatalogSnapshot;
}

/** Everything read after the lock, in one round trip. */
async function readUnderLock(
  tx: Tx,
  batch: readonly Pending[],
  heads: LockedHeads,
  { catalog, clock }: ChargeBatchDeps,
): Promise<UnderLock> {
  const keys = batch.map(({ request }) => request).filter((request) => heads.has(request.teamId));
  const [grants, known, attributable, [state], snapshot] = await Promise.all([
    readGrants(tx, [...heads.keys()]),
    chargesByKey(tx, keys),
    readAttributable(tx, batch),
    tx.sql<{ revision: bigint }[]>`select revision from catalog_state`,
    catalog.snapshot(),
  ]);
  assert(state, 'catalog_state has its row');
  const books = booksOf(heads, grants, clock.now().getTime());
  const teams = new Map<Uuid, TeamState>();
  for (const [teamId, book] of books) {
    teams.set(teamId, { book, known: new Map(), attributable: attributable.get(teamId) ?? NOTHING });
  }
  for (const keyed of known) teams.get(keyed.charge.teamId)?.known.set(keyed.keyDigest, keyed);
  const current = snapshot.revision === state.revision ? snapshot : await catalog.refresh(tx);
  return { teams, catalog: current };
}

const NOTHING: ReadonlySet<string> = new Set();

/** Which of the members and keys that the batch names belong to the team they are named for. */
async function readAttributable(tx: Tx, batch: readonly Pending[]): Promise<Map<Uuid, Set<string>>> {
  const pairs = batch.flatMap(({ request }) =>
    [request.memberId, request.apiKeyId].flatMap((id) => (id ? [{ teamId: request.teamId, id }] : [])),
  );
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

function teamNotFound(): ChargeResult {
  return {
    ok: false,
    refusal: { code: 'TEAM_NOT_FOUND', field: 'teamId', message: 'There is no such team.' },
  };
}
