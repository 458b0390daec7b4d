import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHARGE_CHECKS } from '../../src/charging/charge-checks.ts';
import { verifyBooks } from '../../src/charging/verify-books.ts';
import type { Uuid } from '../../src/id.ts';
import { checkpointKey } from '../../src/ledger/checkpoint.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import { ConcurrentHistory, type Setting } from '../support/concurrent-history.ts';
import { concurrentHistories } from '../support/concurrent-steps.ts';
import { useDatabase } from '../support/database.ts';
import { faultsOfAnswers, faultsOfDeeds } from '../support/judge-answers.ts';
import { audit } from '../support/ledger-audit.ts';
import { movableClock } from '../support/movable-clock.ts';
import { openPoster, POSTER_NAME, type Poster } from '../support/poster.ts';
import { forkPoster } from '../support/remote-poster.ts';
import { KIND } from '../support/replayed-ledger.ts';
import { readTeamRecord, type TeamRecord } from '../support/team-record.ts';
import { type World, worldOn } from '../support/world.ts';

const database = useDatabase();
const START = Date.UTC(2026, 0, 1);
/** The clock of one process is behind those of the others. */
const CLOCKS = [START, START, START - 20_000];

/** The usual seeds, or as many random ones as the variable says. */
const seeds = process.env.HISTORIES
  ? Array.from({ length: Number(process.env.HISTORIES) }, () => Math.trunc(Math.random() * 2 ** 31))
  : [1, 2, 3, 4, 5, 6, 7, 8];

const MODELS = [
  {
    product: 'chat',
    gpuType: null,
    unitPrices: { REQUEST: '0.11', INPUT_TOKEN: '0.0000000025', OUTPUT_TOKEN: '0.01' },
  },
  {
    product: 'chat',
    gpuType: 'H100',
    unitPrices: { REQUEST: '0.2333333333333', INPUT_TOKEN: '0.0000000005', OUTPUT_TOKEN: '1' },
  },
  { product: 'image', gpuType: null, unitPrices: { REQUEST: '0.4', INPUT_TOKEN: '0', OUTPUT_TOKEN: '0.1' } },
  { product: 'image', gpuType: null, unitPrices: { REQUEST: '0', INPUT_TOKEN: '0', OUTPUT_TOKEN: '0.001' } },
] as const;

/** Three writers: two in this process, one in another. */
let posters: Poster[] = [];
const clocks = [...CLOCKS];
beforeAll(async () => {
  const common = { url: database.url, role: 'drawdown_app' };
  posters = await Promise.all([
    openPoster({ ...common, startMs: CLOCKS[0] ?? 0, lanes: 2, batchSize: 512 }),
    openPoster({ ...common, startMs: CLOCKS[1] ?? 0, lanes: 1, batchSize: 3 }),
    forkPoster({ ...common, startMs: CLOCKS[2] ?? 0, lanes: 2, batchSize: 16 }),
  ]);
});
const closePosters = () => Promise.all(posters.splice(0).map((poster) => poster.close()));
afterAll(closePosters);

/** Four teams, two of which may owe, and four models. */
async function setTheStage(seed: number): Promise<Setting> {
  const world = worldOn(database.db, movableClock(START));
  const teams = await Promise.all(['0', '0', '0.9', '3'].map((debtLimit) => world.team({ debtLimit })));
  const models = await Promise.all(
    MODELS.map((model, i) => addModel(world, `m${i}-${seed}`, model, teams[i])),
  );
  return { posters, clocks, teams, models };
}

async function addModel(
  world: World,
  key: string,
  model: (typeof MODELS)[number],
  supplier: Uuid | undefined,
) {
  const { unitPrices, product, gpuType } = model;
  const supplierTeamId = product === 'image' ? (supplier ?? null) : null;
  const id = await world.model(key, unitPrices, {
    product,
    ...(gpuType && { gpuType }),
    ...(supplierTeamId && { supplierTeamId }),
  });
  return { id, key, product, gpuType, supplierTeamId, unitPrices };
}

/** What happened in all histories together, so that none of it can silently stop happening. */
const happened = new Set<string>();

function keepWhatHappened(history: ConcurrentHistory, records: readonly TeamRecord[]): void {
  for (const { entries } of records) for (const { kind } of entries) happened.add(`entry ${kind}`);
  for (const { result } of history.answers) {
    if (result.ok) happened.add(`${result.charge.status}${result.replayed ? ' again' : ''}`);
    else happened.add(result.refusal.code);
  }
  for (const { deed, done } of history.deeds) {
    for (const one of done) if (!('code' in one)) happened.add(`${deed.what}${one.replayed ? ' again' : ''}`);
  }
}

describe('many clients of several processes at once', () => {
  test.for(seeds)(
    'leave books that are right in every respect (seed %i)',
    { timeout: 60_000 },
    async (seed) => {
      const [clients = []] = fc.sample(concurrentHistories, { seed, numRuns: 1 });
      const setting = await setTheStage(seed);
      const history = new ConcurrentHistory(setting);
      await history.play(clients);
      const records = await Promise.all(setting.teams.map((teamId) => readTeamRecord(database.db, teamId)));
      expect([...faultsOf(records, history, setting), ...(await problemsOf(setting.teams))]).toEqual([]);
      keepWhatHappened(history, records);
    },
  );

  test.skipIf(seeds.length < 4)('charge, repeat, refuse, expire, void, extend and reverse', () => {
    const entryKinds = Object.values(KIND).map((kind) => `entry ${kind}`);
    const charges = ['CHARGED', 'CHARGED again', 'UNBILLED', 'UNBILLED again'];
    const refusals = ['OUT_OF_CREDITS', 'IDEMPOTENCY_CONFLICT'];
    const deeds = ['ISSUE', 'VOID', 'EXTEND', 'REVERSE'].flatMap((what) => [what, `${what} again`]);
    expect([...happened].sort()).toEqual([...entryKinds, ...charges, ...refusals, ...deeds].sort());
  });

  test('never wait for each other in a circle', async () => {
    await closePosters();
    // Sessions report when they end.
    await expect
      .poll(
        () => database.ownerDb.sql`select 1 from pg_stat_activity where application_name = ${POSTER_NAME}`,
      )
      .toHaveLength(0);
    const [row] = await database.ownerDb.sql`
      select deadlocks from pg_stat_database where datname = current_database()`;
    expect(row?.deadlocks).toBe(0n);
  });
});

function faultsOf(records: readonly TeamRecord[], history: ConcurrentHistory, setting: Setting): string[] {
  const models = new Map(setting.models.map((model) => [model.id, model]));
  const ofTeams = records.flatMap((record) => {
    const changes = history.changes.get(record.teamId) ?? [];
    const { faults, states } = audit(record, { models, changes });
    return [...faults, ...faultsOfAnswers(record, states, history.answers)];
  });
  return [...ofTeams, ...faultsOfDeeds(records, history.deeds)];
}

/** What the product itself finds: the proof of each team's books, and the audit of all. */
async function problemsOf(teamIds: readonly Uuid[]): Promise<string[]> {
  const key = checkpointKey('5a'.repeat(32));
  const verified = await Promise.all(teamIds.map((teamId) => verifyBooks(database.db, teamId, { key })));
  const { checks } = await ledgerHealth(database.db, new Date(START), CHARGE_CHECKS);
  return [
    ...verified.flatMap(({ problems }) => problems.map(({ message }) => message)),
    ...checks.flatMap(({ name, sample }) => sample.map((violation) => `${name}: ${violation}`)),
  ];
}
