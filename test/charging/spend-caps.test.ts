import { describe, expect, onTestFinished, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import { Batcher } from '../../src/charging/batcher.ts';
import type { ChargeResult } from '../../src/charging/charge.ts';
import type { HoldResult } from '../../src/charging/hold.ts';
import type { StartRun } from '../../src/charging/run.ts';
import { connect } from '../../src/db/client.ts';
import { digest16 } from '../../src/db/idempotency.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { LATE_WINDOW, usage } from '../support/world.ts';
import { type CappedTeam, capFaults, cappedTeam, ONE, placeHold, settleHold } from './capped-team.ts';

const database = useDatabase();
const DAY_MS = 86_400_000;

async function setting() {
  const clock = movableClock(Date.UTC(2026, 10, 24, 10));
  const team = await cappedTeam(database.db, clock);
  const processes = [team.world.batcher(), otherProcess(clock)] as const;
  return { clock, team, processes, process: (i: number) => processes[i % 2 === 0 ? 0 : 1] };
}

/** A batcher as another process has it: with connections, a catalogue and memories of its own. */
function otherProcess(clock: { now(): Date }): Batcher {
  const db = connect({ url: database.url, role: 'drawdown_app', poolSize: 8 });
  onTestFinished(() => db.close());
  const catalog = new Catalog(db);
  return new Batcher(
    db,
    { catalog, clock, window: LATE_WINDOW },
    { lanes: 2, batchSize: 8, queueLimit: 1_000 },
  );
}

const request = ({ teamId, model, memberId, apiKeyId }: CappedTeam, options: object = {}) =>
  usage(teamId, model, { REQUEST: 1 }, { memberId, apiKeyId, ...options });

/** A run of one step for the member, which holds what so many requests cost. */
function heldRun({ teamId, memberId, modelId }: CappedTeam, requests: number): StartRun {
  const key = digest16(newUuid());
  const estimatedNano = BigInt(requests) * ONE;
  const of = { quantities: { REQUEST: '1' }, params: null, times: String(requests) };
  return {
    what: 'START_RUN',
    teamId,
    keyDigest: key,
    requestDigest: key,
    name: null,
    quoteId: null,
    steps: [{ key: 'only', modelId, ...of, priceVersionId: newUuid(), estimatedNano }],
    estimatedNano,
    hold: { lifeMs: 900_000 },
    memberId,
    actor: SYSTEM_ACTOR,
  };
}

const codesOf = (results: readonly (ChargeResult | HoldResult)[]) =>
  results.map((result) => (result.ok ? 'OK' : result.refusal.code));
const count = (codes: readonly string[], code: string) => codes.filter((one) => one === code).length;

describe('a cap on spend', () => {
  test.for([
    ['a member', 'MEMBER', 'memberId'],
    ['a key', 'API_KEY', 'apiKeyId'],
    ['a model', 'MODEL', 'modelId'],
  ] as const)('of %s is never passed by 50 charges at once, from two processes', async ([, subject, id]) => {
    const { team, process } = await setting();
    const { cap } = await team.set({ subject, subjectId: team[id], limitNano: 20n * ONE });
    const charging = Array.from({ length: 50 }, (_, i) => process(i).charge([request(team)]));
    const results = (await Promise.all(charging)).flat();
    const codes = codesOf(results);
    expect([count(codes, 'OK'), count(codes, 'SPEND_CAP_EXCEEDED')]).toEqual([20, 30]);
    const refused = results.find((result) => !result.ok);
    expect(refused).toMatchObject({
      refusal: {
        cap: { capId: cap?.id, subject, subjectId: team[id], period: 'DAY', limitNano: 20n * ONE },
      },
    });
    expect(await team.used()).toBe(20n * ONE);
    expect(await capFaults(team)).toEqual([]);
  });

  test('leaves others alone: the usage of nobody, of another key, of another model', async () => {
    const { team, processes } = await setting();
    const { teamId, memberId, apiKeyId, modelId } = team;
    await team.set({ limitNano: 0n });
    await team.set({ subject: 'API_KEY', subjectId: apiKeyId, limitNano: 0n });
    const other = `${team.model}-other`;
    await team.world.model(other, { REQUEST: '1' });
    await team.set({ subject: 'MODEL', subjectId: modelId, limitNano: ONE });
    const codes = codesOf(
      await processes[0].charge([
        usage(teamId, other, { REQUEST: 1 }),
        usage(teamId, other, { REQUEST: 1 }, { memberId }),
        usage(teamId, other, { REQUEST: 1 }, { apiKeyId }),
        usage(teamId, team.model, { REQUEST: 1 }),
        usage(teamId, team.model, { REQUEST: 1 }),
      ]),
    );
    const no = 'SPEND_CAP_EXCEEDED';
    expect(codes).toEqual(['OK', no, no, 'OK', no]);
  });

  test('allows what reaches it exactly, and nothing when it is zero', async () => {
    const { team, processes } = await setting();
    await team.set({ limitNano: 2n * ONE });
    const codes = codesOf(await processes[0].charge([request(team), request(team), request(team)]));
    expect(codes).toEqual(['OK', 'OK', 'SPEND_CAP_EXCEEDED']);
    await team.set({ limitNano: 0n });
    expect(codesOf(await processes[1].charge([request(team)]))).toEqual(['SPEND_CAP_EXCEEDED']);
  });

  test('begins the next UTC day with nothing spent, also for a process that knows it as full', async () => {
    const { clock, team, processes } = await setting();
    await team.set({ limitNano: ONE });
    await team.set({ period: 'MONTH', limitNano: 3n * ONE });
    for (const one of processes) await one.charge([request(team)]);
    clock.advance(14 * 3_600_000 - 1);
    for (const one of processes)
      expect(codesOf(await one.charge([request(team)]))).toEqual(['SPEND_CAP_EXCEEDED']);
    clock.advance(1);
    expect(codesOf(await processes[1].charge([request(team)]))).toEqual(['OK']);
    expect(codesOf(await processes[0].charge([request(team)]))).toEqual(['SPEND_CAP_EXCEEDED']);
    clock.advance(DAY_MS);
    expect(codesOf(await processes[0].charge([request(team), request(team)]))).toEqual([
      'OK',
      'SPEND_CAP_EXCEEDED',
    ]);
    clock.advance(DAY_MS);
    const [monthly] = await processes[0].charge([request(team)]);
    expect(monthly).toMatchObject({ refusal: { cap: { period: 'MONTH', usedNano: 3n * ONE } } });
    clock.advance(7 * DAY_MS);
    expect(codesOf(await processes[0].charge([request(team)]))).toEqual(['OK']);
    expect(await capFaults(team)).toEqual([]);
  });

  test('leaves alone what costs nothing, although it was lowered below what is used', async () => {
    const { team, processes } = await setting();
    await team.set({ limitNano: 2n * ONE });
    await processes[0].charge([request(team), request(team)]);
    await team.set({ limitNano: ONE });
    const free = usage(team.teamId, team.model, { REQUEST: 0 }, { memberId: team.memberId });
    const codes = codesOf(await processes[0].charge([free, request(team)]));
    expect(codes).toEqual(['OK', 'SPEND_CAP_EXCEEDED']);
  });

  test.for([
    ['a member', 'MEMBER', 'memberId'],
    ['a model', 'MODEL', 'modelId'],
  ] as const)(
    'of %s that is lowered does not refuse what the hold of a run pays, and counts it',
    async ([, subject, id]) => {
      const { team, processes } = await setting();
      const { teamId } = team;
      const [started] = await processes[0].runs([heldRun(team, 4)]);
      const run = { runId: started?.ok ? started.run.id : '', step: 'only' };
      await team.set({ subject, subjectId: team[id], limitNano: 0n });
      const step = (requests: number) => usage(teamId, team.model, { REQUEST: requests }, { run });
      const codes = codesOf(await processes[1].charge([step(3), step(2), step(1), step(1)]));
      expect(codes).toEqual(['OK', 'SPEND_CAP_EXCEEDED', 'OK', 'SPEND_CAP_EXCEEDED']);
      expect(await team.used()).toBe(4n * ONE);
      expect(await capFaults(team)).toEqual([]);
    },
  );

  test('counts and charges work that is done already, also beyond it', async () => {
    const { team, processes } = await setting();
    await team.set({ limitNano: ONE });
    const done = { afterTheFact: true };
    const charged = await processes[0].charge([request(team), request(team, done), request(team, done)]);
    expect(codesOf(charged)).toEqual(['OK', 'OK', 'OK']);
    expect(await team.used()).toBe(3n * ONE);
  });
});

describe('holds under a cap', () => {
  test('are counted as long as they are open, and never pass it from two processes at once', async () => {
    const { team, process } = await setting();
    const { memberId } = team;
    await team.set({ limitNano: 20n * ONE });
    const placing = Array.from({ length: 30 }, (_, i) =>
      process(i).holds([placeHold(team, 1, { memberId })]),
    );
    const charging = Array.from({ length: 30 }, (_, i) => process(i).charge([request(team)]));
    const codes = codesOf((await Promise.all([...placing, ...charging])).flat());
    expect([count(codes, 'OK'), count(codes, 'SPEND_CAP_EXCEEDED')]).toEqual([20, 40]);
    expect(await team.used()).toBe(20n * ONE);
    expect(await capFaults(team)).toEqual([]);
  });

  test('make room for what they did not use, and are charged although they used more', async () => {
    const { team, processes } = await setting();
    const [here, there] = processes;
    const { memberId, teamId } = team;
    await team.set({ limitNano: 10n * ONE });
    const ids: string[] = [];
    for (const requests of [4, 3, 3]) {
      const [placed] = await here.holds([placeHold(team, requests, { memberId })]);
      if (placed?.ok) ids.push(placed.hold.id);
    }
    const [cheap = '', dear = '', unused = ''] = ids;
    expect(codesOf(await there.charge([request(team)]))).toEqual(['SPEND_CAP_EXCEEDED']);
    await there.holds([settleHold(team, cheap, 1)]);
    expect(await team.used()).toBe(7n * ONE);
    await here.holds([{ what: 'RELEASE_HOLD', teamId, holdId: unused, actor: SYSTEM_ACTOR }]);
    expect(await team.used()).toBe(4n * ONE);
    expect(codesOf(await there.holds([settleHold(team, dear, 12)]))).toEqual(['OK']);
    expect(await team.cap()).toMatchObject({ spentNano: 13n * ONE, heldNano: 0n });
    expect(codesOf(await here.charge([request(team)]))).toEqual(['SPEND_CAP_EXCEEDED']);
    expect(await capFaults(team)).toEqual([]);
  });

  test('placed on an earlier day count still; what they are settled for counts on the day of that', async () => {
    const { clock, team, processes } = await setting();
    const { memberId } = team;
    await team.set({ limitNano: 5n * ONE });
    const [placed] = await processes[0].holds([placeHold(team, 4, { memberId })]);
    clock.advance(14 * 3_600_000);
    expect(await team.used()).toBe(4n * ONE);
    await processes[1].holds([settleHold(team, placed?.ok ? placed.hold.id : '', 4)]);
    expect(await team.cap()).toMatchObject({ spentNano: 4n * ONE, heldNano: 0n });
    clock.advance(DAY_MS);
    expect(await team.used()).toBe(0n);
    expect(await capFaults(team)).toEqual([]);
  });

  test('agree with what is recomputed after a crowd of charges, holds and changes of caps', async () => {
    const { team, process } = await setting();
    const { memberId, apiKeyId, modelId } = team;
    const work = Array.from({ length: 60 }, async (_, i) => {
      if (i % 3 === 0) return process(i).charge([request(team)]);
      if (i % 10 === 1) return team.set({ limitNano: BigInt(i) * ONE });
      if (i % 10 === 4) return team.set({ subject: 'MODEL', subjectId: modelId, limitNano: 100n * ONE });
      const [placed] = await process(i).holds([placeHold(team, 1 + (i % 4), { memberId, apiKeyId })]);
      return placed?.ok && i % 4 > 0 ? process(i + 1).holds([settleHold(team, placed.hold.id, i % 6)]) : [];
    });
    await Promise.all(work);
    await team.set({ subject: 'API_KEY', subjectId: apiKeyId });
    expect(await capFaults(team)).toEqual([]);
  });
});
