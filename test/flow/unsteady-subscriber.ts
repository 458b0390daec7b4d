import { WebSocket } from 'ws';
import { follow } from '../../client/follow.ts';
import {
  BalanceChangedDocument,
  type BalanceChangedSubscription,
  LedgerEntryPostedDocument,
  type LedgerEntryPostedSubscription,
} from '../../client/generated/graphql.ts';
import { openLiveClient } from '../../client/live-client.ts';
import { mapped } from '../../client/mapped.ts';
import type { Product } from '../../replay/product.ts';

export type LiveEvent =
  | BalanceChangedSubscription['balanceChanged']
  | LedgerEntryPostedSubscription['ledgerEntryPosted'];

export interface SubscriberOptions {
  readonly feed: 'balanceChanged' | 'ledgerEntryPosted';
  readonly teamId: string;
  readonly servers: readonly Product[];
  /** A whole number below its argument, by chance. */
  readonly chance: (bound: number) => number;
}

/** Follows one team on sockets that break, stop reading and move to another server by chance, from its first entry on. */
export class UnsteadySubscriber {
  readonly events: LiveEvent[] = [];
  readonly mishaps = { losses: 0, moves: 0, stalls: 0 };
  private readonly leaving = new AbortController();
  private readonly ended: Promise<void>;
  private socket: WebSocket | undefined;
  private server: Product | undefined;
  private wake: () => void = () => undefined;

  constructor(readonly options: SubscriberOptions) {
    this.ended = follow<LiveEvent>({
      open: (after) => this.open(after),
      onEvent: (event) => {
        this.events.push(event);
        this.wake();
      },
      onLoss: () => {
        this.mishaps.losses += 1;
      },
      signal: this.leaving.signal,
    });
  }

  get seq(): bigint {
    return BigInt(this.events.at(-1)?.seq ?? '0');
  }

  /** Something happens to it, or nothing. */
  disturb(): void {
    const { socket, options } = this;
    if (!socket) return;
    const what = options.chance(12);
    if (what === 0) socket.terminate();
    if (what === 1) this.stall(socket);
    if (what > 6 && socket.isPaused) socket.resume();
  }

  /** Reads again, and resolves when it has got to the number; rejects when the server refuses it. */
  async reach(seq: bigint): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      this.wake = () => {
        if (this.socket?.isPaused) this.socket.resume();
        if (this.seq >= seq) resolve();
      };
      this.wake();
    });
    await Promise.race([reached, this.ended]);
  }

  async leave(): Promise<void> {
    this.leaving.abort();
    this.socket?.resume();
    await this.ended;
  }

  private stall(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) return;
    this.mishaps.stalls += 1;
    socket.pause();
  }

  private open(after: string | undefined): AsyncIterableIterator<LiveEvent> {
    const { servers, chance, feed, teamId } = this.options;
    const server = servers[chance(servers.length)];
    if (!server) throw new Error('There is no server.');
    if (this.server && this.server !== server) this.mishaps.moves += 1;
    this.server = server;
    const live = openLiveClient({
      url: server.url,
      credential: server.platformKey,
      webSocketImpl: this.socketClass(),
    });
    if (feed === 'balanceChanged') {
      const events = live.subscribe(BalanceChangedDocument, { teamId, after: after ?? null });
      return mapped(events, (data) => data.balanceChanged);
    }
    const events = live.subscribe(LedgerEntryPostedDocument, { teamId, after: after ?? '0' });
    return mapped(events, (data) => data.ledgerEntryPosted);
  }

  /** A WebSocket that this subscriber can break and stop. */
  private socketClass() {
    const keep = (socket: WebSocket) => {
      this.socket = socket;
    };
    return class extends WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        keep(this);
      }
    };
  }
}
