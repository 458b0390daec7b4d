import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import type { Db } from '../../src/db/client.ts';
import { entryId, publicId, type Uuid } from '../../src/id.ts';
import { harmless } from '../../src/statements/export-columns.ts';
import { exportEndpoint, exportLink } from '../../src/statements/export-endpoint.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { type World, worldOn } from '../support/world.ts';
import { useLinkServer } from './link-server.ts';
import { PaymentWorld } from './transaction-world.ts';
import { type TransactionsApi, transactionsApi } from './transactions-api.ts';

const database = useDatabase();
const server = useLinkServer();
const clock = movableClock();
const warnings: string[] = [];
const log = { warn: (_: object, message: string) => warnings.push(message) };
let api: TransactionsApi;
let world: World;
let payments: PaymentWorld;
beforeAll(() => {
  api = transactionsApi(database.db, clock, server.url);
  world = worldOn(database.db, clock);
  payments = new PaymentWorld(database.db, clock);
  serve(database.db);
});

/** Has exports answered from `db`. Answers the promise of the request that is answered last. */
function serve(db: Db): { done: Promise<void> | undefined } {
  const last: { done: Promise<void> | undefined } = { done: undefined };
  const handle = exportEndpoint({ db, links: api.links, log });
  server.handler = (request, response, url) => {
    last.done = handle(request, response, url);
    return last.done;
  };
  return last;
}

interface Exported {
  exportTransactions: {
    url: string | null;
    expiresAt: string | null;
    userErrors: { code: string; path: string[] }[];
  };
}
const exported = (teamId: Uuid, filter: object = {}, actor: Actor = operator) =>
  ask<Exported>(
    api.schema,
    database.db,
    actor,
    `mutation ($input: ExportTransactionsInput!) {
      exportTransactions(input: $input) { url expiresAt userErrors { code path } } }`,
    { input: { teamId: publicId('team', teamId), format: 'CSV', filter } },
  );

async function csvOf(teamId: Uuid, filter: object = {}): Promise<string> {
  const { data } = await exported(teamId, filter);
  const response = await fetch(data?.exportTransactions.url ?? '');
  expect(response.status).toBe(200);
  return response.text();
}

const HEADER =
  'date,id,kind,recurrence,status,description,amount,currency,credits,receipt_number,payment_id,grant_id\r\n';

describe('an export of transactions', () => {
  test('is CSV to the byte: exact amounts, quotes where they are needed, nothing that a spreadsheet computes', async () => {
    const teamId = await world.team();
    const at = clock.now().toISOString();
    const goodwill = await world.grant(teamId, '0.000000001', { reason: '=HYPERLINK("https://evil", "x")' });
    clock.advance(1000);
    const paid = await payments.pay(teamId, {
      cents: 100_000_005n,
      description: 'Credit, "big"\nfor all',
    });
    clock.advance(1000);
    const refundId = await payments.refund(paid, 1n, 'SUCCEEDED');
    const [second, third] = [1, 2].map((n) => new Date(Date.parse(at) + n * 1000).toISOString());
    const ids = `${publicId('payment', paid.id)},${publicId('grant', paid.grantId ?? '')}`;
    expect(await csvOf(teamId)).toBe(
      HEADER +
        `${at},${entryId(teamId, 1n)},GRANT,ONE_TIME,COMPLETED,"'=HYPERLINK(""https://evil"", ""x"")",,,0.000000001,,,${publicId('grant', goodwill)}\r\n` +
        `${second},${publicId('payment', paid.id)},PURCHASE,ONE_TIME,COMPLETED,"Credit, ""big""\nfor all",1000000.05,USD,1000000.05,${paid.receiptNumber},${ids}\r\n` +
        `${third},${publicId('refund', refundId)},REFUND,ONE_TIME,COMPLETED,"Refund: Credit, ""big""\nfor all",-0.01,USD,-0.01,${paid.receiptNumber},${ids}\r\n`,
    );
    expect(await csvOf(teamId, { kinds: ['REFUND'] })).toContain(`${HEADER}${third},`);
    expect(await csvOf(await world.team())).toBe(HEADER);
  });

  test('holds what there was when it was asked for, however late it is downloaded', async () => {
    const teamId = await world.team();
    await payments.pay(teamId, { description: 'before' });
    const { data } = await exported(teamId);
    clock.advance(1000);
    await payments.pay(teamId, { description: 'after' });
    const text = await (await fetch(data?.exportTransactions.url ?? '')).text();
    expect(text).toContain('before');
    expect(text).not.toContain('after');
  });

  test.for([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', "'\t=1"],
    ['\rx', "'\rx"],
    ['＝1', "'＝1"],
    ['50 credits - thanks', '50 credits - thanks'],
    ['', ''],
  ])('does not let %j be a formula', ([text = '', expected]) => expect(harmless(text)).toBe(expected));

  test('never has a cell that begins like a formula', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'=+-@\t\r\n \u200b\u0000a1'), maxLength: 6 }),
        (text) => {
          expect(harmless(text)).not.toMatch(/^[\s\p{C}]*[=+\-@]|^[\t\r\n]/u);
          expect(harmless(text).endsWith(text)).toBe(true);
        },
      ),
    );
  });

  test('is given to those who may see the billing of the team, and to nobody else', async () => {
    const teamId = await world.team();
    const { db } = database;
    for (const actor of [await member(db, teamId, 'ADMIN'), key('TEAM', ['billing:read'], teamId)]) {
      const { data, errors } = await exported(teamId, {}, actor);
      expect(errors).toEqual({});
      expect(data?.exportTransactions.url).toContain(`${server.url}/exports/`);
    }
    for (const [actor, code] of [
      [await member(db, teamId, 'MEMBER'), 'FORBIDDEN'],
      [await member(db, await world.team(), 'OWNER'), 'NOT_FOUND'],
      [{ kind: 'ANONYMOUS' }, 'UNAUTHENTICATED'],
    ] as const) {
      expect((await exported(teamId, {}, actor)).errors).toEqual({ exportTransactions: code });
    }
    const wrong = await exported(teamId, { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' });
    expect(wrong.data?.exportTransactions).toEqual({
      url: null,
      expiresAt: null,
      userErrors: [{ code: 'INVALID_INPUT', path: ['filter', 'to'] }],
    });
  });

  test('is refused without a word about why: forged, of a receipt, or too late', async () => {
    const teamId = await world.team();
    const answer = async (url: string) => {
      const response = await fetch(url);
      return [response.status, await response.text()];
    };
    const good = (await exportLink(api.links, teamId, {}, clock.now())).url;
    expect(await answer(`${good}x`)).toEqual([403, 'forbidden']);
    expect(await answer(`${server.url}/exports/`)).toEqual([403, 'forbidden']);
    const receipt = (await api.links.sign('RECEIPT', { teamId, filter: {} })).url;
    expect(await answer(receipt.replace('/receipts/', '/exports/'))).toEqual([403, 'forbidden']);
    const late = await api.links.sign('EXPORT', { teamId, filter: {} }, -1);
    expect(await answer(late.url)).toEqual([410, 'gone']);
  });
});

