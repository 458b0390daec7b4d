import { setTimeout as sleep } from 'node:timers/promises';
import type { ActorRef } from '../actor.ts';
import { type Db, inTransaction, type Reader, type Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { sentTogether } from '../db/sent-together.ts';
import { badInput, DomainError } from '../domain-error.ts';
import { newUuid } from '../id.ts';
import { audit, INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey, checkReason } from '../teams/text.ts';
import type { SandboxClock } from './sandbox-clock.ts';

/** Something that falls due as time goes by. Safe to run at any time, by any number of processes. */
export interface DueWork {
  /** What it is about, for the one who moved the clock. */
  readonly name: string;
  /** The next instant at which there is something to do, also one in the past; undefined for never. */
  nextAt(reader: Reader): Promise<Date | undefined>;
  /** Does what is due by now. */
  run(): Promise<void>;
}

export interface AdvanceServices {
  readonly db: Db;
  readonly clock: SandboxClock;
  /** What is due at the same instant is done in this order. */
  readonly due: readonly DueWork[];
}

export interface AdvanceClock {
  readonly to: Date;
  readonly reason: string;
  readonly idempotencyKey?: string | undefined;
}

/** What happened on the way. */
export interface ClockAdvanced {
  readonly now: Date;
  /** How many instants there were at which something was due. */
  readonly steps: number;
  /** How often each kind of work was done. */
  readonly ran: ReadonlyMap<string, number>;
  readonly replayed: boolean;
}

const LONGEST_MS = 5 * 366 * 86_400_000;
/** Any number that no other advisory lock has. */
const LOCK = 727_231_001;
/** How long a transaction holds the lock: far below what any transaction may last. */
const STRETCH_MS = 5_000;
/** How many instants are stopped at exactly … */
const EXACT_STEPS = 10_000;
/** … before those so close to each other share a stop: a month of many deployments would take minutes otherwise. */
const LATE_MS = 59_000;
/** How long to wait for what another process is doing. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 10;

/**
 * Moves business time to `to` by way of every instant at which something is due, does that there, and returns when all
 * is done. When it is cut off, time stands where it came to; the same call goes on from there.
 * @throws DomainError BAD_USER_INPUT for an instant that has passed or is more than 5 years away, CONFLICT while
 * another call moves the clock, IDEMPOTENCY_CONFLICT.
 */
export async function advanceClock(
  services: AdvanceServices,
  input: AdvanceClock,
  actor: ActorRef,
): Promise<ClockAdvanced> {
  const { db, clock } = services;
  await clock.load();
  const replayed = await inTransaction(db, (tx) => begin(tx, clock.now(), input, actor));
  const journey = new Journey(services, input.to);
  let arrived = false;
  try {
    while (!arrived) arrived = await inTransaction(db, (tx) => journey.goOn(tx));
  } finally {
    clock.tellMoved();
  }
  return { now: clock.now(), steps: journey.steps, ran: journey.ran, replayed };
}

/** @throws DomainError CONFLICT where there is none: only in sandbox mode the clock can be moved. */
export function demandSandbox(services: AdvanceServices | undefined): AdvanceServices {
  if (services) return services;
  throw new DomainError('CONFLICT', 'This is no sandbox: time goes by on its own here.');
}

/** Records who moves the clock, where to and why. Answers whether the key has been used for it before. */
async function begin(tx: Tx, now: Date, input: AdvanceClock, actor: ActorRef): Promise<boolean> {
  const { to, idempotencyKey: key } = input;
  const reason = checkReason(input.reason);
  await demandLock(tx);
  if (key !== undefined) {
    const request = { to: to.toISOString(), reason };
    const claim = { teamId: INSTALLATION, operation: 'advanceClock', key: checkIdempotencyKey(key), request };
    if ((await claimKey(tx, claim, newUuid(), now)) !== undefined) return true;
  }
  if (to <= now) throw badInput('to', `must be later than ${now.toISOString()}: the clock never goes back.`);
  if (to.getTime() > now.getTime() + LONGEST_MS) throw badInput('to', 'must be at most 5 years ahead.');
  const details = { from: now.toISOString(), to: to.toISOString(), reason };
  await audit(tx, { teamId: INSTALLATION, action: 'clock.advanced', actor, details, at: now });
  return false;
}

/** One way from now to an instant. */
class Journey {
  steps = 0;
  readonly ran = new Map<string, number>();
  private stuck: { readonly atMs: number; readonly sinceMs: number } | undefined;

  constructor(
    private readonly services: AdvanceServices,
    private readonly to: Date,
  ) {}

  /** Goes on while the transaction may hold the lock. Answers whether it has arrived. */
  async goOn(tx: Tx): Promise<boolean> {
    await tx.sql`select pg_advisory_xact_lock(${LOCK})`;
    const startedMs = performance.now();
    while (performance.now() < startedMs + STRETCH_MS) if (await this.step(tx)) return true;
    return false;
  }

  private async step(tx: Tx): Promise<boolean> {
    const { due, clock } = this.services;
    const nextAts = await sentTogether(due.map((work) => work.nextAt(tx)));
    const nextMs = Math.min(...nextAts.map((at) => at?.getTime() ?? Number.POSITIVE_INFINITY));
    if (nextMs > this.to.getTime()) {
      await clock.moveTo(this.to);
      return true;
    }
    await this.waitIfStuck(nextMs);
    await clock.moveTo(new Date(this.stopFor(nextMs)));
    await this.runDue(nextAts);
    this.steps += 1;
    return false;
  }

  private stopFor(nextMs: number): number {
    return this.steps < EXACT_STEPS ? nextMs : Math.min(nextMs + LATE_MS, this.to.getTime());
  }

  /** What is due, the longest due first. */
  private async runDue(nextAts: readonly (Date | undefined)[]): Promise<void> {
    const { due, clock } = this.services;
    const waiting = due.flatMap((work, i) => {
      const at = nextAts[i];
      return at && at <= clock.now() ? [{ work, atMs: at.getTime() }] : [];
    });
    for (const { work } of waiting.sort((a, b) => a.atMs - b.atMs)) {
      await work.run();
      this.ran.set(work.name, (this.ran.get(work.name) ?? 0) + 1);
    }
  }

  /** What was done and is due still: another process has it under its lock. */
  private async waitIfStuck(nextMs: number): Promise<void> {
    if (this.stuck?.atMs !== nextMs) {
      this.stuck = { atMs: nextMs, sinceMs: performance.now() };
      return;
    }
    if (performance.now() > this.stuck.sinceMs + PATIENCE_MS)
      throw new Error(`What is due at ${new Date(nextMs).toISOString()} is not done by doing it.`);
    await sleep(RETRY_MS);
  }
}

/** Others who moved the clock could overtake this call on its way, and would do no harm: but nobody could follow it. */
async function demandLock(tx: Tx): Promise<void> {
  const [row] = await tx.sql<{ locked: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as locked`;
  if (!row?.locked)
    throw new DomainError('CONFLICT', 'The clock is being moved. Repeat the call when that is done.');
}
