import type { Catalog, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Clock } from '../clock.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import { lockHeads, openBooks, verifyBooks } from '../ledger/post.ts';
import { bookOf, readStandings } from '../ledger/standing.ts';
import type { Cap } from './cap.ts';
import { capsOfTeams } from './cap-rows.ts';
import type { ChargeRefusal } from './charge.ts';
import { type DecisionContext, decideCharge, type UsageWindow } from './decide.ts';
import { decideHold } from './decide-hold.ts';
import { decideRun } from './decide-run.ts';
import type { PendingSpend, SpendResult } from './spend.ts';
import { knowNamed, readNamed } from './spend-reads.ts';
import { writeWorks } from './spend-writes.ts';
import type { StandingCache } from './standing-cache.ts';
import { TeamWork } from './team-work.ts';

export interface SpendBatchDeps {
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

/** What was decided, and the work on each team to remember once it is committed. */
export interface DecidedBatch {
  readonly results: readonly SpendResult[];
  readonly works: readonly TeamWork[];
}

/**
 * Decides a batch in one transaction, each request in order on the state of its team, and writes everything by one
 * multi-row statement. Refusals are values; a throw means that nothing of the batch was written.
 * @throws StaleBook when an OPTIMISTIC decision came too late; a unique violation when a key was used meanwhile.
 */
export async function spendBatch(
  tx: Tx,
  batch: readonly PendingSpend[],
  deps: SpendBatchDeps,
  approach: Approach,
): Promise<DecidedBatch> {
  const teamIds = [...new Set(batch.map(({ request }) => request.teamId))].sort();
  // Locks come before every other read: what a decision rests on must be no older.
  const heads = approach === 'LOCKED' ? await lockHeads(tx, teamIds) : undefined;
  const [opened, named, catalog] = await sentTogether([
    heads ? openBooks(tx, heads, nowMs(deps)) : openUnlocked(tx, teamIds, deps),
    readNamed(tx, batch, heads ? undefined : deps.standings),
    currentCatalog(tx, deps.catalog),
  ]);
  const caps = await capsOf(tx, opened, heads ? undefined : deps.standings);
  const works = new Map<Uuid, TeamWork>();
  for (const [teamId, book] of opened) {
    works.set(teamId, new TeamWork(book, caps.get(teamId) ?? [], named.attributable.get(teamId)));
  }
  knowNamed(works, named);
  const context = { catalog, window: deps.window };
  const all = [...works.values()];
  const books = all.map(({ book }) => book);
  const decideAll = () => batch.map((pending) => decide(pending, works.get(pending.request.teamId), context));
  const results = heads ? decideAll() : await decidedInTime(tx, books, decideAll);
  await sentTogether([
    writeWorks(tx, all),
    verifyBooks(tx, heads ? [] : books.filter((book) => !book.changed)),
  ]);
  return { results, works: all };
}

/** What was read at several moments may contradict itself: then it is not the decision that is wrong. */
async function decidedInTime<T>(tx: Tx, books: readonly Book[], decideAll: () => T): Promise<T> {
  try {
    return decideAll();
  } catch (error) {
    await verifyBooks(tx, books);
    throw error;
  }
}

function decide(pending: PendingSpend, work: TeamWork | undefined, context: DecisionContext): SpendResult {
  if (!work) return { ok: false, refusal: TEAM_NOT_FOUND };
  const { request } = pending;
  switch (request.what) {
    case 'CHARGE':
      // Narrowed by its request, which TypeScript does not see through the pair.
      return decideCharge(pending as PendingSpend<typeof request>, work, context);
    case 'START_RUN':
    case 'END_RUN':
      return decideRun(request, work, context);
    default:
      return decideHold(request, pending, work, context);
  }
}

const TEAM_NOT_FOUND: ChargeRefusal = {
  code: 'TEAM_NOT_FOUND',
  field: 'teamId',
  message: 'There is no such team.',
};

function nowMs({ clock }: Pick<SpendBatchDeps, 'clock'>): number {
  return clock.now().getTime();
}

/** Books on remembered standings, and on unlocked reads where nothing is remembered; in id order, as they are written. */
async function openUnlocked(
  tx: Tx,
  teamIds: readonly Uuid[],
  deps: SpendBatchDeps,
): Promise<Map<Uuid, Book>> {
  // Looked up once: what others write meanwhile may take their place.
  const remembered = new Map(teamIds.map((teamId) => [teamId, deps.standings.get(teamId)?.standing]));
  const unknown = teamIds.filter((teamId) => !remembered.get(teamId));
  const read = unknown.length > 0 ? await readStandings(tx, unknown) : undefined;
  const at = nowMs(deps);
  const books = new Map<Uuid, Book>();
  for (const teamId of teamIds) {
    const standing = remembered.get(teamId) ?? read?.get(teamId);
    if (standing) books.set(teamId, bookOf(standing, at));
  }
  return books;
}

const NO_CAPS: ReadonlyMap<Uuid, readonly Cap[]> = new Map();

/** The caps of the teams that have some. What is remembered of them is as old as what is remembered of their wallets. */
async function capsOf(
  tx: Tx,
  books: ReadonlyMap<Uuid, Book>,
  standings: StandingCache | undefined,
): Promise<ReadonlyMap<Uuid, readonly Cap[]>> {
  const capped = [...books].flatMap(([teamId, { head }]) => (head.capped ? [teamId] : []));
  if (capped.length === 0) return NO_CAPS;
  const remembered = new Map(
    capped.flatMap((teamId) => {
      const caps = standings?.get(teamId)?.caps;
      return caps ? [[teamId, caps] as const] : [];
    }),
  );
  const read = await capsOfTeams(
    tx,
    capped.filter((teamId) => !remembered.has(teamId)),
  );
  return new Map([...remembered, ...read]);
}

/** The catalogue as of this transaction: a price that an operator has set is never missed. */
export async function currentCatalog(tx: Tx, catalog: Catalog): Promise<CatalogSnapshot> {
  const [[state], snapshot] = await Promise.all([
    tx.sql<{ revision: bigint }[]>`select revision from catalog_state`,
    catalog.snapshot(),
  ]);
  assert(state, 'catalog_state has its row');
  return snapshot.revision === state.revision ? snapshot : catalog.refresh(tx);
}
