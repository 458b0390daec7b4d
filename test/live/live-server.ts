import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import { connect, type Db } from '../../src/db/client.ts';
import {
  type Bus,
  fromWire,
  type LiveFact,
  type LiveListener,
  MemoryBus,
  toWire,
} from '../../src/live/bus.ts';
import { Live } from '../../src/live/live.ts';
import type { CommittedRates } from '../../src/usage/spend.ts';
import type { TestDatabase } from '../support/database.ts';
import { type World, worldOn } from '../support/world.ts';

/** As much of a server process as live feeds need: a pool and a bus of its own, on a database that others share. */
export interface LiveServer {
  readonly db: Db;
  readonly bus: Bus;
  readonly live: Live;
  readonly world: World;
}

export interface LiveServerOptions {
  readonly bus?: Bus;
  readonly clock?: Clock;
  /** What deployments cost an hour; nothing when absent. */
  readonly committedRates?: CommittedRates;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
}

/** Long enough that no test that does without the poll meets it. */
export const NEVER_MS = 600_000;

/** No team has any that runs. */
export const noDeployments: CommittedRates = async () => new Map();

/** Runs until the test has finished. */
export function liveServer(database: TestDatabase, options: LiveServerOptions = {}): LiveServer {
  const { bus = new MemoryBus(), clock = systemClock, committedRates = noDeployments, ...live } = options;
  const db = connect({ url: database.url, role: 'drawdown_app', poolSize: 6 });
  const log = { warn: () => undefined };
  const server = new Live({ db, bus, clock, log, committedRates, pollMs: NEVER_MS, ...live });
  server.start();
  onTestFinished(async () => {
    await server.close();
    await db.close();
  });
  return { db, bus, live: server, world: worldOn(db, clock) };
}

/** What a bus does to one fact. */
export type Fate = 'DELIVER' | 'LOSE' | 'REPEAT' | 'DELAY';

/** A bus between processes that is as bad as a bus may be. Delayed facts come after the next one. */
export class LossyBus implements Bus {
  private readonly inner = new MemoryBus();
  private delayed: string[] = [];

  constructor(private readonly fateOf: (fact: LiveFact) => Fate) {}

  publish(facts: readonly LiveFact[]): void {
    for (const fact of facts) this.carry(toWire(fact), this.fateOf(fact));
  }

  subscribe(listener: LiveListener): () => void {
    return this.inner.subscribe(listener);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private carry(text: string, fate: Fate): void {
    if (fate === 'DELAY') {
      this.delayed.push(text);
      return;
    }
    const copies = { DELIVER: 1, LOSE: 0, REPEAT: 2 }[fate];
    const texts = [...Array.from({ length: copies }, () => text), ...this.delayed];
    this.delayed = [];
    this.inner.publish(texts.flatMap((one) => fromWire(one) ?? []));
  }
}
