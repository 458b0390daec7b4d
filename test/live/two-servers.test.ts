import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient, type Sink } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { inTransaction } from '../../src/db/client.ts';
import { createLogger } from '../../src/graphql/logger.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { createApiKey } from '../../src/teams/keys.ts';
import { useDatabase } from '../support/database.ts';
import { worldOn } from '../support/world.ts';
import { someIds, writeEvents } from './deployment-log.ts';

const database = useDatabase();

interface Change {
  readonly fromSeq: string;
  readonly seq: string;
  readonly kind: string;
  readonly entries?: readonly { readonly seq: string }[];
}

/** The whole product, on the database of this file. */
async function server(): Promise<App> {
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-live-'));
  const { url: DATABASE_URL, ownerUrl: DATABASE_OWNER_URL } = database;
  const config = readConfig({
    NODE_ENV: 'test',
    DATABASE_URL,
    DATABASE_OWNER_URL,
    DATA_DIR: dataDir,
    PORT: '0',
    JWT_SECRET: newUuid(),
  });
  const app = await startApp(config, createLogger('silent'));
  onTestFinished(async () => {
    await app.close().catch(() => undefined);
    rmSync(dataDir, { recursive: true, force: true });
  });
  return app;
}

async function key(type: 'PLATFORM' | 'OPERATOR', scopes: string[]): Promise<string> {
  const input = { type, name: type, scopes, idempotencyKey: newUuid() };
  const made = await inTransaction(database.db, (tx) =>
    createApiKey(tx, input, { kind: 'SYSTEM' }, new Date(0)),
  );
  return `Bearer ${made.text}`;
}

function socketTo(app: App, authorization: string): Client {
  return createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization },
  });
}

async function charge(
  app: App,
  authorization: string,
  teamId: Uuid,
  model: string,
  count: number,
): Promise<void> {
  const items = Array.from({ length: count }, () => ({
    idempotencyKey: newUuid(),
    teamId: publicId('team', teamId),
    model,
    quantities: [{ meter: 'REQUEST', quantity: '1' }],
  }));
  const query =
    'mutation ($items: [UsageItemInput!]!) { recordUsage(input: { items: $items }) { userErrors { message } } }';
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables: { items } }),
  });
  expect(await response.json()).toEqual({ data: { recordUsage: { userErrors: [] } } });
}

/** One grant and 31 requests of 5 charges. */
const LAST_ENTRY = '156';
/** Two events in each of 30 rounds. */
const LAST_EVENT = '60';

interface Visit {
  readonly query: string;
  readonly after: string | null;
  readonly count: number;
  readonly last: string;
}

/** Takes `count` events of a feed from a server, or those up to the last, and leaves, with or without a word. */
function visit(app: App, authorization: string, { query, after, count, last }: Visit): Promise<Change[]> {
  const client = socketTo(app, authorization);
  const events: Change[] = [];
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (count % 2 === 0) client.terminate();
      void client.dispose();
      resolve(events);
    };
    const sink: Sink<FormattedExecutionResult<Record<string, Change>>> = {
      next: ({ data, errors }) => {
        if (errors) reject(errors[0]);
        if (events.length >= count) return;
        events.push(...Object.values(data ?? {}));
        if (events.length >= count || events.at(-1)?.seq === last) leave();
      },
      error: (lost) => (isGoingAway(lost) ? resolve(events) : reject(lost)),
      complete: () => resolve(events),
    };
    client.subscribe({ query, variables: { after } }, sink);
  });
}

/** Whether a server that stops has sent its client away, to come back, or has not let it in any more. */
function isGoingAway(lost: unknown): boolean {
  if (typeof lost !== 'object' || lost === null) return false;
  if ('code' in lost) return lost.code === 1012 || lost.code === 1006;
  return 'message' in lost && /ECONNREFUSED|ECONNRESET|hang up/.test(String(lost.message));
}

test('over websockets, ranges tile across disconnects, two servers and the restart of one', async () => {
  const first = await server();
  let second: App | undefined = await server();
  const [platform, operator] = [await key('PLATFORM', ['usage:write']), await key('OPERATOR', [])];
  const world = worldOn(database.db);
  const teamId = await world.team();
  await world.grant(teamId, '1000');
  await world.model('flow', { REQUEST: '0.01' });
  const follow = async (field: string, selection: string, last = LAST_ENTRY) => {
    const query = `subscription ($after: Sequence) {
      ${field}(teamId: "${publicId('team', teamId)}", after: $after) { fromSeq seq kind ${selection} } }`;
    const events: Change[] = [];
    for (let visits = 0; events.at(-1)?.seq !== last; visits++) {
      const app = visits % 2 === 0 ? first : (second ?? first);
      const after = events.at(-1)?.seq ?? null;
      events.push(...(await visit(app, operator, { query, after, count: 1 + (visits % 4), last })));
    }
    return events;
  };
  const followed = Promise.all([
    follow('balanceChanged', 'entries { seq }'),
    follow('ledgerEntryPosted', 'entries { seq }'),
    follow('spendUpdated', 'spend { seq }'),
    follow('deploymentChanged', 'entries: events { seq }', LAST_EVENT),
  ]);
  for (let round = 0; round < 30; round++) {
    if (round === 10) {
      const stopping = second;
      second = undefined;
      await Promise.all([stopping?.close(), charge(first, platform, teamId, 'flow', 5)]);
      second = await server();
    }
    const app = round % 2 === 0 ? first : (second ?? first);
    await charge(app, platform, teamId, 'flow', 5);
    // By a process that tells neither of the two.
    await writeEvents(database.db, teamId, ...someIds(2));
  }
  for (const [index, events] of (await followed).entries()) {
    let seq = 0n;
    for (const { fromSeq, seq: to, kind, entries = [] } of events) {
      expect(BigInt(fromSeq)).toBe(seq + 1n);
      const listed = Array.from({ length: Number(BigInt(to) - seq) }, (_, i) => String(seq + 1n + BigInt(i)));
      if (kind === 'CHANGE' && entries.length > 0) expect(entries.map((entry) => entry.seq)).toEqual(listed);
      seq = BigInt(to);
    }
    expect(String(seq)).toBe(index < 3 ? LAST_ENTRY : LAST_EVENT);
  }
}, 60_000);
