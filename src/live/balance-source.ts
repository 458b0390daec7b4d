import type { Reader } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import { entriesAfter } from '../ledger/entries.ts';
import type { LedgerPosted } from '../ledger/posted.ts';
import { stateAfter, type TeamState } from '../ledger/team-state.ts';
import type { StateEvent } from './event.ts';
import type { Watcher } from './hub.ts';
import type { ReadBatches } from './read-batches.ts';
import type { StateSource } from './state-feeds.ts';
import type { StateTopic } from './state-topic.ts';

/** More entries than this are not listed in an event of a state feed, nor read for one. */
const MAX_LISTED = 200n;

export interface BalanceReads {
  readonly reader: Reader;
  readonly states: ReadBatches<TeamState>;
  readonly onFailure: (error: unknown) => void;
}

/** The balance of one team: facts bring it complete, so that nothing is read while it is sent out. */
export class BalanceSource implements StateSource<TeamState>, Watcher<LedgerPosted> {
  /** Reads under way, by where they start and end: those who come back together share them. */
  private readonly reads = new Map<string, Promise<StateEvent<TeamState>>>();
  private isCatchingUp = false;

  constructor(
    private readonly teamId: Uuid,
    private readonly topic: StateTopic<TeamState>,
    private readonly deps: BalanceReads,
  ) {}

  posted(fact: LedgerPosted): void {
    const { teamId, fromSeq, seq, atMs, entries } = fact;
    const count = BigInt(entries.length);
    const isListed = count === seq - fromSeq + 1n && count <= MAX_LISTED;
    const listed = isListed ? ({ kind: 'CHANGE', entries } as const) : COALESCED;
    this.topic.offer({ teamId, fromSeq, seq, atMs, ...listed, state: stateAfter(fact) });
  }

  reached(seq: bigint): void {
    const known = this.topic.seq;
    if (known === undefined || known >= seq || this.isCatchingUp) return;
    this.isCatchingUp = true;
    this.catchUp(known)
      .catch(this.deps.onFailure)
      .finally(() => {
        this.isCatchingUp = false;
      });
  }

  async snapshot(): Promise<StateEvent<TeamState>> {
    const { teamId } = this;
    const state = await this.deps.states.load(teamId);
    if (!state) throw notFound('Team', publicId('team', teamId));
    const { seq, postedAtMs: atMs } = state;
    return { teamId, kind: 'SNAPSHOT', fromSeq: 1n, seq, atMs, entries: [], state };
  }

  since(after: bigint, snapshot: StateEvent<TeamState>): Promise<StateEvent<TeamState>> {
    const key = `${after}-${snapshot.seq}`;
    const known = this.reads.get(key);
    if (known) return known;
    const read = this.readSince(after, snapshot).finally(() => this.reads.delete(key));
    this.reads.set(key, read);
    return read;
  }

  refreshed(state: TeamState): TeamState {
    return state;
  }

  private async catchUp(known: bigint): Promise<void> {
    const snapshot = await this.snapshot();
    if (snapshot.seq > known) this.topic.offer(await this.since(known, snapshot));
  }

  private async readSince(after: bigint, snapshot: StateEvent<TeamState>): Promise<StateEvent<TeamState>> {
    const missing = snapshot.seq - after;
    const event = { ...snapshot, fromSeq: after + 1n };
    if (missing > MAX_LISTED) return { ...event, ...COALESCED };
    // Exactly the entries up to the snapshot: numbers have no gaps.
    const entries = await entriesAfter(this.deps.reader, this.teamId, after, Number(missing));
    return { ...event, kind: 'CHANGE', entries };
  }
}

const COALESCED = { kind: 'COALESCED', entries: [] } as const;
