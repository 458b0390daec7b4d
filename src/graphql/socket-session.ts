import type { WebSocket } from 'ws';
import type { Authenticated } from '../teams/authenticate.ts';
import type { Close } from './close-codes.ts';
import type { Context } from './context.ts';
import type { Outlet } from './delivery.ts';

/** A subscription of a socket, as far as others may end it. */
export interface RunningOperation {
  /** Ends it, unless the asker may still read what it shows. */
  judgeAgain(): Promise<void>;
  end(): void;
}

/** Who the socket belongs to, once it said so. */
export interface Owner extends Authenticated {
  readonly context: Context;
}

/** One open socket: its owner, its subscriptions, and whether its client is alive. */
export class SocketSession implements Outlet {
  readonly operations = new Set<RunningOperation>();
  owner: Owner | undefined;
  private answered = true;
  private nextPingAtMs: number;

  constructor(
    private readonly socket: WebSocket,
    readonly traceId: string,
    nowMs: number,
    private readonly pingEveryMs: number,
  ) {
    this.nextPingAtMs = nowMs + pingEveryMs;
    socket.on('pong', () => {
      this.answered = true;
    });
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.isOpen) this.socket.send(text);
  }

  flush(text: string): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => this.socket.send(text, () => resolve()));
  }

  /** Closes, and ends the subscriptions now: a client that does not read may take long to agree to the close. */
  close({ code, reason }: Close): void {
    this.socket.close(code, reason);
    for (const operation of this.operations) operation.end();
  }

  terminate(): void {
    this.socket.terminate();
  }

  isExpired(nowMs: number): boolean {
    const { expiresAt } = this.owner ?? {};
    return expiresAt !== undefined && expiresAt.getTime() <= nowMs;
  }

  /** Pings when it is time. A client that has not answered the ping before is gone. */
  ping(nowMs: number): void {
    if (nowMs < this.nextPingAtMs || !this.isOpen) return;
    if (!this.answered) {
      this.terminate();
      return;
    }
    this.answered = false;
    this.nextPingAtMs = nowMs + this.pingEveryMs;
    this.socket.ping();
  }
}
