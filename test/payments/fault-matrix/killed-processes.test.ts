import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Uuid } from '../../../src/id.ts';
import { auditAll } from '../../support/payment-audit.ts';
import { paymentRooms } from '../../support/payment-rooms.ts';
import { useStripeWorld } from '../../support/stripe-world.ts';
import type { AskedOperation, InstallationNews, InstallationTask } from './installation-process.ts';
import { KILLABLE } from './killable-operations.ts';
import { takeOver } from './killed.ts';
import { useMortalProcess } from './mortal-process.ts';
import { expectOutcome } from './play.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Operation, type Stage } from './stage.ts';

const PROGRAM = fileURLToPath(new URL('installation-process.ts', import.meta.url));
const ROUNDS = 6;
/** A process has done most of it by then, and nothing when it lives for no time at all. */
const LONGEST_LIFE_MS = 600;
const LATER = [0, MINUTE_MS, 10 * MINUTE_MS, 2 * HOUR_MS, DAY_MS] as const;

const world = useStripeWorld(paymentRooms);
/** Never killed: what takes the events of who is gone. */
const survivor = useMortalProcess(world);

interface Played {
  readonly operation: Operation;
  readonly stage: Stage;
}

test('processes that are killed at any moment lose no payment, repeat none, and leave nothing undone', async () => {
  const played: Played[] = [];
  const answered = new Set<Uuid>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const asked = await Promise.all(KILLABLE.map(prepare));
    played.push(...asked);
    const livesMs = Math.random() * LONGEST_LIFE_MS;
    for (const teamId of await killedAfter(livesMs, asked)) answered.add(teamId);
    world.clock.advance(MINUTE_MS);
  }
  world.sandbox.setWebhookUrl(survivor.eventsUrl);
  await takeOver(world);
  await pass(LATER);
  for (const { operation, stage } of played) {
    if (answered.has(stage.teamId)) continue;
    for (const { asks } of operation.acts) await asks?.(stage);
  }
  await pass(LATER);
  for (const { operation, stage } of played) await expectOutcome(operation, stage);
  await auditAll(world);
  expect(answered.size, 'some were killed before they answered').toBeLessThan(played.length);
}, 240_000);

async function prepare(operation: Operation): Promise<Played> {
  const { teamId, made = new Map() } = await operation.before(world);
  return { operation, stage: { world, deps: world.deps, teamId, made } };
}

/** Has a process asked for all this at once, and kills it some time after it has begun. Answers who was answered. */
async function killedAfter(livesMs: number, played: readonly Played[]): Promise<Uuid[]> {
  const child = start(played.map(asAsked));
  const answered: Uuid[] = [];
  const begun = new Promise<void>((resolve) => {
    child.on('message', (news: InstallationNews) => {
      if ('answered' in news) return answered.push(news.answered);
      world.sandbox.setWebhookUrl(news.eventsUrl);
      resolve();
    });
  });
  await Promise.race([begun, once(child, 'exit')]);
  await sleep(livesMs);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  return answered;
}

function start(asked: readonly AskedOperation[]): ChildProcess {
  const { database, sandboxUrl, clock } = world;
  const nowMs = clock.now().getTime();
  const task: InstallationTask = { databaseUrl: database.url, sandboxUrl, nowMs, asked };
  return fork(PROGRAM, [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] });
}

function asAsked({ operation, stage }: Played): AskedOperation {
  return { operation: operation.name, teamId: stage.teamId, made: [...stage.made] };
}

async function pass(steps: readonly number[]): Promise<void> {
  for (const ms of steps) await world.advance(Math.max(ms, 1));
}
