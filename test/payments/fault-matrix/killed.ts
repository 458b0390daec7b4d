import { expect, test } from 'vitest';
import { auditAll } from '../../support/payment-audit.ts';
import { paymentRooms } from '../../support/payment-rooms.ts';
import { type StripeWorld, useStripeWorld } from '../../support/stripe-world.ts';
import { type MortalProcess, useMortalProcess } from './mortal-process.ts';
import { calm, expectOutcome, hurry } from './play.ts';
import { type Act, DAY_MS, HOUR_MS, MINUTE_MS, type Operation, type Stage, stepsOf } from './stage.ts';

/** How long it takes until somebody asks again who was not answered. */
const UNTIL_REPEATED = [0, MINUTE_MS, 10 * MINUTE_MS] as const;
const LONGEST_MS = 240_000;
const AFTERMATH = [MINUTE_MS, 2 * HOUR_MS, DAY_MS] as const;

/** What the next process finds out by itself must not lean on an event that tells of it. */
const EVENTS = [
  { come: 'at once', delayMs: 0 },
  { come: 'an hour late', delayMs: HOUR_MS },
] as const;
type KilledOperation = Operation & (typeof EVENTS)[number];

/** Tests every operation with its process killed at its first step, at its second, and so on until it is done before. */
export function testKilled(operations: readonly Operation[]): void {
  const world = useStripeWorld(paymentRooms);
  const mortal = useMortalProcess(world);

  test.for(operations.flatMap((operation) => EVENTS.map((events) => ({ ...operation, ...events }))))(
    '$name comes out as in the calm, wherever its process is killed, with events $come',
    { timeout: LONGEST_MS },
    async (operation) => {
      let killedAt = 1;
      while (await playKilled(world, mortal, operation, killedAt)) killedAt += 1;
      expect(killedAt, 'it has steps to be killed at').toBeGreaterThan(3);
    },
  );

  test('in the end all books agree with Stripe', () => auditAll(world));
}

/** Answers whether the process was killed: false when it was done before. */
async function playKilled(
  world: StripeWorld,
  mortal: MortalProcess,
  operation: KilledOperation,
  killedAt: number,
): Promise<boolean> {
  hurry(world);
  const { teamId, made = new Map() } = await operation.before(world);
  await world.settle();
  const next: Stage = { world, deps: world.deps, teamId, made };
  const late = { times: 50, delayMs: operation.delayMs };
  if (operation.delayMs > 0) await world.fault('DELAY_WEBHOOK', '*', late);
  mortal.start(killedAt);
  hurry(mortal.deps.gateway);
  for (const act of operation.acts) {
    if (mortal.isKilled) await go(world, next, act);
    else await goMortally(world, mortal, next, act);
  }
  const isKilled = mortal.isKilled;
  await calm(world);
  for (const ms of AFTERMATH) await pass(world, ms);
  await expectOutcome(operation, next).catch((error: unknown) => {
    throw new Error(`killed at step ${killedAt}`, { cause: error });
  });
  await operation.ends?.(next);
  return isKilled;
}

async function go(world: StripeWorld, stage: Stage, act: Act): Promise<void> {
  await act.asks?.(stage);
  await act.happens?.(stage);
  for (const ms of stepsOf(act)) await pass(world, ms);
}

/** The next process goes on where it is killed; who was not answered asks that one again, with the same keys. */
async function goMortally(world: StripeWorld, mortal: MortalProcess, next: Stage, act: Act): Promise<void> {
  const answered = await unlessKilled(mortal, async () => act.asks?.({ ...next, deps: mortal.deps }));
  if (!answered) {
    await takeOver(world);
    for (const ms of UNTIL_REPEATED) await pass(world, ms);
    return go(world, next, act);
  }
  await act.happens?.(next);
  for (const ms of stepsOf(act)) {
    world.clock.advance(ms);
    if (!mortal.isKilled) {
      if (await unlessKilled(mortal, () => mortal.settle())) continue;
      await takeOver(world);
    }
    await world.settle();
  }
}

/** Whether it was done. It may be done, too, when the process is killed right after. */
async function unlessKilled(mortal: MortalProcess, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return !mortal.isKilled;
  } catch (error) {
    if (!mortal.isKilled) throw error;
    return false;
  }
}

/** What pg-boss does two minutes after a process has gone that had begun jobs. */
export async function takeOver({ db }: StripeWorld): Promise<void> {
  await db.sql`update jobs.job set state = 'retry', start_after = now() where state = 'active'`;
}

async function pass({ clock, settle }: StripeWorld, ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}
