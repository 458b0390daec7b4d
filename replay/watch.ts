import { type FollowOptions, follow, type Numbered } from '../client/follow.ts';
import { BalanceChangedDocument, LedgerEntryPostedDocument } from '../client/generated/graphql.ts';
import { type LiveClient, openLiveClient } from '../client/live-client.ts';
import { mapped } from '../client/mapped.ts';
import { Tiling } from './tiling.ts';

/** What one subscription saw. */
export interface Watched {
  readonly feed: Feed;
  readonly teamId: string;
  readonly events: number;
  /** How often it lost its connection and came back. */
  readonly losses: number;
  /** What is wrong with its numbers. */
  readonly problem: string | undefined;
}

type Feed = 'balanceChanged' | 'ledgerEntryPosted';

export interface WatchOptions {
  readonly url: string;
  readonly credential: string;
  readonly teamIds: readonly string[];
}

/** Watches teams over a websocket while others charge them. */
export class Watch {
  private readonly ending = new AbortController();
  private readonly live: LiveClient;
  private readonly watchers: readonly Watcher[];
  private readonly ended: Promise<unknown>;

  constructor({ teamIds, ...server }: WatchOptions) {
    this.live = openLiveClient(server);
    this.watchers = teamIds.flatMap((teamId) => [
      new Watcher('balanceChanged', teamId),
      new Watcher('ledgerEntryPosted', teamId),
    ]);
    const { live } = this;
    const { signal } = this.ending;
    this.ended = Promise.all(this.watchers.map((watcher) => watcher.follow(live, signal)));
  }

  /** Waits, at most so long, until every subscription has reached the last number of its team; answers what they saw. */
  async finish(seqOf: (teamId: string) => bigint, timeoutMs: number): Promise<readonly Watched[]> {
    const late = AbortSignal.timeout(timeoutMs);
    await Promise.all(this.watchers.map((watcher) => watcher.reached(seqOf(watcher.teamId), late)));
    await this.stop();
    return this.watchers.map((watcher) => watcher.seen());
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.ended;
    this.live.close();
  }
}

class Watcher {
  private readonly tiling = new Tiling();
  private events = 0;
  private losses = 0;
  private failure: string | undefined;
  private onProgress: () => void = () => undefined;

  constructor(
    private readonly feed: Feed,
    readonly teamId: string,
  ) {}

  async follow(live: LiveClient, signal: AbortSignal): Promise<void> {
    const { teamId } = this;
    const open: FollowOptions<Numbered>['open'] = (after) =>
      this.feed === 'balanceChanged'
        ? mapped(
            live.subscribe(BalanceChangedDocument, { teamId, after: after ?? null }),
            (data) => data.balanceChanged,
          )
        : mapped(
            live.subscribe(LedgerEntryPostedDocument, { teamId, after: after ?? null }),
            (data) => data.ledgerEntryPosted,
          );
    try {
      await follow({ open, signal, onEvent: (event) => this.take(event), onLoss: () => this.lose() });
    } catch (error) {
      this.failure = String(error);
      this.onProgress();
    }
  }

  /** Resolves at the number, at a failure, or when it is too late, which is a failure. */
  reached(seq: bigint, late: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.onProgress = () => {
        if (this.tiling.seq >= seq || this.failure !== undefined) resolve();
      };
      late.addEventListener('abort', () => {
        if (this.tiling.seq < seq) this.failure ??= `only ${this.tiling.seq} of ${seq} came`;
        this.onProgress();
      });
      this.onProgress();
    });
  }

  seen(): Watched {
    const { feed, teamId, events, losses } = this;
    return { feed, teamId, events, losses, problem: this.tiling.problem ?? this.failure };
  }

  private take(event: Numbered): void {
    this.events += 1;
    this.tiling.add(event);
    this.onProgress();
  }

  private lose(): void {
    this.losses += 1;
  }
}
