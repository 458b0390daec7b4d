import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import type { DeploymentChanged } from '../deployments/changed.ts';
import type { DeploymentEvent } from '../deployments/deployment-event.ts';
import { deploymentsById } from '../deployments/deployment-reads.ts';
import { badInput, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import type { Entry } from '../ledger/entry.ts';
import type { LedgerPosted } from '../ledger/posted.ts';
import { readTeamStates, type TeamState } from '../ledger/team-state.ts';
import { Loop, type LoopLog } from '../loop.ts';
import type { TopUpChanged, TopUpEvent } from '../payments/top-up-changed.ts';
import { type CommittedRates, readSpend, type TeamSpend } from '../usage/spend.ts';
import { BalanceSource } from './balance-source.ts';
import { type Bus, isLiveFact } from './bus.ts';
import { deploymentJournal } from './deployment-journal.ts';
import { FollowedJournal } from './followed-journal.ts';
import { ledgerJournal } from './ledger-journal.ts';
import type { LogFeed } from './log-topic.ts';
import { ReadBatches } from './read-batches.ts';
import { SpendSource, type SpendState } from './spend-source.ts';
import { StateFeeds } from './state-feeds.ts';
import type { Pace, StateFeed } from './state-topic.ts';
import { topUpJournal } from './top-up-journal.ts';
import type { Topic, Topics } from './topics.ts';

export interface LiveOptions {
  readonly db: Db;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: LoopLog;
  readonly committedRates: CommittedRates;
  /** How often the journals are asked what the bus may have lost. */
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
  private readonly ledger: FollowedJournal<Entry, LedgerPosted>;
  private readonly deployments: FollowedJournal<DeploymentEvent, DeploymentChanged>;
  private readonly topUps: FollowedJournal<TopUpEvent, TopUpChanged>;
  private readonly balances: StateFeeds<TeamState, BalanceSource>;
  private readonly spends: StateFeeds<SpendState, SpendSource>;
  private readonly loops: readonly Loop[];
  private readonly stopListening: readonly (() => void)[];

  constructor(private readonly options: LiveOptions) {
    const { db, bus, clock, log } = options;
    const onFailure = (error: unknown): void => log.warn({ err: error }, 'a live feed has to try again');
    const states = new ReadBatches((ids) => readTeamStates(db, ids, clock.now()), STATES_AT_ONCE);
    this.ledger = new FollowedJournal(ledgerJournal(db, states), onFailure);
    this.deployments = new FollowedJournal(deploymentJournal(db), onFailure);
    this.topUps = new FollowedJournal(topUpJournal(db), onFailure);
    this.balances = new StateFeeds({
      pace: BALANCE_PACE,
      sourceOf: (teamId, changes) => new BalanceSource(teamId, changes, { reader: db, states, onFailure }),
      join: (teamId, source) => this.ledger.hub.join(teamId, source),
    });
    this.spends = this.spendFeeds(onFailure);
    this.stopListening = [
      db.onCommitted((facts) => bus.publish(facts.filter(isLiveFact))),
      bus.subscribe((fact) => {
        this.ledger.tell(fact);
        this.deployments.tell(fact);
        this.topUps.tell(fact);
      }),
    ];
    this.loops = this.loopsWith(options);
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  /** Ends all feeds, at once. */
  async close(): Promise<void> {
    for (const stop of this.stopListening) stop();
    for (const topics of this.topics()) topics.close();
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
  ledgerEntryPosted({ teamId, after }: Resume): Promise<LogFeed<Entry>> {
    return this.ledger.feeds.open(teamId, after);
  }

  /** What a team spends, at most twice a second. @throws as `balanceChanged` */
  spendUpdated({ teamId, after }: Resume): Promise<StateFeed<SpendState>> {
    return this.spends.open({ teamId, after });
  }

  /**
   * Every event of a team's deployments, in order, by numbers of their own. A deployment that is named must be of the
   * team; its events come among the others. @throws as `balanceChanged`, and NOT_FOUND for the deployment
   */
  async deploymentChanged({ teamId, after }: Resume, deploymentId?: Uuid): Promise<LogFeed<DeploymentEvent>> {
    if (deploymentId !== undefined) await this.demandDeployment(teamId, deploymentId);
    return this.deployments.feeds.open(teamId, after);
  }

  /** Every event of a team's top-ups, in order, by numbers of their own. @throws as `balanceChanged` */
  topUpChanged({ teamId, after }: Resume): Promise<LogFeed<TopUpEvent>> {
    return this.topUps.feeds.open(teamId, after);
  }

  private async demandDeployment(teamId: Uuid, id: Uuid): Promise<void> {
    const [found] = await deploymentsById(this.options.db, [id]);
    if (found?.teamId !== teamId) throw notFound('Deployment', publicId('deployment', id));
  }

  private spendFeeds(onFailure: (error: unknown) => void): StateFeeds<SpendState, SpendSource> {
    const { db, clock, committedRates } = this.options;
    const read = (ids: readonly Uuid[]) => readSpend(db, ids, clock.now(), committedRates);
    const spends = new ReadBatches<TeamSpend>(read, SPENDS_AT_ONCE);
    return new StateFeeds({
      pace: SPEND_PACE,
      sourceOf: (teamId, changes) => new SpendSource(teamId, changes, { clock, spends, onFailure }),
      join: (teamId, source) => {
        const leaveLedger = this.ledger.hub.join(teamId, source);
        const leaveDeployments = this.deployments.hub.join(teamId, source.deployments);
        return () => {
          leaveLedger();
          leaveDeployments();
        };
      },
    });
  }

  private loopsWith({ log, pollMs = POLL_MS, heartbeatMs = HEARTBEAT_MS }: LiveOptions): readonly Loop[] {
    const poll = async (): Promise<undefined> => {
      await Promise.all([this.ledger.poll(), this.deployments.poll(), this.topUps.poll()]);
    };
    const beat = async (): Promise<undefined> => {
      for (const topics of this.topics()) topics.beat(heartbeatMs);
    };
    return [
      new Loop(poll, { name: 'live poll', restMs: pollMs, log }),
      new Loop(beat, { name: 'heartbeat', restMs: heartbeatMs / 20, log }),
    ];
  }

  private topics(): readonly Pick<Topics<Topic>, 'beat' | 'close'>[] {
    const { balances, spends, ledger, deployments, topUps } = this;
    return [balances, spends, ledger.feeds, deployments.feeds, topUps.feeds].map(({ topics }) => topics);
  }
}

/** The least time between two events, 0 for the usual. @throws DomainError BAD_USER_INPUT */
function restOf(maxPerSecond: number): number {
  if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1 || maxPerSecond > MAX_PER_SECOND) {
    throw badInput('maxPerSecond', `must be a whole number from 1 to ${MAX_PER_SECOND}.`);
  }
  return maxPerSecond === MAX_PER_SECOND ? 0 : Math.ceil(1_000 / maxPerSecond);
}
