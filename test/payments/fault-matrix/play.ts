import { describe, expect, test, vi } from 'vitest';
import { MissedEvents } from '../../../src/gateway/missed-events.ts';
import { auditAll, auditTeam } from '../../support/payment-audit.ts';
import { paymentRooms } from '../../support/payment-rooms.ts';
import { type StripeWorld, useStripeWorld } from '../../support/stripe-world.ts';
import {
  type Act,
  DAY_MS,
  HOUR_MS,
  isUnavailable,
  MINUTE_MS,
  type Operation,
  type Stage,
  standingOf,
  stepsOf,
} from './stage.ts';

/** How a fault is planted: its kind, where, how often it hits, and how late it makes what it delays. */
export interface PlantedFault {
  readonly kind: string;
  readonly at: 'the first request' | 'the decisive request' | 'events';
  readonly options: { readonly times: number; readonly delayMs?: number };
}

/** Often enough that the package's own retries, two of them and one more of a broken connection, do not hide it. */
const REQUEST_FAULTS: readonly PlantedFault[] = [
  ['LOSE_RESPONSE', 4],
  ['TIMEOUT_BEFORE', 4],
  ['RATE_LIMIT', 3],
  ['SERVER_ERROR', 3],
  ['SERVER_ERROR_AFTER', 3],
].flatMap(([kind, times]) =>
  (['the first request', 'the decisive request'] as const).map((at) => ({
    kind: String(kind),
    at,
    options: { times: Number(times) },
  })),
);
const WEBHOOK_FAULTS: readonly PlantedFault[] = [
  { kind: 'DELAY_WEBHOOK', at: 'events', options: { times: 50, delayMs: 30 * MINUTE_MS } },
  { kind: 'DUPLICATE_WEBHOOK', at: 'events', options: { times: 50 } },
  { kind: 'REORDER_WEBHOOK', at: 'events', options: { times: 3 } },
  { kind: 'DROP_WEBHOOK', at: 'events', options: { times: 50 } },
];
export const FAULTS: readonly PlantedFault[] = [...REQUEST_FAULTS, ...WEBHOOK_FAULTS];

/** What may be left to do after the last act: events that are late, and looks that were put off. */
const AFTERMATH = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, DAY_MS] as const;
const PATIENCE = 4;

/** Tests every operation with every fault, in one world, and in the end the whole of it. */
export function testOperations(operations: readonly Operation[]): void {
  const world = useStripeWorld(paymentRooms);

  describe.for(operations)('$name', (operation) => {
    test.for(FAULTS)('through $kind at $at, comes out as in the calm', async (fault) => {
      hurry(world);
      const { teamId, made = new Map() } = await operation.before(world);
      await world.settle();
      await plant(world, operation, fault);
      const stage = { world, deps: world.deps, teamId, made };
      for (const act of operation.acts) {
        await untilAnswered(stage, act);
        for (const ms of stepsOf(act)) await pass(world, ms);
      }
      await calm(world);
      const missed = new MissedEvents(world.deps, world.inbox);
      for (const ms of AFTERMATH) {
        await pass(world, ms);
        await missed.sweep();
      }
      await expectOutcome(operation, stage);
      await operation.ends?.(stage);
    });
  });

  test('in the end all books agree with Stripe', () => auditAll(world));
}

export async function expectOutcome({ comesOut }: Operation, { world, teamId }: Stage): Promise<void> {
  expect(await standingOf(world, teamId)).toMatchObject(comesOut);
  await auditTeam(world, teamId);
}

/** The package rests before it repeats a request, half a second and more: here only as long as it must. */
export function hurry({ stripe }: Pick<StripeWorld, 'stripe'>): void {
  vi.spyOn(stripe, 'getInitialNetworkRetryDelay').mockReturnValue(0.01);
}

/** What is done again for lack of an answer must not lean on an event that tells of it: those come late then. */
async function plant(
  world: StripeWorld,
  { decisive }: Operation,
  { kind, at, options }: PlantedFault,
): Promise<void> {
  const isDecisive = at === 'the decisive request';
  await world.fault(kind, isDecisive ? decisive : '*', options);
  if (isDecisive) await world.fault('DELAY_WEBHOOK', '*', { times: 50, delayMs: HOUR_MS });
}

export async function calm({ sandboxUrl }: StripeWorld): Promise<void> {
  await fetch(`${sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
}

/** Whoever gets no answer asks again, with the same key, some time later. */
async function untilAnswered(stage: Stage, { asks, happens }: Act): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await asks?.(stage);
      await happens?.(stage);
      return;
    } catch (error) {
      if (!isUnavailable(error) || attempt === PATIENCE) throw error;
      await pass(stage.world, 3 * MINUTE_MS);
    }
  }
}

async function pass({ clock, settle }: StripeWorld, ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}
