import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { HOLD_STATUS } from '../../src/charging/hold.ts';
import { placeRequest, reportRequest } from '../../src/charging/hold-item.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { createDeployment, startDeployment } from '../../src/deployments/operate.ts';
import type { CreateDeployment } from '../../src/deployments/verbs.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { parseCredits } from '../../src/money.ts';
import { advanceClock, type ClockAdvanced } from '../../src/sandbox/advance-clock.ts';
import { allDueWork } from '../../src/sandbox/due-work.ts';
import { SandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { worldOn } from '../support/world.ts';

const database = useDatabase();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What an hour of cpu-s costs. */
const HOUR_NANO = parseCredits('0.08');

/** A sandbox in which the machine's time stands still. Each goes on where the one before it has left the clock. */
async function sandbox() {
  const { db } = database;
  const clock = new SandboxClock(db, { warn: () => undefined }, () => Date.UTC(2027, 0, 4));
  await clock.load();
  await seedInstanceTypes(db, clock.now());
  const world = worldOn(db, clock);
  const jobs = new JobQueue(db, { warn: () => undefined });
  const payments = { jobs, dues: [], sandbox: undefined };
  const services = { db, clock, catalog: world.catalog, batcher: world.batcher(), payments };
  const due = allDueWork(services);
  const startMs = clock.now().getTime();
  const advance = (ms: number): Promise<ClockAdvanced> => {
    const to = new Date(clock.now().getTime() + ms);
    return advanceClock({ db, clock, due }, { to, reason: 'test' }, SYSTEM_ACTOR);
  };
  const deploy = (teamId: Uuid, options: Partial<CreateDeployment> = {}): Promise<Uuid> => {
    const call = { teamId, reason: null, idempotencyKey: newUuid() };
    const size = { replicas: 1, minReplicas: 1, maxReplicas: 1 };
    const of = { memberId: null, apiKeyId: null, schedule: null, resumeOnTopUp: false, ...options };
    const create = { ...call, name: 'server', instanceType: 'cpu-s', size, ...of };
    return inTransaction(db, async (tx) => {
      const { deployment } = await createDeployment(tx, create, SYSTEM_ACTOR, clock.now(), services);
      const start = { ...call, deploymentId: deployment.id };
      await startDeployment(tx, start, SYSTEM_ACTOR, clock.now(), services);
      return deployment.id;
    });
  };
  return { ...services, world, startMs, advance, deploy };
}

interface HourRow {
  readonly deployment_id: Uuid;
  readonly occurred_at: Date;
  readonly posted_at: Date;
  readonly amount_nano: bigint;
}

const hoursOf = (teamId: Uuid) => database.db.sql<HourRow[]>`
  select deployment_id, occurred_at, posted_at, amount_nano from charges where team_id = ${teamId} order by id`;

/** What happened to the team's deployments, in hours since `startMs`. */
async function eventsOf(teamId: Uuid, startMs: number): Promise<[string, number][]> {
  const rows = await database.db.sql<{ kind: string; at: Date }[]>`
    select kind, at from deployment_events where team_id = ${teamId} order by seq`;
  return rows.map(({ kind, at }) => [kind, (at.getTime() - startMs) / HOUR_MS]);
}

describe('moving the clock', () => {
  test('charges every hour of every deployment once, at its own instant and in order', async () => {
    const { world, advance, deploy, startMs } = await sandbox();
    const teamId = await world.team();
    await world.grant(teamId, '100');
    const started = new Map<Uuid, number>();
    for (let i = 0; i < 4; i++) {
      started.set(await deploy(teamId), i * 7 * MINUTE_MS);
      await advance(7 * MINUTE_MS);
    }
    const { now, ran } = await advance(2 * 24 * HOUR_MS);
    expect(ran.get('deployments')).toBeGreaterThan(4 * 48);
    const hours = await hoursOf(teamId);
    const expected = [...started].flatMap(([id, offsetMs]) => {
      const lastedMs = now.getTime() - startMs - offsetMs;
      return Array.from({ length: Math.floor(lastedMs / HOUR_MS) + 1 }, (_, hour) => ({
        deployment_id: id,
        occurred_at: new Date(startMs + offsetMs + hour * HOUR_MS),
        posted_at: new Date(startMs + offsetMs + hour * HOUR_MS),
        amount_nano: HOUR_NANO,
      }));
    });
    const inOrder = expected.sort((a, b) => a.occurred_at.getTime() - b.occurred_at.getTime());
    expect(hours).toEqual(inOrder);
    await expectHealthy(database.db);
  });

  test('pauses a deployment when credit ends, and resumes it when more begins', async () => {
    const { world, advance, deploy, startMs, clock } = await sandbox();
    const teamId = await world.team();
    await world.grant(teamId, '0.4');
    const inHours = (hours: number) => new Date(clock.now().getTime() + hours * HOUR_MS);
    await world.grant(teamId, '0.16', { effectiveAt: inHours(9.5), expiresAt: inHours(100) });
    await deploy(teamId, { resumeOnTopUp: true });
    await advance(24 * HOUR_MS);
    const events = await eventsOf(teamId, startMs);
    expect(events.filter(([kind]) => kind === 'PAUSED' || kind === 'RESUMED')).toEqual([
      ['PAUSED', 5],
      ['RESUMED', 9.5],
      ['PAUSED', 11.5],
    ]);
    expect((await hoursOf(teamId)).map(({ posted_at }) => (posted_at.getTime() - startMs) / HOUR_MS)).toEqual(
      [0, 1, 2, 3, 4, 9.5, 10.5],
    );
    await expectHealthy(database.db);
  });

  test('lets a deployment run in the windows of its schedule', async () => {
    const { world, advance, deploy, startMs } = await sandbox();
    const teamId = await world.team();
    await world.grant(teamId, '100');
    const hourNow = new Date(startMs).getUTCHours();
    const time = (hours: number) => `${String((hourNow + hours) % 24).padStart(2, '0')}:00`;
    const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
    await deploy(teamId, { schedule: { windows: [{ days, from: time(2), to: time(5) }] } });
    await advance(2 * 24 * HOUR_MS);
    const sinceHour = startMs - (startMs % HOUR_MS);
    const events = await eventsOf(teamId, sinceHour);
    expect(events.filter(([kind]) => kind === 'PAUSED' || kind === 'RESUMED')).toEqual([
      ['RESUMED', 2],
      ['PAUSED', 5],
      ['RESUMED', 26],
      ['PAUSED', 29],
    ]);
    expect(await hoursOf(teamId)).toHaveLength(6);
  });

  test('settles holds by their last report at the instant they expire', async () => {
    const { world, advance, batcher, startMs } = await sandbox();
    const teamId = await world.team();
    await world.grant(teamId, '100');
    const model = `model-${newUuid()}`;
    await world.model(model, { REQUEST: '1' });
    const requests = (count: string) => [{ meter: 'REQUEST' as const, quantity: parseDecimal(count) }];
    const of = { teamId: publicId('team', teamId), model, quantities: requests('5') };
    const place = placeRequest({ ...of, idempotencyKey: 'hold' }, SYSTEM_ACTOR);
    const [placed] = 'what' in place ? await batcher.holds([place]) : [];
    if (!placed?.ok) throw new Error('the hold is placed');
    const holdId = publicId('hold', placed.hold.id);
    const report = reportRequest({ teamId: of.teamId, holdId, quantities: requests('2') }, SYSTEM_ACTOR);
    if ('what' in report) await batcher.holds([report]);
    await advance(24 * HOUR_MS);
    const [charge] = await hoursOf(teamId);
    expect(charge).toMatchObject({
      amount_nano: parseCredits('2'),
      posted_at: new Date(startMs + 15 * MINUTE_MS),
    });
    const holds = await database.db.sql`select status from holds where team_id = ${teamId}`;
    expect(holds).toEqual([{ status: HOLD_STATUS.EXPIRED }]);
    await expectHealthy(database.db);
  });
});
