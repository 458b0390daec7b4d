import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { firstUuidAt, orderedUuid, publicId, type Uuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import { balanceOf, type TeamBalance } from '../ledger/balance.ts';
import type { Book, PostedRange } from '../ledger/book.ts';
import { type EntryRow, entryColumns, entryOfRow } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import { type LockedHeads, lockHeads, openBooks, writeBooks } from '../ledger/post.ts';
import { giveBackToCaps } from './cap-counters.ts';
import type { Charge } from './charge.ts';
import { chargeEntries, findCharges } from './charge-reads.ts';
import { postReversal } from './reversal.ts';

export interface ReverseCharge {
  readonly chargeId: Uuid;
  readonly reason: string;
  readonly idempotencyKey: string;
}

export interface ReversalResult {
  readonly charge: Charge;
  /** What the team has now. */
  readonly balance: TeamBalance;
  readonly replayed: boolean;
}

const MAX_REASON = 500;
const MAX_KEY = 200;

/**
 * Gives a charge back as a whole, once. Nothing is posted for what posted nothing: usage without a price or unbilled.
 * @throws DomainError NOT_FOUND, BAD_USER_INPUT, IDEMPOTENCY_CONFLICT, CONFLICT with `reason: ALREADY_REVERSED` when
 * another key has reversed it.
 */
export async function reverseCharge(
  tx: Tx,
  input: ReverseCharge,
  actor: ActorRef,
  now: Date,
): Promise<ReversalResult> {
  const { chargeId, reason, idempotencyKey } = input;
  checkLength(reason.trim(), MAX_REASON, 'reason');
  checkLength(idempotencyKey, MAX_KEY, 'idempotencyKey');
  // Charges never change: this one may be read before its team is locked.
  const [charge] = await findCharges(tx, [chargeId], { kind: 'ANY_TEAM' });
  if (!charge) throw notFound('Charge', publicId('charge', chargeId));
  const { teamId } = charge;
  const heads = await lockHeads(tx, [teamId]);
  const head = heads.get(teamId);
  assert(head, 'a team with a charge has a wallet');
  const id = orderedUuid(Math.max(now.getTime(), head.postedAtMs), head.chargeCount);
  const claim = { teamId, operation: 'reverseCharge', key: idempotencyKey, request: { chargeId, reason } };
  const replayed = (await claimKey(tx, claim, id, now)) !== undefined;
  if (!replayed) await reverse(tx, charge, heads, { id, actor, reason }, now);
  const balance = await balanceOf(tx, teamId, now);
  assert(balance, 'a team with a charge has a wallet');
  return { charge, balance, replayed };
}

/** Who reversed a charge and why. */
interface ReversalFacts {
  readonly id: Uuid;
  readonly actor: ActorRef;
  readonly reason: string;
}

async function reverse(
  tx: Tx,
  charge: Charge,
  heads: LockedHeads,
  facts: ReversalFacts,
  now: Date,
): Promise<void> {
  await refuseSecond(tx, charge);
  const charged = await chargeEntries(tx, [charge]);
  const later = charge.debtNano === 0n ? [] : await receivableSince(tx, charge);
  const grantIds = new Set([...charged, ...later].flatMap(({ debitRef }) => debitRef ?? []));
  const book = (await openBooks(tx, heads, now.getTime(), [...grantIds])).get(charge.teamId);
  assert(book, 'a team with a charge has a wallet');
  const range = postReversal(book, charged, [...later, ...paidOnOpening(book)], facts);
  await writeBooks(tx, [book]);
  if (range) await giveBackToCaps(tx, charge);
  await insertReversal(tx, charge, facts, book.atMs, range);
}

async function refuseSecond(tx: Tx, { teamId, id }: Charge): Promise<void> {
  const found = await tx.sql`select 1 from reversals where team_id = ${teamId} and charge_id = ${id}`;
  if (found.length === 0) return;
  throw new DomainError('CONFLICT', 'The charge has been reversed already.', {
    field: 'chargeId',
    reason: 'ALREADY_REVERSED',
  });
}

/** The entries after a charge that took from the receivable: all but the rare ones are skipped by their indexes. */
async function receivableSince(tx: Tx, { teamId, toSeq, postedAt }: Charge): Promise<Entry[]> {
  // Ids of reversals begin with the time of posting: those before the charge are not looked at.
  const from = firstUuidAt(postedAt.getTime());
  // The predicate of entries_debt_payments, as a literal: with a parameter the index would not be considered.
  const rows = await tx.sql<EntryRow[]>`
    select ${entryColumns(tx)} from entries e
    where e.team_id = ${teamId} and e.kind = 7 and e.seq > ${toSeq}
    union all
    select e.* from reversals r cross join lateral (
      select ${entryColumns(tx)} from entries e
      where e.team_id = r.team_id and e.seq between r.from_seq and r.to_seq
        and e.credit_account = ${ACCOUNT.RECEIVABLE} offset 0
    ) e
    where r.team_id = ${teamId} and r.id >= ${from} and r.from_seq > ${toSeq}
    order by seq`;
  return rows.map(entryOfRow);
}

/** Scheduled prepaid credit that became effective meanwhile has just paid debt. */
function paidOnOpening(book: Book): Entry[] {
  return book.entries.filter(({ kind }) => kind === ENTRY_KIND.DEBT_PAYMENT);
}

async function insertReversal(
  tx: Tx,
  charge: Charge,
  { id, actor, reason }: ReversalFacts,
  atMs: number,
  range: PostedRange | undefined,
): Promise<void> {
  await tx.sql`insert into reversals ${tx.sql({
    team_id: charge.teamId,
    charge_id: charge.id,
    id,
    amount_nano: range ? charge.amountNano : 0n,
    from_seq: range?.fromSeq ?? null,
    to_seq: range?.toSeq ?? null,
    posted_at: new Date(atMs).toISOString(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    reason,
  })}`;
}

function checkLength(text: string, max: number, field: string): void {
  if (text === '' || text.length > max) throw badInput(field, `must have 1 to ${max} characters.`);
}
