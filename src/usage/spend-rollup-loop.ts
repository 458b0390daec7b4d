import { systemMillis } from '../clock.ts';
import type { Db, Fact } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { isLedgerPosted } from '../ledger/posted.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { FIRST_ID } from './spend.ts';
import { rollUpSpend, teamsBehind } from './spend-rollup.ts';

/** A team is rolled up when so many entries have followed, for reads get slower with each … */
const MANY_ENTRIES = 1_000;
/** … or when the first of them is so old. */
const OLD_MS = 60_000;
/** How often all teams are looked at: what was charged by processes that ended, and free usage, posts no fact. */
const LOOK_MS = 600_000;
const REST_MS = 1_000;
const TEAMS_AT_ONCE = 100;

interface Waiting {
  readonly sinceMs: number;
  entries: number;
}

/** Keeps the tails short that spend views read beside the buckets. Nothing but their speed depends on it. */
export class SpendRollup {
  private readonly waiting = new Map<Uuid, Waiting>();
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  private readonly loop: Loop;
  private readonly stopListening: () => void;

  constructor(
    private readonly db: Db,
    log: LoopLog,
  ) {
    this.loop = new Loop(() => this.step(), { name: 'spend roll-up', restMs: REST_MS, log });
    this.stopListening = db.onCommitted((facts) => {
      for (const fact of facts) this.learn(fact);
    });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    this.stopListening();
    await this.loop.stop();
  }

  private learn(fact: Fact): void {
    if (!isLedgerPosted(fact)) return;
    const known = this.waiting.get(fact.teamId);
    if (known) known.entries += fact.entries.length;
    else this.waiting.set(fact.teamId, { sinceMs: systemMillis(), entries: fact.entries.length });
  }

  private async step(): Promise<undefined> {
    const nowMs = systemMillis();
    if (nowMs - this.lookedAtMs >= LOOK_MS) {
      await this.lookAtAll();
      this.lookedAtMs = nowMs;
    }
    const due = [...this.waiting].filter(
      ([, { sinceMs, entries }]) => entries >= MANY_ENTRIES || nowMs - sinceMs >= OLD_MS,
    );
    await this.rollUp(due.map(([teamId]) => teamId));
  }

  private async lookAtAll(): Promise<void> {
    let behind: Uuid[] = [FIRST_ID];
    do {
      behind = await teamsBehind(this.db, behind.at(-1) ?? FIRST_ID, TEAMS_AT_ONCE);
      await this.rollUp(behind);
    } while (behind.length > 0);
  }

  private async rollUp(teamIds: readonly Uuid[]): Promise<void> {
    for (let start = 0; start < teamIds.length; start += TEAMS_AT_ONCE) {
      const some = teamIds.slice(start, start + TEAMS_AT_ONCE);
      for (const teamId of some) this.waiting.delete(teamId);
      while (await rollUpSpend(this.db, some));
    }
  }
}
