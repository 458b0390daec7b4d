import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../../replay/gateway.ts';
import { runsDry } from '../../replay/grant-plan.ts';
import { makePlan } from '../../replay/prepare.ts';
import { makeDataFolder, type OwnProduct, runTask, startProduct } from '../../replay/product.ts';
import { type RunResult, runReplay } from '../../replay/run.ts';
import { PRICES, replayOptions } from './replay-server.ts';

const folder = makeDataFolder();
let environment = {};
let product: OwnProduct;
let undisturbed: RunResult;

beforeAll(async () => {
  environment = { DATA_DIR: folder.path, PORT: String(await freePort()) };
  product = await startProduct(environment);
  await runTask(['import-prices', PRICES], environment);
  undisturbed = await replay('undisturbed');
}, 60_000);

afterAll(async () => {
  await product.stop();
  folder.remove();
}, 60_000);

/** A port that a server may have, again after it was killed. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Replays the fixture, and disturbs when this many requests have been answered: one disturbance after the other. */
async function replay(run: string, disturb?: () => Promise<void>, ...after: number[]): Promise<RunResult> {
  const options = replayOptions({ run, batch: 2, concurrency: 8 });
  let answered = 0;
  let disturbed = Promise.resolve();
  const onAnswers = (answers: readonly Answer[]) => {
    answered += answers.length;
    if (!disturb || answered < (after[0] ?? Number.POSITIVE_INFINITY)) return;
    after.shift();
    disturbed = disturbed.then(disturb);
  };
  const result = await runReplay(makePlan(options), options, product, { onAnswers });
  await disturbed;
  return result;
}

async function killServer(): Promise<void> {
  process.kill(product.pid, 'SIGKILL');
  await product.ended;
  product = await startProduct(environment);
}

async function killPostgres(): Promise<void> {
  const pointer = join(folder.path, 'postgres-location');
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : folder.path;
  const [pid = ''] = readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

/** Line and amount of everything that teams which cannot run dry were charged. */
function chargedByRichTeams({ answers }: RunResult): string[] {
  return answers
    .filter(({ request }) => !runsDry(request.team))
    .map(({ request, result }) => `${request.line}: ${result.charge?.amount}`)
    .sort();
}

/** That it is as if nothing had happened, and that everything was charged once. */
async function expectAsUndisturbed(result: RunResult, run: string): Promise<void> {
  expect(result.proof.verified.problem).toBeUndefined();
  expect(result.proof.recomputed.difference).toBeUndefined();
  expect(result.watched.map(({ problem }) => problem).filter((problem) => problem !== undefined)).toEqual([]);
  expect(result.answers).toHaveLength(200);
  expect(chargedByRichTeams(result)).toEqual(chargedByRichTeams(undisturbed));
  const charged = result.answers.filter(({ result: { charge } }) => charge !== null);
  expect(result.proof.recomputed.charges).toBe(charged.length);
  const again = await replay(run);
  expect(again.answers.filter(({ result: { replayed } }) => replayed)).toHaveLength(charged.length);
  expect(again.proof.recomputed.difference).toBeUndefined();
}

test('the run that nothing disturbs agrees, and some teams run dry', () => {
  expect(undisturbed.proof.recomputed.difference).toBeUndefined();
  expect(undisturbed.sent.retries).toBe(0);
  expect(undisturbed.answers.some(({ result }) => result.error?.code === 'OUT_OF_CREDITS')).toBe(true);
  expect(chargedByRichTeams(undisturbed).length).toBeGreaterThan(100);
});

test('a server killed twice during a replay charges every request once, as if nothing had happened', async () => {
  const result = await replay('server-killed', killServer, 40, 120);
  expect(result.sent.retries).toBeGreaterThan(0);
  expect(result.watched.every(({ losses }) => losses > 0)).toBe(true);
  await expectAsUndisturbed(result, 'server-killed');
}, 60_000);

test('a PostgreSQL killed twice during a replay charges every request once, as if nothing had happened', async () => {
  const result = await replay('postgres-killed', killPostgres, 40, 120);
  expect(result.sent.retries).toBeGreaterThan(0);
  await expectAsUndisturbed(result, 'postgres-killed');
}, 60_000);
