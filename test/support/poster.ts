import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import { Batcher } from '../../src/charging/batcher.ts';
import type { ChargeRequest, ChargeResult } from '../../src/charging/charge.ts';
import { type ReverseCharge, reverseCharge } from '../../src/charging/reverse-charge.ts';
import { connect, type Db, inTransaction } from '../../src/db/client.ts';
import { bookDueExpiries } from '../../src/grants/expire.ts';
import {
  type ChangeGrant,
  type ExtendGrant,
  extendGrant,
  type IssueGrant,
  issueGrant,
  voidGrant,
} from '../../src/grants/issue.ts';
import type { Uuid } from '../../src/id.ts';
import { movableClock } from './movable-clock.ts';
import { LATE_WINDOW } from './world.ts';

/** Something that is done to a team beside charging. */
export type Deed =
  | { readonly what: 'ISSUE'; readonly input: IssueGrant }
  | { readonly what: 'VOID'; readonly input: ChangeGrant }
  | { readonly what: 'EXTEND'; readonly input: ExtendGrant }
  | { readonly what: 'REVERSE'; readonly teamId: Uuid; readonly input: ReverseCharge };

/** What came of a deed, and the last entry of the team when it had been done, under the same lock. */
export interface Done {
  readonly grantId?: Uuid;
  readonly replayed: boolean;
  readonly afterSeq: bigint;
}

/** A process that writes to the books, with a clock, a pool and a memory of its own. */
export interface Poster {
  charge(requests: readonly ChargeRequest[]): Promise<ChargeResult[]>;
  /** @throws an Error with the `code` of the refusal. */
  perform(deed: Deed): Promise<Done>;
  /** Moves this process's clock, and not the others'. */
  advance(ms: number): Promise<void>;
  /** Books what is due, as the loop does that nothing depends on. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export interface PosterOptions {
  readonly url: string;
  readonly role: string;
  readonly startMs: number;
  readonly lanes: number;
  readonly batchSize: number;
}

/** A poster in this process. */
export function openPoster({ url, role, startMs, lanes, batchSize }: PosterOptions): Poster {
  const db = connect({ url, role, poolSize: 8, applicationName: POSTER_NAME });
  const clock = movableClock(startMs);
  const catalog = new Catalog(db);
  const batcher = new Batcher(
    db,
    { catalog, clock, window: LATE_WINDOW },
    { lanes, batchSize, queueLimit: 100_000 },
  );
  return {
    charge: (requests) => batcher.charge(requests),
    perform: (deed) => perform(db, deed, clock.now()),
    advance: async (ms) => clock.advance(ms),
    sweep: async () => {
      await bookDueExpiries(db, clock, 100);
    },
    close: async () => {
      await batcher.drain();
      await db.close();
    },
  };
}

/** The name under which the database knows posters. */
export const POSTER_NAME = 'poster';

function perform(db: Db, deed: Deed, now: Date): Promise<Done> {
  return inTransaction(db, async (tx) => {
    const done = await act();
    const teamId = deed.what === 'REVERSE' ? deed.teamId : deed.input.teamId;
    const [wallet] = await tx.sql<{ seq: bigint }[]>`select seq from wallets where team_id = ${teamId}`;
    return { ...done, afterSeq: wallet?.seq ?? 0n };

    async function act(): Promise<Omit<Done, 'afterSeq'>> {
      if (deed.what === 'ISSUE') return issueGrant(tx, deed.input, SYSTEM_ACTOR, now);
      if (deed.what === 'VOID') return voidGrant(tx, deed.input, SYSTEM_ACTOR, now);
      if (deed.what === 'EXTEND') return extendGrant(tx, deed.input, SYSTEM_ACTOR, now);
      const { replayed } = await reverseCharge(tx, deed.input, SYSTEM_ACTOR, now);
      return { replayed };
    }
  });
}
