import { systemMillis } from '../clock.ts';
import type { Db, Fact } from '../db/client.ts';
import { ENTRY_KIND } from '../ledger/account.ts';
import { isLedgerPosted } from '../ledger/posted.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { isDeploymentChanged } from './changed.ts';
import { nextMeteringDueAt } from './heads.ts';
import { meterDue } from './metering.ts';
import { resumeWaiting } from './resume-on-credit.ts';
import type { OperateDeps } from './verbs.ts';

export interface MeteringDeps extends OperateDeps {
  readonly db: Db;
  readonly log: LoopLog;
}

/** Hours that a transaction should take: enough for one commit to serve many, few enough to keep no wallet for long. */
const HOURS_WANTED = 1_000;
const FIRST_TEAMS = 50;
const MOST_TEAMS = 1_000;
/** At least this often it is looked for what other processes have started, and for credit that they have given. */
const LONGEST_REST_MS = 2_000;
/** What is due and cannot be done now, because somebody else is doing it, must not be tried without a pause. */
const SHORTEST_REST_MS = 20;
const REST_AFTER_FAILURE_MS = 1_000;

/**
 * Meters the deployments of all teams, and brings back those that waited for credit. Rests until the next instant at
 * which something is due, at most 2 s; what this process starts or issues ends the rest. `wake` it when the clock was
 * moved.
 */
export class MeteringLoop {
  private readonly loop: Loop;
  private teams = FIRST_TEAMS;
  private resumedMs = Number.NEGATIVE_INFINITY;
  private stopListening: (() => void) | undefined;

  constructor(private readonly deps: MeteringDeps) {
    const options = { name: 'metering', restMs: REST_AFTER_FAILURE_MS, log: deps.log };
    this.loop = new Loop(() => this.step(), options);
  }

  start(): void {
    this.stopListening = this.deps.db.onCommitted((facts) => {
      if (facts.some(isNewCredit)) this.wake();
      else if (facts.some(isDeploymentChanged)) this.loop.wake();
    });
    this.loop.start();
  }

  /** Resolves when the step that runs, if any, is done. */
  async stop(): Promise<void> {
    this.stopListening?.();
    await this.loop.stop();
  }

  /** Looks at once for what is due and for credit that has come. */
  wake(): void {
    this.resumedMs = Number.NEGATIVE_INFINITY;
    this.loop.wake();
  }

  private async step(): Promise<number> {
    const { db, clock } = this.deps;
    const done = await meterDue(db, this.deps, this.teams);
    this.learn(done);
    if (done.isBehind) return 0;
    await this.resume();
    const next = await nextMeteringDueAt(db);
    const restMs = next ? next.getTime() - clock.now().getTime() : LONGEST_REST_MS;
    return Math.min(Math.max(restMs, SHORTEST_REST_MS), LONGEST_REST_MS);
  }

  /** Takes as many teams as lately had about as many hours as a transaction should take. */
  private learn({ teams, hours }: { readonly teams: number; readonly hours: number }): void {
    if (hours === 0) return;
    this.teams = Math.min(Math.max(Math.round((HOURS_WANTED * teams) / hours), 1), MOST_TEAMS);
  }

  private async resume(): Promise<void> {
    if (systemMillis() < this.resumedMs + LONGEST_REST_MS) return;
    this.resumedMs = systemMillis();
    await resumeWaiting(this.deps.db, this.deps);
  }
}

function isNewCredit(fact: Fact): boolean {
  return isLedgerPosted(fact) && fact.entries.some(({ kind }) => NEW_CREDIT.has(kind));
}

const NEW_CREDIT: ReadonlySet<number> = new Set([
  ENTRY_KIND.ISSUE,
  ENTRY_KIND.EXTENSION,
  ENTRY_KIND.REVERSAL,
]);
