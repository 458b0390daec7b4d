import type { Clock } from '../clock.ts';
import type { DeploymentChanged } from '../deployments/changed.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { LedgerPosted } from '../ledger/posted.ts';
import { stateAfter, type TeamState } from '../ledger/team-state.ts';
import type { NanoCredits } from '../money.ts';
import type { TeamSpend } from '../usage/spend.ts';
import { type SpendFigures, SpendTally } from '../usage/spend-tally.ts';
import type { StateEvent } from './event.ts';
import type { Watcher } from './hub.ts';
import type { ReadBatches } from './read-batches.ts';
import type { StateSource } from './state-feeds.ts';
import type { StateTopic } from './state-topic.ts';

/** What a team has spent and what it has, after the same entry. */
export interface SpendState {
  readonly teamId: Uuid;
  readonly seq: bigint;
  readonly asOfMs: number;
  readonly figures: SpendFigures;
  readonly team: TeamState;
}

export interface SpendReads {
  readonly clock: Clock;
  readonly spends: ReadBatches<TeamSpend>;
  readonly onFailure: (error: unknown) => void;
}

/** Facts that are kept while the spend is read, to go on from where it was read. */
const MAX_HELD = 64;

/** The spend of one team: read once, then kept up to date with its journal; read again when the journal is not enough. */
export class SpendSource implements StateSource<SpendState>, Watcher<LedgerPosted> {
  /** What it learns of the deployments of the team: what they cost an hour changes when nothing is posted, too. */
  readonly deployments: Watcher<DeploymentChanged> = {
    posted: ({ seq }) => this.deploymentsReached(seq),
    reached: (seq) => this.deploymentsReached(seq),
  };
  private tally: SpendTally | undefined;
  private team: TeamState | undefined;
  private reads = 0;
  private held: LedgerPosted[] = [];
  /** The newest event of the deployments that was heard of. */
  private eventSeq = 0n;
  /** Whether deployments, or their prices, may have changed since the last read began. */
  private isRateOld = false;

  constructor(
    private readonly teamId: Uuid,
    private readonly changes: StateTopic<SpendState>,
    private readonly deps: SpendReads,
  ) {}

  posted(fact: LedgerPosted): void {
    if (this.reads > 0) this.hold(fact);
    this.count(fact);
  }

  reached(seq: bigint): void {
    if (this.tally && this.tally.seq < seq) this.readAgain();
  }

  async snapshot(): Promise<StateEvent<SpendState>> {
    await this.read();
    return this.present('SNAPSHOT', 1n);
  }

  async since(after: bigint): Promise<StateEvent<SpendState>> {
    return this.present('COALESCED', after + 1n);
  }

  refreshed(state: SpendState): SpendState {
    return { ...state, ...this.figuresNow() };
  }

  /** Counts a fact, or reads again when it does not follow or does not tell enough. */
  private count(fact: LedgerPosted): void {
    if (!this.tally || fact.seq <= this.tally.seq) return;
    const { fromSeq, seq, atMs } = fact;
    const isComplete = BigInt(fact.entries.length) === seq - fromSeq + 1n;
    if (!isComplete || !this.tally.apply(fact.entries, fact.hours)) {
      this.readAgain();
      return;
    }
    this.team = stateAfter(fact);
    this.changes.offer({ ...this.present('CHANGE', fromSeq), atMs });
    // It may be the first hour at another price.
    if (fact.hours.size > 0) this.readRate();
  }

  private deploymentsReached(seq: bigint): void {
    if (seq <= this.eventSeq) return;
    this.eventSeq = seq;
    this.readRate();
  }

  /** A read that is under way may have begun too early: another one follows it. */
  private readRate(): void {
    this.isRateOld = true;
    this.readAgain();
  }

  /** One read at a time: a fact that needs another one while it runs is held, and looked at after it. */
  private readAgain(): void {
    if (this.reads === 0) this.read().catch(this.deps.onFailure);
  }

  private async read(): Promise<void> {
    this.reads += 1;
    this.isRateOld = false;
    try {
      const spend = await this.deps.spends.load(this.teamId);
      if (!spend) throw notFound('Team', publicId('team', this.teamId));
      this.adopt(spend);
    } finally {
      this.reads -= 1;
    }
    this.takeHeld();
    if (this.isRateOld) this.readAgain();
  }

  private adopt({ totals, state }: TeamSpend): void {
    const before = this.tally;
    if (before && before.seq >= totals.seq) {
      this.commit(totals.committedNanoPerHour);
      return;
    }
    this.tally = new SpendTally(totals);
    this.team = state;
    if (before) this.changes.offer(this.present('COALESCED', before.seq + 1n));
  }

  private commit(nanoPerHour: NanoCredits): void {
    const { tally } = this.current();
    if (tally.committedNanoPerHour === nanoPerHour) return;
    tally.committedNanoPerHour = nanoPerHour;
    this.changes.renew((state) => this.refreshed(state));
  }

  private hold(fact: LedgerPosted): void {
    this.held.push(fact);
    if (this.held.length > MAX_HELD) this.held.shift();
  }

  /** What came while the spend was read: older than it, following it, or reason to read again. */
  private takeHeld(): void {
    const held = [...this.held];
    if (this.reads === 0) this.held = [];
    for (const fact of held) this.count(fact);
  }

  private present(kind: StateEvent<SpendState>['kind'], fromSeq: bigint): StateEvent<SpendState> {
    const { teamId } = this;
    const { team, tally } = this.current();
    const state = { teamId, seq: tally.seq, team, ...this.figuresNow() };
    return { teamId, kind, fromSeq, seq: tally.seq, atMs: team.postedAtMs, entries: [], state };
  }

  private figuresNow(): Pick<SpendState, 'asOfMs' | 'figures'> {
    const asOfMs = this.deps.clock.now().getTime();
    return { asOfMs, figures: this.current().tally.figuresAt(asOfMs) };
  }

  private current(): { team: TeamState; tally: SpendTally } {
    const { team, tally } = this;
    if (!team || !tally) throw new Error('Invariant violated: spend is read before it is shown');
    return { team, tally };
  }
}
