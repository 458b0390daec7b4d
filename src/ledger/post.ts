import type { PendingQuery, Row } from 'postgres';
import { arrayOf, byteaArrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import type { Uuid } from '../id.ts';
import { Book } from './book.ts';
import type { BookHead } from './book-head.ts';
import { type BalancesAfter, type Entry, GENESIS_HASH } from './entry.ts';
import { type GrantAccount, isClosed } from './grant-account.ts';
import type { LedgerPosted, RechargeWanted } from './posted.ts';
import { type GrantRow, grantColumns, grantOf, headOf, type WalletRow, walletColumns } from './rows.ts';

/** The only writer of entries, grants and wallets. */

/** A team's stream as its wallet row has it under the lock; its grants are not read yet. */
export type LockedHeads = ReadonlyMap<Uuid, BookHead>;

/** Gives a new team its wallet: an empty stream. Part of creating the team, in the same transaction. */
export async function openLedger(tx: Tx, teamId: Uuid, at: Date, debtLimitNano: bigint): Promise<void> {
  await tx.sql`
    insert into wallets (team_id, head_hash, head_posted_at, debt_limit_nano)
    values (${teamId}, decode(${GENESIS_HASH}, 'hex'), ${at.toISOString()}::timestamptz, ${debtLimitNano})`;
}

/**
 * Locks the wallets of `teamIds` in id order, whatever their order here, so that no two writers wait for each other.
 * Teams without a wallet are absent from the result. Everything a decision rests on must be read after this, by later
 * statements: under READ COMMITTED only those see what the previous holder of a lock committed.
 */
export async function lockHeads(tx: Tx, teamIds: readonly Uuid[]): Promise<LockedHeads> {
  const rows = await tx.sql<WalletRow[]>`
    select ${walletColumns(tx)}
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join wallets w on w.team_id = t.id
    order by w.team_id for update of w`;
  return new Map(rows.map((row) => [row.team_id, headOf(row)]));
}

/** The books of locked teams: reads the grants that are not closed, and `grantIds` of theirs whatever became of them. */
export async function openBooks(
  tx: Tx,
  heads: LockedHeads,
  nowMs: number,
  grantIds: readonly Uuid[] = [],
): Promise<Map<Uuid, Book>> {
  const rows = await readGrants(tx, [...heads.keys()], grantIds);
  return booksOf(heads, rows, nowMs);
}

/** @see openBooks: the read alone, so that a batch can send it together with its other reads. */
export async function readGrants(
  tx: Tx,
  teamIds: readonly Uuid[],
  grantIds: readonly Uuid[] = [],
): Promise<GrantRow[]> {
  const teams = arrayOf(teamIds);
  // `offset 0` keeps the planner from joining with the whole index of open grants, which it takes for small while its
  // statistics are old: each team's grants are looked up, whatever they say.
  const open = tx.sql<GrantRow[]>`
    select ${grantColumns(tx)} from unnest(${teams}::uuid[]) as t (id)
    cross join lateral (select * from grants o where o.team_id = t.id and not o.closed offset 0) g`;
  if (grantIds.length === 0) return open;
  const named = tx.sql<GrantRow[]>`
    select ${grantColumns(tx)} from unnest(${teams}::uuid[]) as t (id)
    cross join unnest(${arrayOf(grantIds)}::uuid[]) as n (id)
    join grants g on g.team_id = t.id and g.id = n.id and g.closed`;
  return (await sentTogether([open, named])).flat();
}

/** Books from heads and grant rows already read under the lock. */
export function booksOf(heads: LockedHeads, rows: readonly GrantRow[], nowMs: number): Map<Uuid, Book> {
  const byTeam = new Map<Uuid, GrantAccount[]>();
  for (const row of rows) {
    const list = byTeam.get(row.team_id);
    if (list) list.push(grantOf(row));
    else byTeam.set(row.team_id, [grantOf(row)]);
  }
  const books = new Map<Uuid, Book>();
  for (const [teamId, head] of heads) books.set(teamId, new Book(head, byTeam.get(teamId) ?? [], nowMs));
  return books;
}

/** Locks one team and opens its book: how every operation but the batch starts. Undefined: no such team. */
export async function lockBook(
  tx: Tx,
  teamId: Uuid,
  nowMs: number,
  grantIds: readonly Uuid[] = [],
): Promise<Book | undefined> {
  const heads = await lockHeads(tx, [teamId]);
  return (await openBooks(tx, heads, nowMs, grantIds)).get(teamId);
}

/** A statement that writes and has not been sent: it may become a part of another. */
export type Write = PendingQuery<Row[]>;

/**
 * Writes what was posted in the books, and `rows` that belong to it, by one multi-row statement whatever their number,
 * and tells it as facts of the transaction. New grants, which are rare, take a statement each.
 * @throws StaleBook when a wallet is not the version that its book was opened on.
 */
export async function writeBooks(tx: Tx, books: Iterable<Book>, rows: readonly Write[] = []): Promise<void> {
  const all = [...books];
  for (const book of all) if (book.changed) book.noteCrossing();
  const changed = all.filter((book) => book.changed);
  if (changed.length === 0) return;
  const entries = changed.flatMap((book) => book.entries);
  const touched = changed.flatMap((book) =>
    [...book.changedGrants].map((grant) => ({ teamId: book.teamId, grant })),
  );
  const fresh = changed.flatMap((book) =>
    [...book.newGrants].map((grant) => ({ teamId: book.teamId, grant })),
  );
  const writes = [
    ...(touched.length > 0 ? [updateGrants(tx, touched)] : []),
    ...(entries.length > 0 ? [tx.sql`${insertEntries(tx, entries)} where ${allWallets(tx, changed)}`] : []),
    ...rows,
  ];
  await sentTogether([
    writeTogether(tx, changed, writes),
    ...(fresh.length > 0 ? [insertGrants(tx, fresh)] : []),
  ]);
  for (const book of changed) {
    if (book.entries.length > 0) tx.facts.push(postedFact(book));
    if (book.wantsRecharge) tellRechargeWanted(tx, book.teamId);
  }
}

/**
 * Makes sure that books to which nothing was posted still tell the truth: a refusal rests on them.
 * @throws StaleBook when a wallet is not the version that its book was opened on.
 */
export async function verifyBooks(tx: Tx, books: readonly Book[]): Promise<void> {
  if (books.length === 0) return;
  const rows = await tx.sql`
    select 1 from unnest(
      ${arrayOf(books.map((book) => book.teamId))}::uuid[], ${arrayOf(books.map((book) => book.head.version))}::int8[]
    ) as n (team_id, version) join wallets w on w.team_id = n.team_id and w.version = n.version`;
  if (rows.length < books.length) throw new StaleBook(STALE);
}

/** Writes how far `unpaid` may grow. Not a movement: no entry. */
export async function setDebtLimit(tx: Tx, teamId: Uuid, debtLimitNano: bigint): Promise<void> {
  await tx.sql`
    update wallets set version = version + 1, debt_limit_nano = ${debtLimitNano} where team_id = ${teamId}`;
}

/**
 * Writes whether spend caps of the team have to be looked at. To be called whenever one of them changes: what was
 * decided on the old ones is stale then.
 */
export async function setCapped(tx: Tx, teamId: Uuid, capped: boolean): Promise<void> {
  await tx.sql`update wallets set version = version + 1, capped = ${capped} where team_id = ${teamId}`;
}

/**
 * Writes below which figure auto-recharge is wanted (null: off), and since when it is. To be called under the lock of
 * the wallet: what was decided before is stale then.
 */
export async function setRecharge(
  tx: Tx,
  teamId: Uuid,
  { belowNano, dueAt }: { readonly belowNano: bigint | null; readonly dueAt: Date | null },
): Promise<void> {
  await tx.sql`
    update wallets set version = version + 1, recharge_below_nano = ${belowNano},
      recharge_due_at = ${dueAt === null ? null : dueAt.toISOString()}::timestamptz
    where team_id = ${teamId}`;
  if (dueAt) tellRechargeWanted(tx, teamId);
}

function tellRechargeWanted(tx: Tx, teamId: Uuid): void {
  const fact: RechargeWanted = { type: 'recharge.wanted', teamId };
  tx.facts.push(fact);
}

function postedFact(book: Book): LedgerPosted {
  const [first] = book.entries;
  return {
    type: 'ledger.posted',
    teamId: book.teamId,
    fromSeq: first?.seq ?? book.seq,
    seq: book.seq,
    atMs: book.atMs,
    balances: book.balances,
    nextDueAtMs: book.nextDueAtMs,
    entries: book.entries,
    hours: book.hours,
    grants: [...book.grants].filter((grant) => grant.status === 'OPEN' || grant.status === 'SCHEDULED'),
  };
}

/** The wallet has changed since the book was opened: nothing may be written, decide again. */
export class StaleBook extends Error {}

const STALE = 'A wallet changed while a decision on it was made.';

/** One statement is one trip to the database: the wallets are written, and so locked, before the rest of it. */
async function writeTogether(tx: Tx, books: readonly Book[], writes: readonly Write[]): Promise<void> {
  const parts = writes.map((write, i) => tx.sql`, ${tx.sql(`write_${i}`)} as (${write})`);
  const [done] = await tx.sql<{ wallets: number }[]>`
    with wallet as (${updateWallets(tx, books)} returning 1) ${parts.length > 0 ? parts : tx.sql``}
    select count(*)::int as wallets from wallet`;
  if (done?.wallets !== books.length) throw new StaleBook(STALE);
}

/** Whether every wallet was still the version that its book was opened on: of a stale one nothing else is tried. */
function allWallets(tx: Tx, books: readonly Book[]): Write {
  return tx.sql`(select count(*) from wallet) = ${books.length}`;
}

function updateWallets(tx: Tx, books: readonly Book[]): Write {
  const balances = (pick: (b: BalancesAfter) => bigint) => arrayOf(books.map((book) => pick(book.balances)));
  return tx.sql`
    update wallets w set version = w.version + 1, seq = n.seq, charge_count = n.charge_count, head_hash = n.head_hash,
      head_posted_at = n.posted_at, available_nano = n.available, prepaid_nano = n.prepaid,
      unrestricted_nano = n.unrestricted, held_nano = n.held, disputed_nano = n.disputed, unpaid_nano = n.unpaid,
      next_due_at = n.next_due_at, recharge_due_at = n.recharge_due_at
    from unnest(
      ${arrayOf(books.map((book) => book.teamId))}::uuid[], ${arrayOf(books.map((book) => book.head.version))}::int8[],
      ${arrayOf(books.map((book) => book.seq))}::int8[], ${arrayOf(books.map((book) => book.chargeCount))}::int8[],
      ${byteaArrayOf(books.map((book) => book.hash))}::bytea[], ${instantArrayOf(books.map((book) => book.atMs))}::timestamptz[], ${balances((b) => b.availableNano)}::int8[],
      ${balances((b) => b.prepaidNano)}::int8[], ${balances((b) => b.unrestrictedNano)}::int8[],
      ${balances((b) => b.heldNano)}::int8[], ${balances((b) => b.disputedNano)}::int8[],
      ${balances((b) => b.unpaidNano)}::int8[], ${instantArrayOf(books.map((book) => book.nextDueAtMs))}::timestamptz[],
      ${instantArrayOf(books.map((book) => book.rechargeDueAtMs))}::timestamptz[]
    ) as n (team_id, version, seq, charge_count, head_hash, posted_at, available, prepaid, unrestricted, held, disputed, unpaid,
      next_due_at, recharge_due_at)
    where w.team_id = n.team_id and w.version = n.version`;
}

interface GrantChange {
  readonly teamId: Uuid;
  readonly grant: GrantAccount;
}

function updateGrants(tx: Tx, changes: readonly GrantChange[]): Write {
  const amounts = (pick: (g: GrantAccount) => bigint | null) =>
    arrayOf(changes.map(({ grant }) => pick(grant)));
  const instants = (pick: (g: GrantAccount) => number | null) =>
    instantArrayOf(changes.map(({ grant }) => pick(grant)));
  return tx.sql`
    update grants g set remaining_nano = n.remaining, spent_nano = n.spent, held_nano = n.held, expired_nano = n.expired,
      voided_nano = n.voided, refunded_nano = n.refunded, disputed_nano = n.disputed, freezing_nano = n.freezing, status = n.status, closed = n.closed, closed_at = n.closed_at, closed_seq = n.closed_seq,
      expires_at = n.expires_at
    from unnest(
      ${arrayOf(changes.map((c) => c.teamId))}::uuid[], ${arrayOf(changes.map((c) => c.grant.id))}::uuid[],
      ${amounts((g) => g.remainingNano)}::int8[], ${amounts((g) => g.spentNano)}::int8[],
      ${amounts((g) => g.heldNano)}::int8[], ${amounts((g) => g.expiredNano)}::int8[],
      ${amounts((g) => g.voidedNano)}::int8[], ${amounts((g) => g.refundedNano)}::int8[],
      ${amounts((g) => g.disputedNano)}::int8[], ${amounts((g) => g.freezingNano)}::int8[], ${arrayOf(changes.map((c) => c.grant.status))}::text[],
      ${arrayOf(changes.map((c) => isClosed(c.grant)))}::bool[], ${instants((g) => g.closedAtMs)}::timestamptz[],
      ${amounts((g) => g.closedSeq)}::int8[], ${instants((g) => g.expiresAtMs)}::timestamptz[]
    ) as n (team_id, id, remaining, spent, held, expired, voided, refunded, disputed, freezing, status, closed, closed_at, closed_seq, expires_at)
    where g.team_id = n.team_id and g.id = n.id`;
}

async function insertGrants(tx: Tx, changes: readonly GrantChange[]): Promise<void> {
  for (const change of changes) {
    const { grant } = change;
    await tx.sql`insert into grants ${tx.sql({
      team_id: change.teamId,
      id: grant.id,
      kind: grant.kind,
      source: grant.source,
      scope_product: grant.scope.product,
      scope_model_id: grant.scope.modelId,
      scope_gpu_type: grant.scope.gpuType,
      priority: grant.priority,
      granted_nano: grant.grantedNano,
      remaining_nano: grant.remainingNano,
      cost_basis_nano: grant.costBasisNano,
      effective_at: new Date(grant.effectiveAtMs).toISOString(),
      expires_at: grant.expiresAtMs === null ? null : new Date(grant.expiresAtMs).toISOString(),
      status: grant.status,
      closed: isClosed(grant),
      closed_at: grant.closedAtMs === null ? null : new Date(grant.closedAtMs).toISOString(),
      closed_seq: grant.closedSeq,
      spent_nano: grant.spentNano,
      held_nano: grant.heldNano,
      expired_nano: grant.expiredNano,
      voided_nano: grant.voidedNano,
      refunded_nano: grant.refundedNano,
      disputed_nano: grant.disputedNano,
      freezing_nano: grant.freezingNano,
      created_at: new Date(grant.createdAtMs).toISOString(),
      actor_kind: grant.actor.kind,
      actor_id: grant.actor.id,
      reason: grant.reason,
    })}`;
  }
}

/** What books append goes through `writeBooks`. */
export function insertEntries(tx: Tx, entries: readonly Entry[]): Write {
  const column = (pick: (e: Entry) => string | number | bigint | null) => arrayOf(entries.map(pick));
  // Zero is the rule for these figures, and a null costs nothing.
  const nonZero = (amount: bigint) => (amount === 0n ? null : amount);
  return tx.sql`
    insert into entries (team_id, seq, posting_id, kind, debit_account, credit_account, debit_ref, credit_ref, amount_nano,
      available_after_nano, prepaid_after_nano, unrestricted_after_nano, held_after_nano, disputed_after_nano,
      unpaid_after_nano, grant_after_nano, posted_at, occurred_at, actor_kind, actor_id, reason, corrects_seq, hash)
    select * from unnest(
      ${column((e) => e.teamId)}::uuid[], ${column((e) => e.seq)}::int8[], ${column((e) => e.postingId)}::uuid[],
      ${column((e) => e.kind)}::int2[], ${column((e) => e.debitAccount)}::int2[], ${column((e) => e.creditAccount)}::int2[],
      ${column((e) => e.debitRef)}::uuid[], ${column((e) => e.creditRef)}::uuid[], ${column((e) => e.amountNano)}::int8[],
      ${column((e) => e.after.availableNano)}::int8[], ${column((e) => e.after.prepaidNano)}::int8[],
      ${column((e) => e.after.unrestrictedNano)}::int8[], ${column((e) => nonZero(e.after.heldNano))}::int8[],
      ${column((e) => nonZero(e.after.disputedNano))}::int8[], ${column((e) => nonZero(e.after.unpaidNano))}::int8[],
      ${column((e) => e.grantAfterNano)}::int8[], ${instantArrayOf(entries.map((e) => e.postedAtMs))}::timestamptz[],
      ${instantArrayOf(entries.map((e) => e.occurredAtMs))}::timestamptz[], ${column((e) => e.actor.kind)}::int2[],
      ${column((e) => e.actor.id)}::uuid[], ${textArrayOf(entries.map((e) => e.reason))}::text[],
      ${column((e) => e.correctsSeq)}::int8[], ${byteaArrayOf(entries.map((e) => e.hash))}::bytea[])`;
}
