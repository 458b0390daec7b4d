import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  pauseDeployment,
  resizeDeployment,
  resumeDeployment,
  scaleDeployment,
  startDeployment,
  stopDeployment,
} from '../../src/deployments/operate.ts';
import type { Operated } from '../../src/deployments/verbs.ts';
import type { Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();

type Step =
  | { readonly what: 'START' | 'PAUSE' | 'RESUME' | 'STOP' }
  | { readonly what: 'SCALE'; readonly replicas: number }
  | { readonly what: 'RESIZE'; readonly type: string };

/** Minutes to wait, then a call. */
type History = readonly (readonly [waitMinutes: number, step: Step])[];

const TYPES = ['cpu-s', 'cpu-m'];

const histories: fc.Arbitrary<History> = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 25 }), fc.constantFrom(45, 59, 60, 61, 120, 190)),
    fc.oneof(
      fc.record({ what: fc.constantFrom('START', 'PAUSE', 'RESUME', 'STOP') }),
      fc.record({ what: fc.constant('SCALE' as const), replicas: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ what: fc.constant('RESIZE' as const), type: fc.constantFrom(...TYPES) }),
    ),
  ),
  { minLength: 4, maxLength: 14 },
);

/** A place as the rules describe it. */
interface Place {
  readonly number: number;
  readonly type: string;
  runs: boolean;
  paidUntil: number;
}

/** The rules of hours in minutes, for one deployment with enough credit: written without the product. */
class Rules {
  readonly hours: string[] = [];
  private status: 'CREATED' | 'RUNNING' | 'PAUSED' | 'STOPPED' = 'CREATED';
  private type = 'cpu-s';
  private replicas = 2;
  private places: Place[] = [];

  /** Every hour that begins by then is charged. */
  passTo(now: number): void {
    for (const place of this.places) {
      while (place.runs && place.paidUntil <= now) this.charge(place, place.paidUntil);
    }
  }

  /** Whether the call is allowed; what it does. */
  call(now: number, step: Step): boolean {
    this.passTo(now);
    if (!this.allows(step)) return false;
    if (step.what === 'START' || step.what === 'RESUME') this.status = 'RUNNING';
    if (step.what === 'PAUSE') this.status = 'PAUSED';
    if (step.what === 'STOP') this.status = 'STOPPED';
    if (step.what === 'SCALE') this.replicas = step.replicas;
    if (step.what === 'RESIZE') this.type = step.type;
    this.settle(now);
    return true;
  }

  private allows({ what }: Step): boolean {
    if (what === 'RESIZE') return true;
    if (what === 'START') return this.status === 'CREATED' || this.status === 'STOPPED';
    if (what === 'PAUSE') return this.status === 'RUNNING';
    if (what === 'RESUME') return this.status === 'PAUSED';
    return this.status === 'RUNNING' || this.status === 'PAUSED';
  }

  private settle(now: number): void {
    const wanted = this.status === 'RUNNING' ? this.replicas : 0;
    for (const place of this.places) if (place.type !== this.type) place.runs = false;
    const mine = () =>
      this.places.filter(({ type }) => type === this.type).sort((a, b) => a.number - b.number);
    for (const place of mine()
      .filter(({ runs }) => runs)
      .slice(wanted))
      place.runs = false;
    while (mine().filter(({ runs }) => runs).length < wanted) {
      const resting = mine().filter(({ runs }) => !runs);
      const [paid] = resting
        .filter((p) => p.paidUntil > now)
        .sort((a, b) => b.paidUntil - a.paidUntil || a.number - b.number);
      const place = paid ?? resting[0] ?? this.newPlace(mine().length + 1);
      place.runs = true;
      if (!paid) this.charge(place, now);
    }
  }

  private newPlace(number: number): Place {
    const place = { number, type: this.type, runs: false, paidUntil: 0 };
    this.places.push(place);
    return place;
  }

  private charge(place: Place, at: number): void {
    this.hours.push(`${at} ${place.number} ${place.type}`);
    place.paidUntil = at + 60;
  }
}

/** Plays a history, the loop being never late or only there after each `lateMinutes`. */
async function play(history: History, isLate: boolean): Promise<string[]> {
  const w = await MeteredWorld.on(database.db);
  const team = await w.team('100000');
  const id = await w.create(team, { type: 'cpu-s', replicas: 2 });
  let now = 0;
  for (const [wait, step] of history) {
    now += wait;
    if (isLate) w.goTo(now);
    else await w.passTo(now);
    await unlessRefused(perform(w, team, id, step));
  }
  w.goTo(now + 100);
  await w.meter();
  await unlessRefused(perform(w, team, id, { what: 'STOP' }));
  await w.expectHealthy();
  return (await w.hours(team)).map(({ at, slot, type }) => `${at} ${slot} ${type}`).sort();
}

async function unlessRefused(call: Promise<Operated>): Promise<void> {
  await call.catch((error: unknown) => expect(error).toMatchObject({ code: 'CONFLICT' }));
}

function perform(w: MeteredWorld, team: Uuid, id: Uuid, step: Step): Promise<Operated> {
  const named = one(team, id);
  switch (step.what) {
    case 'START':
      return w.call(startDeployment, named);
    case 'PAUSE':
      return w.call(pauseDeployment, named);
    case 'RESUME':
      return w.call(resumeDeployment, named);
    case 'STOP':
      return w.call(stopDeployment, named);
    case 'SCALE':
      return w.call(scaleDeployment, { ...named, replicas: step.replicas });
    case 'RESIZE':
      return w.call(resizeDeployment, { ...named, instanceType: step.type, size: {} });
  }
}

function byRules(history: History): string[] {
  const rules = new Rules();
  let now = 0;
  for (const [wait, step] of history) {
    now += wait;
    rules.call(now, step);
  }
  rules.passTo(now + 100);
  return rules.hours.sort();
}

test('any history of calls charges the hours that the rules say, however late the loop is', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const expected = byRules(history);
      expect(await play(history, false)).toEqual(expected);
      expect(await play(history, true)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
}, 120_000);