const ROWS = 200_000;
const PAGES = ROWS / 1000;

/** A team with very many payments, written past the product: only the reading is looked at. */
async function largeTeam(): Promise<Uuid> {
  const teamId = await world.team();
  await database.ownerDb.sql`
    insert into payments (team_id, id, kind, payment_intent, amount_cents, description, receipt_number, paid_at, actor_kind)
    select ${teamId}, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'PURCHASE', 'pi_' || n, 1000 + n,
      repeat('Credit ', 60), 'DD-' || n, ${clock.now().toISOString()}::timestamptz - (${ROWS} - n) * interval '1 ms', 0
    from generate_series(1, ${ROWS}) n`;
  await database.ownerDb.sql`analyze payments`;
  return teamId;
}

/** Bytes of the heap that are in use, without what is only waiting to be collected. */
function retained(): number {
  setFlagsFromString('--expose_gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** The same database, counting the statements that read payments. */
function counted(db: Db): { db: Db; reads(): number } {
  let reads = 0;
  const sql = new Proxy(db.sql, {
    apply(target, self, args) {
      const [strings] = args;
      if (Array.isArray(strings) && strings.join('').includes('unnest')) reads += 1;
      return Reflect.apply(target, self, args);
    },
  });
  return { db: { ...db, sql }, reads: () => reads };
}

const open = (url: string) => new Promise<IncomingMessage>((resolve) => get(url, resolve));

describe('a large export', () => {
  let teamId: Uuid;
  beforeAll(async () => {
    teamId = await largeTeam();
  });
  const link = async () => (await exportLink(api.links, teamId, { kinds: ['PURCHASE'] }, clock.now())).url;

  test('has every row once, in order, and keeps no more than a few pages of them in memory', async () => {
    serve(database.db);
    const response = await open(await link());
    let last = 0;
    let rest = '';
    let most = 0;
    const before = retained();
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\r\n');
      rest = lines.pop() ?? '';
      for (const row of lines) {
        const number = /,DD-(\d+),/.exec(row)?.[1];
        if (number === undefined) expect(`${row}\r\n`).toBe(HEADER);
        else if (Number(number) !== ++last) expect.fail(`row ${last} is ${number}`);
        if (last % 20_000 === 10_000) most = Math.max(most, retained() - before);
      }
    }
    expect({ last, rest }).toEqual({ last: ROWS, rest: '' });
    // All rows as text alone are more than 100 MB.
    expect(most).toBeLessThan(30_000_000);
  }, 120_000);

  test('is read no faster than it is taken, and no further once nobody takes it', async () => {
    const { db, reads } = counted(database.db);
    const answered = serve(db);
    const response = await open(await link());
    response.pause();
    let seen = -1;
    await expect
      .poll(
        () => {
          const stands = reads() > 0 && reads() === seen;
          seen = reads();
          return stands;
        },
        { interval: 300, timeout: 20_000 },
      )
      .toBe(true);
    expect(reads()).toBeLessThan(PAGES / 2);
    response.destroy();
    await answered.done;
    expect(reads()).toBeLessThanOrEqual(seen + 1);
    expect(warnings).toEqual([]);
  }, 60_000);

  test('breaks off when the database fails, so that a part is not taken for the whole', async () => {
    const { db, reads } = counted(database.db);
    const failing = new Proxy(db.sql, {
      apply(target, self, args) {
        if (reads() > 3) throw new Error('the database is gone');
        return Reflect.apply(target, self, args);
      },
    });
    serve({ ...db, sql: failing });
    const response = await open(await link());
    const read = async () => {
      for await (const _ of response) void _;
    };
    await expect(read()).rejects.toThrow('aborted');
    expect(warnings.splice(0)).toEqual(['an export was broken off']);
  });
});
