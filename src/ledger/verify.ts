import type { Reader } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { BookHead } from './book-head.ts';
import type { Checkpoint, CheckpointKey } from './checkpoint.ts';
import { checkpointsOf } from './checkpoints.ts';
import { entriesBetween } from './entries.ts';
import type { BalancesAfter, Entry } from './entry.ts';
import { type GrantAccount, isUnrestricted } from './grant-account.ts';
import { type EntryFault, Replay } from './replay.ts';
import { type GrantRow, grantColumns, grantOf, headOf, type WalletRow, walletColumns } from './rows.ts';

/** Why a team's books are not proved. */
export type Fault =
  | EntryFault
  /** The wallet row is not what the entries make. */
  | 'WALLET_MISMATCH'
  /** A grant row is not what the entries make. */
  | 'GRANT_ROW_MISMATCH'
  /** A charge is not what its entries make. */
  | 'CHARGE_MISMATCH'
  /** A signed checkpoint knows another entry, or one that is gone. */
  | 'CHECKPOINT_MISMATCH'
  /** A checkpoint that the key at hand did not sign. */
  | 'CHECKPOINT_FORGED';

/** Something that does not fit. `seq` names the entry; null when it is not about one. */
export interface Problem {
  readonly seq: bigint | null;
  readonly fault: Fault;
  readonly message: string;
}

/** What came of verifying one team. */
export interface TeamVerification {
  readonly teamId: Uuid;
  readonly ok: boolean;
  /** Entries that were recomputed. */
  readonly entries: bigint;
  /** Signed checkpoints that were compared. */
  readonly checkpoints: number;
  /** Hash of the last entry recomputed. */
  readonly headHash: string;
  /** The first entry that does not fit comes first; nothing after it can be judged. */
  readonly problems: readonly Problem[];
}

export interface VerifyOptions {
  /** Checks the signatures of checkpoints. */
  readonly key: CheckpointKey;
  /** Checkpoints kept outside of the database, beside those in it. */
  readonly exported?: readonly Checkpoint[] | undefined;
}

/** Entries read at a time: a few milliseconds of work, so that a server that verifies goes on serving. */
const CHUNK = 1000n;

/**
 * Recomputes a team's stream from its first entry and compares it with the wallet, the grants and signed checkpoints, in
 * constant memory however long it is. What is posted meanwhile is not looked at.
 * @throws DomainError NOT_FOUND
 */
export async function verifyTeam(
  reader: Reader,
  teamId: Uuid,
  { key, exported = [] }: VerifyOptions,
): Promise<TeamVerification> {
  const claimed = await readClaims(reader, teamId);
  if (!claimed) throw notFound('Team', publicId('team', teamId));
  const { head, grants } = claimed;
  const { good, forged } = sortOut([...(await checkpointsOf(reader, teamId)), ...exported], key);
  const replay = new Replay(teamId, naturesOf(grants));
  const misfit = await replayAll(reader, replay, head.seq, good);
  const problems: Problem[] = [...forged];
  if (misfit) problems.unshift(misfit);
  else
    problems.push(
      ...cutTails(good, head.seq),
      ...headFaults(replay, claimed),
      ...grantFaults(replay, grants),
    );
  return {
    teamId,
    ok: problems.length === 0,
    entries: replay.seq,
    checkpoints: [...good.values()].flat().length,
    headHash: replay.hash,
    problems,
  };
}

/** What the tables say that the entries make, all of one moment. */
interface Claims {
  readonly head: BookHead;
  readonly grants: readonly GrantAccount[];
  /** The number of the last entry. */
  readonly lastSeq: bigint;
}

async function readClaims(reader: Reader, teamId: Uuid): Promise<Claims | undefined> {
  // Columns of both: the wallet's win.
  const rows = await reader.sql<
    (GrantRow &
      WalletRow & {
        grant_id: Uuid | null;
        grant_held: bigint;
        grant_disputed: bigint;
        last_seq: bigint | null;
      })[]
  >`
    select g.*, w.*, g.id as grant_id, g.held_nano as grant_held, g.disputed_nano as grant_disputed
    from (
      select ${walletColumns(reader)},
        (select e.seq from entries e where e.team_id = w.team_id order by e.seq desc limit 1) as last_seq
      from wallets w where w.team_id = ${teamId}
    ) w
    left join lateral (select ${grantColumns(reader)} from grants g where g.team_id = ${teamId}) g on true`;
  const [first] = rows;
  if (!first) return undefined;
  const grants = rows.flatMap((row) =>
    row.grant_id ? [grantOf({ ...row, held_nano: row.grant_held, disputed_nano: row.grant_disputed })] : [],
  );
  return { head: headOf(first), grants, lastSeq: first.last_seq ?? 0n };
}

function naturesOf(grants: readonly GrantAccount[]) {
  return new Map(
    grants.map(({ id, kind, scope, grantedNano }) => [
      id,
      { kind, unrestricted: isUnrestricted(scope), grantedNano },
    ]),
  );
}

type CheckpointsBySeq = ReadonlyMap<bigint, readonly Checkpoint[]>;

function sortOut(
  checkpoints: readonly Checkpoint[],
  key: CheckpointKey,
): { good: CheckpointsBySeq; forged: Problem[] } {
  const forged = checkpoints
    .filter((checkpoint) => !key.signed(checkpoint))
    .map(
      (checkpoint): Problem => ({
        seq: checkpoint.seq,
        fault: 'CHECKPOINT_FORGED',
        message: `a checkpoint of ${checkpoint.at.toISOString()} was not signed by the key ${key.id}`,
      }),
    );
  const good = checkpoints.filter((checkpoint) => key.signed(checkpoint));
  return { good: Map.groupBy(good, ({ seq }) => seq), forged };
}

