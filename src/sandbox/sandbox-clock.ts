import { type Clock, systemMillis } from '../clock.ts';
import type { Db, Reader } from '../db/client.ts';
import { Loop, type LoopLog } from '../loop.ts';

const ID = 1;
const POLL_MS = 500;

/**
 * Business time in sandbox mode: the machine's, moved ahead by an offset that the database keeps for all processes. It
 * is never moved back.
 */
export class SandboxClock implements Clock {
  private offsetMs = 0;
  private readonly listeners = new Set<() => void>();
  private readonly polling: Loop;

  constructor(
    private readonly db: Db,
    log: LoopLog,
    private readonly systemMs: () => number = systemMillis,
  ) {
    const poll = async () => {
      if (await this.load()) this.tellMoved();
      return undefined;
    };
    this.polling = new Loop(poll, { name: 'sandbox clock', restMs: POLL_MS, log });
  }

  now(): Date {
    return new Date(this.systemMs() + this.offsetMs);
  }

  /** Follows moves by other processes, at most half a second behind. */
  start(): void {
    this.polling.start();
  }

  stop(): Promise<void> {
    return this.polling.stop();
  }

  /** Takes over what is stored. Answers whether that has moved this clock. */
  async load(): Promise<boolean> {
    return this.advance(await storedOffsetMs(this.db));
  }

  /** Moves business time of all processes to `at`, unless it is there already. */
  async moveTo(at: Date): Promise<void> {
    const offsetMs = at.getTime() - this.systemMs();
    if (offsetMs <= this.offsetMs) return;
    const [row] = await this.db.sql<{ offset_ms: bigint }[]>`
      insert into sandbox_clock as c (id, offset_ms, updated_at)
      values (${ID}, ${offsetMs}, ${at.toISOString()}::timestamptz)
      on conflict (id) do update set offset_ms = greatest(c.offset_ms, excluded.offset_ms), updated_at = excluded.updated_at
      returning offset_ms`;
    this.advance(Number(row?.offset_ms ?? 0n));
  }

  /** Tells `listener` when time has been moved, so that nobody sleeps through it. */
  onMoved(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** To be called when a move is over. */
  tellMoved(): void {
    for (const listener of this.listeners) listener();
  }

  private advance(offsetMs: number): boolean {
    if (offsetMs <= this.offsetMs) return false;
    this.offsetMs = offsetMs;
    return true;
  }
}

/** The clock of a server in sandbox mode, where earlier moves have left it. */
export async function openSandboxClock(db: Db, log: LoopLog): Promise<SandboxClock> {
  const clock = new SandboxClock(db, log);
  await clock.load();
  return clock;
}

/**
 * For a server that is not in sandbox mode: its books must not have entries of the future.
 * @throws Error when the clock of this database has been moved.
 */
export async function demandUnmovedClock(reader: Reader): Promise<void> {
  const offsetMs = await storedOffsetMs(reader);
  if (offsetMs === 0) return;
  const days = (offsetMs / 86_400_000).toFixed(1);
  throw new Error(
    `The clock of this database is ${days} days ahead, moved in sandbox mode. Its books are not for real money: ` +
      'use another database, or set SANDBOX=true.',
  );
}

async function storedOffsetMs({ sql }: Pick<Reader, 'sql'>): Promise<number> {
  const [row] = await sql<{ offset_ms: bigint }[]>`select offset_ms from sandbox_clock where id = ${ID}`;
  return Number(row?.offset_ms ?? 0n);
}
