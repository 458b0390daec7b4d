import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { makePrice } from '../../src/catalog/price.ts';
import type { ChargeRequest, ChargeResult } from '../../src/charging/charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { DomainError } from '../../src/domain-error.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { usage, type World, worldOn } from '../support/world.ts';

const database = useDatabase();

async function richTeam(world: World, modelKey: string) {
  await world.model(modelKey, { REQUEST: '1' });
  const team = await world.team();
  await world.grant(team, '1000', { kind: 'PREPAID' });
  return team;
}

function charged(results: readonly ChargeResult[] | undefined): number {
  return results?.filter((result) => result.ok && !result.replayed).length ?? 0;
}

describe('the batcher', () => {
  test('answers OVERLOADED with a time to come back when its queue is full, and writes nothing of the call', async () => {
    const world = worldOn(database.db);
    const team = await richTeam(world, 'full');
    const batcher = world.batcher({ queueLimit: 5 });
    const calls = Array.from({ length: 6 }, () => usage(team, 'full', { REQUEST: 1 }));
    const waiting = batcher.charge(calls.slice(0, 1));
    const refusal = await batcher.charge(calls.slice(1)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'OVERLOADED', details: { retryAfterSeconds: expect.any(Number) } });
    expect(charged(await waiting)).toBe(1);
    expect(await database.db.sql`select 1 from charges where team_id = ${team}`).toHaveLength(1);
    expect(charged(await batcher.charge(calls.slice(1)))).toBe(5);
  });

  test('takes a call that is larger than its queue when nothing waits', async () => {
    const world = worldOn(database.db);
    const team = await richTeam(world, 'large');
    const batcher = world.batcher({ queueLimit: 5 });
    const calls = Array.from({ length: 8 }, () => usage(team, 'large', { REQUEST: 1 }));
    expect(charged(await batcher.charge(calls))).toBe(8);
  });

  test('charges each request once when sessions are ended under it and callers retry with the same keys', async () => {
    const world = worldOn(database.db);
    const team = await richTeam(world, 'cut');
    const batcher = world.batcher({ batchSize: 8 });
    const requests = Array.from({ length: 200 }, () => usage(team, 'cut', { REQUEST: 1 }));
    let open = requests.length;
    // So many cuts that some hit a batch, and no more, so that callers get through in the end.
    const cutting = (async () => {
      for (let cuts = 0; open > 0 && cuts < 40; ) {
        const { count } = await database.ownerDb.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and usename <> current_user and state <> 'idle' and query like '%wallet%'`;
        cuts += count;
      }
    })();
    const outcomes = await Promise.all(
      requests.map(async (request) => {
        const outcome = await untilDefinite(batcher, request);
        open -= 1;
        return outcome;
      }),
    );
    await cutting;
    expect(outcomes.some(({ attempts }) => attempts > 1)).toBe(true);
    expect(outcomes.every(({ result }) => result.ok)).toBe(true);
    const [row] = await database.db.sql<{ spent: bigint }[]>`
      select sum(amount_nano)::int8 as spent from entries where team_id = ${team} and kind = 2`;
    expect(row?.spent).toBe(200_000_000_000n);
    const sessions = await database.ownerDb.sql`
      select state, query from pg_stat_activity where datname = current_database() and usename <> current_user`;
    expect(sessions.length).toBeLessThanOrEqual(8);
  });

  test('keeps the failure of one request from the others of its batch', async () => {
    const world = worldOn(database.db);
    const team = await richTeam(world, 'poison');
    const batcher = world.batcher({ lanes: 1 });
    // No checked input has a NUL; it stands for any request that the database cannot take.
    const poison = usage(team, 'poison', { REQUEST: 1 }, { tags: { bad: '\0' } });
    const good = () => batcher.charge([usage(team, 'poison', { REQUEST: 1 })]);
    const [first, failed, ...others] = await Promise.allSettled([
      good(),
      batcher.charge([poison]),
      ...Array.from({ length: 20 }, good),
    ]);
    expect(failed?.status).toBe('rejected');
    for (const call of [first, ...others]) expect(call?.status).toBe('fulfilled');
  });

  test('never refuses for lack of credit that was granted since it last looked', async () => {
    const world = worldOn(database.db);
    await world.model('late', { REQUEST: '1' });
    const team = await world.team();
    await world.grant(team, '1');
    const batcher = world.batcher();
    expect(charged(await batcher.charge([usage(team, 'late', { REQUEST: 1 })]))).toBe(1);
    await world.grant(team, '1');
    expect(charged(await batcher.charge([usage(team, 'late', { REQUEST: 1 })]))).toBe(1);
  });

  test('charges by a price that another process has just set', async () => {
    const world = worldOn(database.db);
    const team = await richTeam(world, 'repriced');
    await world.charge(usage(team, 'repriced', { REQUEST: 1 }));
    const price = makePrice({
      components: [{ meter: 'REQUEST', unitPrice: parseDecimal('2'), conditions: {} }],
      multipliers: [],
    });
    const input = { modelKey: 'repriced', price, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(database.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, world.clock.now()));
    const [result] = await world.charge(usage(team, 'repriced', { REQUEST: 1 }));
    expect(result?.ok && result.charge.amountNano).toBe(2_000_000_000n);
  });

  test('books the charge of a supplier’s model to what is owed to the supplier', async () => {
    const world = worldOn(database.db);
    const supplier = await world.team();
    await world.model('theirs', { REQUEST: '1' }, { supplierTeamId: supplier });
    const team = await world.team();
    await world.grant(team, '5');
    await world.charge(usage(team, 'theirs', { REQUEST: 2 }));
    const rows = await database.db.sql`
      select credit_account, credit_ref, amount_nano from entries where team_id = ${team} and kind = 2`;
    expect(rows).toEqual([{ credit_account: 22, credit_ref: supplier, amount_nano: 2_000_000_000n }]);
  });

  test.for([
    ['an unknown model', { modelKey: 'nothing' }, 'MODEL_NOT_FOUND'],
    ['usage 36 days ago', { occurredAt: new Date(Date.now() - 36 * 86_400_000) }, 'OCCURRED_AT_OUT_OF_RANGE'],
    ['usage ten minutes ahead', { occurredAt: new Date(Date.now() + 600_000) }, 'OCCURRED_AT_OUT_OF_RANGE'],
    ['a member of another team', { memberId: newUuid() }, 'ATTRIBUTION_NOT_FOUND'],
    ['a key of another team', { apiKeyId: newUuid() }, 'ATTRIBUTION_NOT_FOUND'],
    ['an unknown team', { teamId: newUuid() }, 'TEAM_NOT_FOUND'],
    ['a parameter there is not', { params: new Map([['colour', 'red']]) }, 'INVALID_USAGE'],
  ] satisfies [string, Partial<ChargeRequest>, string][])(
    'refuses %s and leaves the key free',
    async ([, change, code]) => {
      const world = worldOn(database.db);
      const model = `m-${newUuid()}`;
      const team = await richTeam(world, model);
      const request = usage(team, model, { REQUEST: 1 });
      const [refused] = await world.charge({ ...request, ...change });
      expect(refused).toMatchObject({ ok: false, refusal: { code } });
      expect(charged(await world.charge(request))).toBe(1);
    },
  );

  test('records usage of a price of zero without an entry, once', async () => {
    const world = worldOn(database.db);
    await world.model('free', { REQUEST: '0' });
    const team = await world.team();
    const request = usage(team, 'free', { REQUEST: 1 });
    const [first] = await world.charge(request);
    const [again] = await world.charge(request);
    expect(first).toMatchObject({ ok: true, replayed: false, charge: { amountNano: 0n, fromSeq: null } });
    expect(again).toMatchObject({ ok: true, replayed: true });
    expect(await database.db.sql`select 1 from entries where team_id = ${team}`).toHaveLength(0);
  });
});

async function untilDefinite(batcher: ReturnType<World['batcher']>, request: ChargeRequest) {
  for (let attempts = 1; ; attempts++) {
    try {
      const [result] = await batcher.charge([request]);
      if (!result) throw new Error('no result');
      return { attempts, result };
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'UNAVAILABLE') throw error;
    }
  }
}