/** The first entry that does not fit, or nothing: then the replay has come to `headSeq`. */
async function replayAll(
  reader: Reader,
  replay: Replay,
  headSeq: bigint,
  checkpoints: CheckpointsBySeq,
): Promise<Problem | undefined> {
  const read = (from: bigint) =>
    entriesBetween(reader, replay.teamId, from, lesser(from + CHUNK - 1n, headSeq));
  let next = headSeq > 0n ? read(1n) : undefined;
  for (let from = 1n; next; from += CHUNK) {
    const entries: readonly Entry[] = await next;
    // The next chunk is on its way while this one is recomputed.
    next = from + CHUNK <= headSeq ? read(from + CHUNK) : undefined;
    for (const entry of entries) {
      const problem = replay.take(entry) ?? contradiction(entry, checkpoints.get(entry.seq));
      if (problem) {
        await next?.catch(() => undefined);
        return problem;
      }
    }
  }
  if (replay.seq === headSeq) return undefined;
  return { seq: replay.seq + 1n, fault: 'MISSING_ENTRY', message: 'it is missing' };
}

function contradiction(entry: Entry, checkpoints: readonly Checkpoint[] | undefined): Problem | undefined {
  const other = checkpoints?.find(({ hash }) => hash !== entry.hash);
  if (!other) return undefined;
  const message = `history up to it was rewritten after ${other.at.toISOString()}, when its hash was signed as ${other.hash}`;
  return { seq: entry.seq, fault: 'CHECKPOINT_MISMATCH', message };
}

function cutTails(checkpoints: CheckpointsBySeq, headSeq: bigint): Problem[] {
  return [...checkpoints.values()].flat().flatMap(({ seq, at }): Problem[] => {
    if (seq <= headSeq) return [];
    const message = `the stream ends at ${headSeq}, but this entry was signed on ${at.toISOString()}: the tail was cut`;
    return [{ seq, fault: 'CHECKPOINT_MISMATCH', message }];
  });
}

function headFaults(replay: Replay, { head, lastSeq, grants }: Claims): Problem[] {
  const messages: string[] = [];
  if (lastSeq > head.seq) messages.push(`the stream ends at ${lastSeq}, the wallet says ${head.seq}`);
  if (replay.hash !== head.hash) messages.push('the hash is not that of the last entry');
  if (replay.postedAtMs > head.postedAtMs) messages.push('it was changed before the last entry was posted');
  for (const [figure, amount] of figuresOf(replay.balances)) {
    const claimed = head.balances[figure];
    if (claimed !== amount) messages.push(`${figure} is ${claimed}, the entries make ${amount}`);
  }
  const held = grants.reduce((sum, grant) => sum + grant.heldNano, 0n);
  if (held !== head.balances.heldNano)
    messages.push(`heldNano is ${head.balances.heldNano}, the grants' ${held}`);
  const disputed = grants.reduce((sum, grant) => sum + grant.disputedNano, 0n);
  if (disputed !== head.balances.disputedNano)
    messages.push(`disputedNano is ${head.balances.disputedNano}, the grants' ${disputed}`);
  const due = nextDue(grants);
  if (due !== head.nextDueAtMs) messages.push(`the next due time is ${head.nextDueAtMs}, the grants' ${due}`);
  return messages.map((message) => ({ seq: null, fault: 'WALLET_MISMATCH', message: `wallet: ${message}` }));
}

function nextDue(grants: readonly GrantAccount[]): number | null {
  const instants = grants.flatMap(({ status, effectiveAtMs, expiresAtMs }) => {
    if (status === 'SCHEDULED') return [effectiveAtMs];
    return status === 'OPEN' && expiresAtMs !== null ? [expiresAtMs] : [];
  });
  return instants.length === 0 ? null : Math.min(...instants);
}

function figuresOf(balances: BalancesAfter): [keyof BalancesAfter, bigint][] {
  // BalancesAfter has amounts only, and no other member.
  return Object.entries(balances) as [keyof BalancesAfter, bigint][];
}

const UNTOUCHED = {
  remainingNano: 0n,
  heldNano: 0n,
  spentNano: 0n,
  expiredNano: 0n,
  voidedNano: 0n,
  refundedNano: 0n,
  disputedNano: 0n,
};
// Object.keys forgets the names of the keys.
const FIGURES = Object.keys(UNTOUCHED) as (keyof typeof UNTOUCHED)[];

function grantFaults(replay: Replay, grants: readonly GrantAccount[]): Problem[] {
  return grants.flatMap((grant) => {
    const made = replay.grants.get(grant.id);
    const wrong = FIGURES.filter((figure) => grant[figure] !== (made ?? UNTOUCHED)[figure]).map(
      (figure) => `${figure} is ${grant[figure]}, the entries make ${(made ?? UNTOUCHED)[figure]}`,
    );
    if (!made && grant.status !== 'SCHEDULED' && grant.status !== 'VOIDED') wrong.push('it was never issued');
    const hasSome = grant.remainingNano > 0n || (grant.status === 'OPEN' && grant.heldNano > 0n);
    if (hasSome !== (grant.status === 'OPEN')) {
      wrong.push(`it is ${grant.status} with ${grant.remainingNano} n`);
    }
    const name = publicId('grant', grant.id);
    return wrong.map(
      (message): Problem => ({ seq: null, fault: 'GRANT_ROW_MISMATCH', message: `${name}: ${message}` }),
    );
  });
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
