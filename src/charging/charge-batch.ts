import type { Catalog, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Clock } from '../clock.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import { lockHeads, openBooks, verifyBooks, writeBooks } from '../ledger/post.ts';
import { bookOf, readStandings } from '../ledger/standing.ts';
import type { ChargeResult, KeyedCharge } from './charge.ts';
import { chargesByKey, insertCharges } from './charge-rows.ts';
import { decideCharge, type Pending, type TeamState, type UsageWindow } from './decide.ts';
import type { StandingCache } from './standing-cache.ts';

export interface ChargeBatchDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly window: UsageWindow;
  readonly standings: StandingCache;
}

/**
 * How a batch comes by what its teams have. LOCKED: locks the wallets in id order and reads only then. OPTIMISTIC:
 * decides on what this process knows (or reads unlocked) of them; if a wallet is another version by the time it is
 * written, all is rolled back (StaleBook) and the batch is to be decided again, LOCKED.
 */
export type Approach = 'LOCKED' | 'OPTIMISTIC';

/** What was decided, and the books to remember once it is committed. */
export interface DecidedBatch {
  readonly results: readonly ChargeResult[];
  readonly books: readonly Book[];
}

/**
 * Charges a batch in one transaction: decides each request in order on the state of its team and writes everything by
 * one multi-row statement. Refusals are values; a throw means that nothing of the batch was written.
 * @throws StaleBook when an OPTIMISTIC decision came too late; a unique violation when a key was used meanwhile.
 */
export async function chargeBatch(
  tx: Tx,
  batch: readonly Pending[],
  deps: ChargeBatchDeps,
  approach: Approach,
): Promise<DecidedBatch> {
  const teamIds = [...new Set(batch.map(({ request }) => request.teamId))].sort();
  // Locks come before every other read: what a decision rests on must be no older.
  const heads = approach === 'LOCKED' ? await lockHeads(tx, teamIds) : undefined;
  const [opened, known, attributable, catalog] = await sentTogether([
    heads ? openBooks(tx, heads, nowMs(deps)) : openUnlocked(tx, teamIds, deps),
    chargesByKey(
      tx,
      batch.map(({ request }) => request),
    ),
    readAttributable(tx, batch),
    currentCatalog(tx, deps.catalog),
  ]);
  const teams = teamStates(opened, known, attributable);
  const fresh: KeyedCharge[] = [];
  const results = batch.map((pending): ChargeResult => {
    const team = teams.get(pending.request.teamId);
    if (!team) return teamNotFound();
    const decision = decideCharge(pending, team, catalog, deps.window);
    if (decision.fresh) fresh.push(decision.fresh);
    return decision.result;
  });
  const books = [...teams.values()].map(({ book }) => book);
  await sentTogether([
    writeBooks(tx, books, fresh.length > 0 ? [insertCharges(tx, fresh)] : []),
    verifyBooks(tx, heads ? [] : books.filter((book) => !book.changed)),
  ]);
  return { results, books };
}

function nowMs({ clock }: ChargeBatchDeps): number {
  return clock.now().getTime();
}

/** Books on remembered standings, and on unlocked reads where nothing is remembered; in id order, as they are written. */
async function openUnlocked(
  tx: Tx,
  teamIds: readonly Uuid[],
  deps: ChargeBatchDeps,
): Promise<Map<Uuid, Book>> {
  const unknown = teamIds.filter((teamId) => !deps.standings.get(teamId));
  const read = unknown.length > 0 ? await readStandings(tx, unknown) : undefined;
  const at = nowMs(deps);
  const books = new Map<Uuid, Book>();
  for (const teamId of teamIds) {
    const standing = deps.standings.get(teamId) ?? read?.get(teamId);
    if (standing) books.set(teamId, bookOf(standing, at));
  }
  return books;
}

function teamStates(
  books: ReadonlyMap<Uuid, Book>,
  known: readonly KeyedCharge[],
  attributable: ReadonlyMap<Uuid, ReadonlySet<string>>,
): Map<Uuid, TeamState> {
  const teams = new Map<Uuid, TeamState>();
  for (const [teamId, book] of books) {
    teams.set(teamId, { book, known: new Map(), attributable: attributable.get(teamId) ?? NOTHING });
  }
  for (const keyed of known) teams.get(keyed.charge.teamId)?.known.set(keyed.keyDigest, keyed);
  return teams;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The catalogue as of this transaction: a price that an operator has set is never missed. */
async function currentCatalog(tx: Tx, catalog: Catalog): Promise<CatalogSnapshot> {
  const [[state], snapshot] = await Promise.all([
    tx.sql<{ revision: bigint }[]>`select revision from catalog_state`,
    catalog.snapshot(),
  ]);
  assert(state, 'catalog_state has its row');
  return snapshot.revision === state.revision ? snapshot : catalog.refresh(tx);
}

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
