import { setTimeout as delay } from 'node:timers/promises';
import { seedInstanceTypes } from '../../../src/catalog/instance-types.ts';
import type { Uuid } from '../../../src/id.ts';
import type { TestDatabase } from '../../support/database.ts';
import { type MovableClock, movableClock } from '../../support/movable-clock.ts';
import { type World, worldOn } from '../../support/world.ts';
import type { Deed, DoneStep, Journal } from './journal.ts';
import { perform, setPrice, topUp } from './perform-calls.ts';
import {
  type DaysPlan,
  type PlannedCall,
  type PlannedKill,
  type PlannedStep,
  PROCESSES,
  START,
} from './plan.ts';
import { RemoteMeter } from './remote-meter.ts';

const ROLE = 'drawdown_app';
const LONGEST_STEP_MS = 60_000;

/** What was done, and how much of it was in the way of kills. */
export interface Played {
  readonly journal: Journal;
  readonly kills: number;
  /** Kills after which something was left undone. */
  readonly interruptions: number;
  /** Failures that the loops have told of. */
  readonly failures: readonly string[];
}

/**
 * Plays the days on a database: the calls of customers from this process, the metering from two others, which are killed
 * and replaced. Time stands still during a step, and goes on when nobody is in the middle of something.
 */
export class DaysPlay {
  private readonly clock: MovableClock = movableClock(START);
  private readonly world: World;
  private readonly teamIds: Uuid[] = [];
  private readonly serverIds = new Map<number, Uuid>();
  private readonly steps: DoneStep[] = [];
  private readonly meters: RemoteMeter[] = [];
  /** Those that take the place of the killed, and the number of the step in which they do. */
  private readonly substitutes: { readonly meter: RemoteMeter; readonly atStep: number }[] = [];
  private readonly failures: string[] = [];
  private kills = 0;
  private interruptions = 0;
  private made = 0;

  constructor(
    private readonly database: TestDatabase,
    private readonly plan: DaysPlan,
  ) {
    this.world = worldOn(database.db, this.clock);
  }

  async play(): Promise<Played> {
    await this.setUp();
    try {
      for (const [number, step] of this.plan.steps.entries()) await this.playStep(step, number);
      // What was left by the last step is done, and credit that came brings back who waited for it.
      for (const minutes of [10, 20]) await this.playStep(this.quietStep(minutes), this.plan.steps.length);
    } finally {
      await Promise.all(
        [...this.meters, ...this.substitutes.map(({ meter }) => meter)].map((one) => one.kill()),
      );
    }
    const teams = this.plan.teams.map(({ zone }, i) => ({ id: this.teamIds[i] ?? '', zone }));
    const { kills, interruptions, failures } = this;
    return { journal: { teams, steps: this.steps }, kills, interruptions, failures };
  }

  private async setUp(): Promise<void> {
    const { ownerDb } = this.database;
    for (let i = 0; i < PROCESSES; i++) this.meters.push(this.newMeter());
    await seedInstanceTypes(this.world.db, new Date(0));
    for (const { zone, debtLimitNano } of this.plan.teams) {
      const id = await this.world.team();
      await ownerDb.sql`update teams set time_zone = ${zone} where id = ${id}`;
      await ownerDb.sql`update wallets set debt_limit_nano = ${debtLimitNano} where team_id = ${id}`;
      this.teamIds.push(id);
    }
  }

  private newMeter(): RemoteMeter {
    return new RemoteMeter({ url: this.database.url, role: ROLE, name: `meter ${++this.made}` });
  }

  private async playStep(step: PlannedStep, number: number): Promise<void> {
    const { at, kill } = step;
    this.clock.advance(at - this.clock.now().getTime());
    await this.substitute(number);
    await Promise.all(this.meters.map((meter) => meter.go(at)));
    const killed = kill ? this.kill(kill, number) : Promise.resolve();
    const [deeds] = await Promise.all([this.doDeeds(step), killed]);
    await this.substitute(number, at);
    if (this.meters.length > 0) await this.untilNothingIsDue(at);
    await Promise.all(this.meters.map((meter) => meter.halt()));
    this.steps.push({ at, deeds, stillDue: await this.stillDue(at) });
    for (const price of step.prices) await setPrice(this.world, price);
  }

  private quietStep(minutesLater: number): PlannedStep {
    const at = (this.plan.steps.at(-1)?.at ?? START) + minutesLater * 60_000;
    return { at, calls: [], topUps: [], prices: [], kill: null };
  }

  /** Lets those begin whose time has come; with `at` during the step. */
  private async substitute(number: number, at?: number): Promise<void> {
    for (const one of [...this.substitutes]) {
      if (one.atStep > number) continue;
      this.substitutes.splice(this.substitutes.indexOf(one), 1);
      this.meters.push(one.meter);
      if (at !== undefined) await one.meter.go(at);
    }
  }

  private async kill({ victims, afterMs, stepsDown }: PlannedKill, number: number): Promise<void> {
    const killed = this.meters.filter((_, i) => victims.includes(i));
    await delay(afterMs);
    await Promise.all(killed.map((meter) => meter.kill()));
    const left = await this.stillDue(this.clock.now().getTime());
    this.kills += killed.length;
    if (left.size > 0) this.interruptions += 1;
    for (const meter of killed) {
      this.failures.push(...meter.failures);
      this.meters.splice(this.meters.indexOf(meter), 1);
      this.substitutes.push({ meter: this.newMeter(), atStep: number + stepsDown });
    }
    // What a killed process has sent may be carried out without it.
    await this.untilGone(killed.map(({ setting }) => setting.name));
  }

  private async doDeeds({ calls, topUps }: PlannedStep): Promise<Map<string, Deed[]>> {
    const deeds = new Map<string, Deed[]>(this.teamIds.map((id) => [id, []]));
    const byServer = new Map<number, PlannedCall[]>();
    for (const call of calls) byServer.set(call.server, [...(byServer.get(call.server) ?? []), call]);
    await Promise.all([
      ...topUps.map(async ({ team, ...terms }) => {
        const teamId = this.teamIds[team] ?? '';
        deeds.get(teamId)?.push(await topUp(this.world, teamId, { team, ...terms }));
      }),
      ...[...byServer.values()].map(async (ofServer) => {
        for (const one of ofServer) deeds.get(this.teamIds[one.team] ?? '')?.push(await this.call(one));
      }),
    ]);
    return deeds;
  }

  private async call({ team, server, call, isRepeated }: PlannedCall): Promise<Deed> {
    const done = await perform(
      this.world,
      this.teamIds[team] ?? '',
      this.serverIds.get(server),
      call,
      isRepeated,
    );
    this.serverIds.set(server, done.id);
    return done;
  }

  private async stillDue(atMs: number): Promise<Set<string>> {
    const rows = await this.database.ownerDb.sql<{ team_id: string }[]>`
      select team_id from deployment_heads where next_due_at <= ${new Date(atMs).toISOString()}::timestamptz`;
    return new Set(rows.map(({ team_id }) => team_id));
  }

  private untilNothingIsDue(atMs: number): Promise<void> {
    return until('nothing is due', async () => (await this.stillDue(atMs)).size === 0);
  }

  private untilGone(names: readonly string[]): Promise<void> {
    return until('the connections of killed processes are gone', async () => {
      const rows = await this.database.ownerDb.sql<{ name: string }[]>`
        select application_name as name from pg_stat_activity where datname = current_database()`;
      return !rows.some(({ name }) => names.includes(name));
    });
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + LONGEST_STEP_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`It never came about that ${what}.`);
    await delay(3);
  }
}
