import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { firstOfCounter, type Uuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import { type EntryRow, entryColumns, entryOfRow } from '../ledger/entries.ts';
import type { Entry } from '../ledger/entry.ts';
import { lastSeqAt } from '../ledger/last-seq.ts';
import type { Charge } from './charge.ts';
import type { PastHold } from './explain-payment.ts';
import type { Hold } from './hold.ts';
import { holdsById } from './hold-rows.ts';
import type { Moment } from './past-grants.ts';
import { runsById } from './run-rows.ts';

/** A hold as it was placed. */
export interface Placement {
  readonly hold: PastHold;
  /** What it was for: a model, or all of a run. */
  readonly modelIds: readonly Uuid[];
  readonly moment: Moment;
}

/** The placing of the hold that paid a charge or a part of it; undefined when none did. */
export async function placementOf(
  reader: Reader,
  charge: Charge,
  charged: readonly Entry[],
): Promise<Placement | undefined> {
  const { teamId, holdId } = charge;
  if (holdId === null || !charged.some(({ debitAccount }) => debitAccount === ACCOUNT.HELD)) return undefined;
  const [hold] = await holdsById(reader, [{ teamId, id: holdId }]);
  assert(hold, 'a charge names a hold of its team');
  const entries = await entriesAtPlacing(reader, hold);
  const placing = entries.filter(({ postingId }) => postingId === hold.id);
  const setAside = new Map(
    placing.flatMap(({ debitRef, amountNano }) => (debitRef ? [[debitRef, amountNano]] : [])),
  );
  return {
    hold: { id: hold.id, placedAt: hold.placedAt, setAside },
    modelIds: await modelsOf(reader, hold),
    moment: momentOf(hold, entries, placing.at(-1)?.seq ?? 0n),
  };
}

async function modelsOf(reader: Reader, { teamId, runId, modelId }: Hold): Promise<readonly Uuid[]> {
  if (modelId !== null) return [modelId];
  assert(runId, 'a hold is for a model or for a run');
  const [run] = await runsById(reader, [{ teamId, id: runId }]);
  assert(run, 'a hold names a run of its team');
  return run.steps.map((step) => step.modelId);
}

/** Of the millisecond in which a hold was placed: its entries, and those that made or voided grants. */
async function entriesAtPlacing(reader: Reader, { teamId, id, placedAt }: Hold): Promise<Entry[]> {
  const head = await lastSeq(reader, teamId);
  const [low, high] = await Promise.all([
    lastSeqAt(reader, teamId, head, placedAt.getTime() - 1),
    lastSeqAt(reader, teamId, head, placedAt.getTime()),
  ]);
  const rows = await reader.sql<EntryRow[]>`
    select ${entryColumns(reader)} from entries e
    where e.team_id = ${teamId} and e.seq > ${low} and e.seq <= ${high}
      and (e.posting_id = ${id} or e.kind in (${ENTRY_KIND.ISSUE}, ${ENTRY_KIND.VOID}))
    order by e.seq`;
  return rows.map(entryOfRow);
}

async function lastSeq(reader: Reader, teamId: Uuid): Promise<bigint> {
  const [wallet] = await reader.sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${teamId}`;
  assert(wallet, 'a team with a hold has a wallet');
  return wallet.seq;
}

/**
 * When a hold was placed. Its id has the counter of the last charge before it, as what was made since that charge has:
 * in one millisecond only entries tell what came after the hold.
 */
function momentOf({ teamId, id, placedAt }: Hold, entries: readonly Entry[], placedSeq: bigint): Moment {
  const later = entries.filter(({ seq }) => seq > placedSeq);
  const made = new Set(
    later.filter(({ kind }) => kind === ENTRY_KIND.ISSUE).map(({ creditRef }) => creditRef),
  );
  const voided = new Set(
    later.filter(({ kind }) => kind === ENTRY_KIND.VOID).map(({ debitRef }) => debitRef),
  );
  const isOfCounter = (other: Uuid): boolean => firstOfCounter(other) <= firstOfCounter(id);
  return {
    teamId,
    at: placedAt,
    hadGrant: (grantId) => isOfCounter(grantId) && !made.has(grantId),
    hadChange: (changeId, grantId) => isOfCounter(changeId) && !voided.has(grantId),
  };
}
