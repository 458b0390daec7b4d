import type { Clock } from '../clock.ts';
import { type Db, inTransaction, sqlState, type Tx } from '../db/client.ts';
import type { Call, Follower } from './call.ts';
import { Objects } from './objects.ts';
import { Outbox } from './outbox.ts';
import { Params } from './params.ts';

/** What a call is made from. */
export interface CallOrigin {
  readonly given?: Readonly<Record<string, unknown>>;
  readonly path?: (name: string) => string;
  readonly requestId?: string;
  readonly idempotencyKey?: string | undefined;
}

const DEADLOCK = '40P01';
const ATTEMPTS = 5;

/** Runs calls: each in a transaction of its own, with the events it emitted stored beside its effect. */
export class CallRunner {
  /** Of the hosted pages; known once the server listens. */
  baseUrl = '';

  constructor(
    readonly db: Db,
    readonly clock: Clock,
    private readonly followers: readonly Follower[],
    /** Called after events were committed. */
    private readonly onEvents: () => void,
  ) {}

  /**
   * The work's result, committed; a throw rolls back. Calls that locked each other out are done again: one of them may
   * hold an invoice and want its payment intent, while another comes from the intent.
   */
  async run<T>(origin: CallOrigin, work: (call: Call) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(origin, work);
      } catch (error) {
        if (sqlState(error) !== DEADLOCK || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async attempt<T>(origin: CallOrigin, work: (call: Call) => Promise<T>): Promise<T> {
    const { result, events } = await inTransaction(this.db, async (tx) => {
      const { call, outbox } = this.open(tx, origin);
      const done = await work(call);
      return { result: done, events: await outbox.flush(call.objects) };
    });
    if (events > 0) this.onEvents();
    return result;
  }

  private open(tx: Tx, origin: CallOrigin): { call: Call; outbox: Outbox } {
    const now = this.clock.now();
    const { requestId = null, idempotencyKey = null } = origin;
    const outbox = new Outbox(now, { requestId, idempotencyKey });
    const call: Call = {
      tx,
      objects: new Objects(tx),
      now,
      params: new Params(origin.given ?? {}),
      path: origin.path ?? (() => ''),
      emit: (type, object, previous) => outbox.add(type, object, previous),
      baseUrl: this.baseUrl,
      followers: this.followers,
    };
    return { call, outbox };
  }
}
