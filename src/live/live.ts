import type { Clock } from '../clock.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Db } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { isLedgerPosted } from '../ledger/posted.ts';
import { readTeamStates, type TeamState } from '../ledger/team-state.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { readSpend, type TeamSpend } from '../usage/spend.ts';
import { BalanceSource } from './balance-source.ts';
import type { Bus } from './bus.ts';
import { Hub } from './hub.ts';
import { LogFeeds } from './log-feeds.ts';
import type { LogFeed } from './log-topic.ts';
import { ReadBatches } from './read-batches.ts';
import { SpendSource, type SpendState } from './spend-source.ts';
import { StateFeeds } from './state-feeds.ts';
import type { Pace, StateFeed } from './state-topic.ts';

export interface LiveOptions {
  readonly db: Db;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: LoopLog;
  /** How often the ledger is asked what the bus may have lost. */
  readonly pollMs?: number;
  /** Silence after which a subscriber gets a heartbeat. */
  readonly heartbeatMs?: number;
}

/** Where a subscriber wants to begin. */
export interface Resume {
  readonly teamId: Uuid;
  /** The last number that it has; absent: a snapshot comes first. */
  readonly after?: bigint | undefined;
}

const POLL_MS = 2_000;
const HEARTBEAT_MS = 20_000;
/** In any second 3 + 6 events and the one that a feed begins with: at most ten, and a lone posting rarely waits. */
const BALANCE_PACE: Pace = { burst: 3, intervalMs: 143 };
const SPEND_PACE: Pace = { burst: 1, intervalMs: 501 };
const MAX_PER_SECOND = 10;
const STATES_AT_ONCE = 500;
const SPENDS_AT_ONCE = 100;

/**
 * The live feeds of this process. What is committed here is told through the bus; what the bus brings goes to who
 * watches; and a slow poll repairs what got lost. Each call of a feed authorises nobody: that is done before.
 */
export class Live {
  private readonly hub: Hub;
  private readonly balances: StateFeeds<TeamState>;
  private readonly spends: StateFeeds<SpendState>;
  private readonly logs: LogFeeds;
  private readonly loops: readonly Loop[];
  private readonly stopListening: readonly (() => void)[];

  constructor(private readonly options: LiveOptions) {
    const { db, bus, clock, log, pollMs = POLL_MS, heartbeatMs = HEARTBEAT_MS } = options;
    const onFailure = (error: unknown): void => log.warn({ err: error }, 'a live feed has to try again');
    const hub = new Hub(onFailure);
    const states = new ReadBatches((ids) => readTeamStates(db, ids, clock.now()), STATES_AT_ONCE);
    const spends = new ReadBatches<TeamSpend>((ids) => readSpend(db, ids, clock.now()), SPENDS_AT_ONCE);
    this.hub = hub;
    this.balances = new StateFeeds({
      hub,
      pace: BALANCE_PACE,
      sourceOf: (teamId, changes) => new BalanceSource(teamId, changes, { reader: db, states, onFailure }),
    });
    this.spends = new StateFeeds({
      hub,
      pace: SPEND_PACE,
      sourceOf: (teamId, changes) => new SpendSource(teamId, changes, { clock, spends, onFailure }),
    });
    this.logs = new LogFeeds({ hub, states, reader: db, onFailure });
    this.stopListening = [
      db.onCommitted((facts) => bus.publish(facts.filter(isLedgerPosted))),
      bus.subscribe((fact) => hub.posted(fact)),
    ];
    this.loops = [
      new Loop(() => this.poll(), { name: 'live poll', restMs: pollMs, log }),
      new Loop(async () => this.beat(heartbeatMs), { name: 'heartbeat', restMs: heartbeatMs / 20, log }),
    ];
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  /** Ends all feeds, at once. */
  async close(): Promise<void> {
    for (const stop of this.stopListening) stop();
    for (const { topics } of [this.balances, this.spends, this.logs]) topics.close();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /**
   * What a team has: at once after a lone posting, otherwise the newest at most `maxPerSecond` times.
   * @throws DomainError NOT_FOUND for the team, BAD_USER_INPUT naming the argument.
   */
  balanceChanged({ teamId, after }: Resume, maxPerSecond = MAX_PER_SECOND): Promise<StateFeed<TeamState>> {
    return this.balances.open({ teamId, after, restMs: restOf(maxPerSecond) });
  }

  /** Every ledger entry of a team, in order. @throws as `balanceChanged` */
  ledgerEntryPosted({ teamId, after }: Resume): Promise<LogFeed> {
    return this.logs.open(teamId, after);
  }

  /** What a team spends, at most twice a second. @throws as `balanceChanged` */
  spendUpdated({ teamId, after }: Resume): Promise<StateFeed<SpendState>> {
    return this.spends.open({ teamId, after });
  }

  /** One statement for all teams that are watched here: what their feeds have missed, they read. */
  private async poll(): Promise<undefined> {
    const { teams } = this.hub;
    if (teams.length === 0) return;
    const rows = await this.options.db.sql<{ team_id: Uuid; seq: bigint }[]>`
      select w.team_id, w.seq from unnest(${arrayOf(teams)}::uuid[]) as t (id) join wallets w on w.team_id = t.id`;
    for (const { team_id, seq } of rows) this.hub.reached(team_id, seq);
  }

  private beat(silenceMs: number): undefined {
    for (const { topics } of [this.balances, this.spends, this.logs]) topics.beat(silenceMs);
  }
}

/** The least time between two events, 0 for the usual. @throws DomainError BAD_USER_INPUT */
function restOf(maxPerSecond: number): number {
  if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1 || maxPerSecond > MAX_PER_SECOND) {
    throw badInput('maxPerSecond', `must be a whole number from 1 to ${MAX_PER_SECOND}.`);
  }
  return maxPerSecond === MAX_PER_SECOND ? 0 : Math.ceil(1_000 / maxPerSecond);
}
