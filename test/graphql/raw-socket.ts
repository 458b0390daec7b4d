import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

interface Message {
  readonly type: string;
  readonly id?: string;
  // What a test reads of it is what it asserts.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  readonly payload?: any;
}

/** A socket that speaks the protocol message by message, well or badly, as a test wants it. */
export class RawSocket {
  private readonly inbox: Message[] = [];
  private wake: (() => void) | undefined;
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.inbox.push(JSON.parse(String(data)));
      this.wake?.();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.wake?.();
      });
    });
  }

  static async open(
    url: string,
    options: ClientOptions = {},
    protocol = 'graphql-transport-ws',
  ): Promise<RawSocket> {
    const raw = new RawSocket(new WebSocket(url, protocol, options));
    await once(raw.socket, 'open');
    return raw;
  }

  /** Opens, introduces itself and waits for the acknowledgement. */
  static async connect(url: string, authorization: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.send({ type: 'connection_init', payload: { authorization } });
    await raw.next('connection_ack');
    return raw;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables?: Record<string, unknown>): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  /** The next message, which must be of this type. */
  async next(type: string): Promise<Message> {
    while (this.inbox.length === 0) {
      if (this.socket.readyState === this.socket.CLOSED) throw new Error(`closed instead of "${type}"`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const message = this.inbox.shift();
    if (message?.type !== type) throw new Error(`not "${type}": ${JSON.stringify(message)}`);
    return message;
  }

  /** Everything that came before the server answers a ping, which it does in order. */
  async settled(): Promise<readonly Message[]> {
    this.send({ type: 'ping' });
    const seen: Message[] = [];
    for (;;) {
      while (this.inbox.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      const message = this.inbox.shift();
      if (!message || message.type === 'pong') return seen;
      seen.push(message);
    }
  }
}
