import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { PAYMENT_KINDS } from '../gateway/payment.ts';
import type { Uuid } from '../id.ts';
import { ENTRY_KIND, type EntryKind } from '../ledger/account.ts';
import { lastSeqAt } from '../ledger/last-seq.ts';
import { RANK, type Transaction, type TransactionKind, tieOfSeq } from './transaction.ts';
import type { SourceAsk } from './transaction-ask.ts';

/** The transactions that are entries of the ledger: credit that came or went without money. */

interface EntryRow {
  seq: bigint;
  at: Date;
  kind: EntryKind;
  amount_nano: bigint;
  reason: string | null;
  grant_id: Uuid | null;
  source: string | null;
}

/** What the numbers of entries must be: above the first, up to the second. */
interface SeqRange {
  readonly above: bigint;
  readonly upTo: bigint;
}

const { ISSUE, CHARGE, EXPIRY, VOID, REVERSAL, EXTENSION, CHARGEBACK } = ENTRY_KIND;

/** Expiries, voids, extensions, chargebacks and usage. */
export async function entryTransactions(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  const { sql } = reader;
  // Said in the statement itself: the index on rare kinds is for these only.
  const wanted = [
    ask.kinds.has('EXPIRY') ? sql`e.kind = ${sql.unsafe(String(EXPIRY))}` : [],
    ask.kinds.has('VOID') ? sql`e.kind = ${sql.unsafe(String(VOID))}` : [],
    ask.kinds.has('EXTENSION') ? sql`e.kind = ${sql.unsafe(String(EXTENSION))}` : [],
    ask.kinds.has('CHARGEBACK') ? sql`e.kind = ${sql.unsafe(String(CHARGEBACK))}` : [],
    ask.kinds.has('USAGE') ? sql`e.kind in (${sql.unsafe(`${CHARGE}, ${REVERSAL}`)})` : [],
  ].flat();
  if (wanted.length === 0 || ask.recurrence === 'RECURRING') return [];
  const range = await seqRange(reader, ask);
  const found = await Promise.all(
    wanted.map(
      (kinds) => sql<EntryRow[]>`
        select e.seq, e.posted_at as at, e.kind, e.amount_nano, e.reason, null as source,
          case when e.debit_account <= 3 then e.debit_ref when e.credit_account <= 3 then e.credit_ref end as grant_id
        from entries e
        where e.team_id = ${ask.teamId} and ${kinds} and e.seq > ${range.above} and e.seq <= ${range.upTo}
        order by e.seq ${ask.ascending ? sql`` : sql`desc`} limit ${ask.limit}`,
    ),
  );
  return found.flat().map((row) => fromEntry(row, ask.teamId));
}

/** Credit that was issued and that no payment stands behind. */
export async function issueTransactions(reader: Reader, ask: SourceAsk): Promise<Transaction[]> {
  const kinds = ISSUED_KINDS.filter((kind) => ask.kinds.has(kind));
  if (kinds.length === 0 || ask.recurrence === 'RECURRING') return [];
  const { sql } = reader;
  const { above, upTo } = await seqRange(reader, ask);
  const rows = await sql<EntryRow[]>`
    select e.seq, e.posted_at as at, e.kind, e.amount_nano, e.reason, e.credit_ref as grant_id, g.source
    from entries e join grants g on g.team_id = e.team_id and g.id = e.credit_ref
    where e.team_id = ${ask.teamId} and e.kind = ${sql.unsafe(String(ISSUE))} and e.seq > ${above} and e.seq <= ${upTo}
      and case when g.source in ('SIGN_UP', 'PROMO_CODE', 'BONUS') then g.source else 'GRANT' end = any(${arrayOf(kinds)}::text[])
      and not exists (
        select 1 from payments p
        where p.team_id = e.team_id and p.kind = any(${arrayOf(PAYMENT_KINDS)}::text[]) and p.paid_at = e.posted_at
          and p.grant_id = e.credit_ref)
    order by e.seq ${ask.ascending ? sql`` : sql`desc`} limit ${ask.limit}`;
  return rows.map((row) => fromEntry(row, ask.teamId));
}

const ISSUED_KINDS = [
  'SIGN_UP',
  'PROMO_CODE',
  'BONUS',
  'GRANT',
] as const satisfies readonly TransactionKind[];

function fromEntry(row: EntryRow, teamId: Uuid): Transaction {
  const kind = kindOf(row);
  return {
    teamId,
    place: { at: row.at, rank: RANK.ENTRY, tie: tieOfSeq(row.seq) },
    kind,
    description: row.reason ?? (row.kind === REVERSAL ? 'Usage given back' : DESCRIPTIONS[kind]),
    amountCents: null,
    creditsNano: LEAVES.has(row.kind) ? -row.amount_nano : row.amount_nano,
    recurrence: 'ONE_TIME',
    status: 'COMPLETED',
    receiptNumber: null,
    paymentId: null,
    refundId: null,
    disputeId: null,
    grantId: row.grant_id,
    entrySeq: row.seq,
  };
}

const LEAVES: ReadonlySet<EntryKind> = new Set<EntryKind>([CHARGE, EXPIRY, VOID, CHARGEBACK]);

type EntryTransactionKind =
  | (typeof ISSUED_KINDS)[number]
  | 'EXPIRY'
  | 'VOID'
  | 'EXTENSION'
  | 'CHARGEBACK'
  | 'USAGE';

const DESCRIPTIONS: Readonly<Record<EntryTransactionKind, string>> = {
  SIGN_UP: 'Sign-up credit',
  PROMO_CODE: 'Promo code',
  BONUS: 'Bonus',
  GRANT: 'Credit',
  EXPIRY: 'Credit expired',
  VOID: 'Credit taken back',
  EXTENSION: 'Expired credit given back',
  CHARGEBACK: 'Spent credit of a payment that was taken back',
  USAGE: 'Usage',
};

function kindOf({ kind, source }: EntryRow): EntryTransactionKind {
  if (kind === EXPIRY) return 'EXPIRY';
  if (kind === VOID) return 'VOID';
  if (kind === EXTENSION) return 'EXTENSION';
  if (kind === CHARGEBACK) return 'CHARGEBACK';
  if (kind !== ISSUE) return 'USAGE';
  return ISSUED_KINDS.find((issued) => issued === source) ?? 'GRANT';
}

/** Instants as numbers: `postedAt` never falls along a stream. */
async function seqRange(reader: Reader, ask: SourceAsk): Promise<SeqRange> {
  const { teamId, from, to, after, before } = ask;
  const [wallet] = await reader.sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${teamId}`;
  const head = wallet?.seq ?? 0n;
  const lastAt = (ms: number) => lastSeqAt(reader, teamId, head, ms);
  const lower = [
    from ? await lastAt(from.getTime() - 1) : 0n,
    after ? await (after.rank === RANK.ENTRY ? BigInt(after.tie) : lastAt(after.at.getTime())) : 0n,
  ];
  const upper = [
    to ? await lastAt(to.getTime() - 1) : head,
    before
      ? await (before.rank === RANK.ENTRY ? BigInt(before.tie) - 1n : lastAt(before.at.getTime()))
      : head,
  ];
  const [above = 0n, upTo = 0n] = [lower.sort(ascending).at(-1), upper.sort(ascending).at(0)];
  return { above, upTo };
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
