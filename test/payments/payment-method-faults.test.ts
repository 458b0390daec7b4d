import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain-error.ts';
import type { Uuid } from '../../src/id.ts';
import { removeMethod, setDefaultMethod } from '../../src/payments/payment-method-changes.ts';
import { chosenMethod } from '../../src/payments/payment-methods.ts';
import { setupPaymentMethod } from '../../src/payments/setup-payment-method.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { cardsAtStripe, cardsOf, savedMethods } from './saved-methods.ts';

const world = useStripeWorld(savedMethods);
const MINUTE = 60_000;

async function save(teamId: Uuid, sandboxCard: string) {
  const deps = { ...world.deps, isSandbox: true };
  return (await setupPaymentMethod(deps, { teamId, hostedPage: false, sandboxCard })).method;
}

async function idOf(teamId: Uuid, id: Uuid | null = null): Promise<Uuid> {
  return (await chosenMethod(world.db, teamId, id))?.id ?? '';
}

/** What may be done to a team with an old and a new card, and what it has when it was done, or came to nothing. */
const OPERATIONS: readonly {
  readonly name: string;
  readonly run: (teamId: Uuid, newest: Uuid) => Promise<unknown>;
  readonly done: readonly string[];
  readonly alsoRight?: readonly string[];
}[] = [
  {
    name: 'saving',
    run: (teamId) => save(teamId, 'pm_card_amex'),
    done: ['4242*', '4444', '0005'],
    alsoRight: ['4242*', '4444'],
  },
  {
    name: 'choosing',
    run: (teamId, id) => setDefaultMethod(world.deps, { teamId, id }),
    done: ['4242', '4444*'],
  },
  {
    name: 'removing',
    run: async (teamId) => removeMethod(world.deps, { teamId, id: await idOf(teamId) }),
    done: ['4444*'],
  },
];
const REQUEST_FAULTS = [
  'RATE_LIMIT',
  'SERVER_ERROR',
  'TIMEOUT_BEFORE',
  'SERVER_ERROR_AFTER',
  'LOSE_RESPONSE',
];
const WEBHOOK_FAULTS = ['DELAY_WEBHOOK', 'DUPLICATE_WEBHOOK', 'REORDER_WEBHOOK', 'DROP_WEBHOOK'];
/** Once: Stripe's own client asks again. Often: it gives up, and so do we, until later. */
const FAULTS = [
  ['SERVER_ERROR_AFTER', 1],
  ['LOSE_RESPONSE', 1],
  ...[...REQUEST_FAULTS, ...WEBHOOK_FAULTS].map((kind) => [kind, 100] as const),
] as const;

describe.for(OPERATIONS)('$name', ({ run, done, alsoRight }) => {
  test.for(FAULTS)('through %s, %i times, ends the same here and at Stripe', async ([kind, times]) => {
    const teamId = await world.world.team();
    await save(teamId, 'pm_card_visa');
    const newest = (await save(teamId, 'pm_card_mastercard'))?.id ?? '';
    await world.settle();
    await world.fault(kind, '*', { times, ...(kind === 'DELAY_WEBHOOK' && { delayMs: 30 * MINUTE }) });
    const failure = await run(teamId, newest).then(
      () => undefined,
      (error: unknown) => error,
    );
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
    if (failure) expect(failure).toBeInstanceOf(DomainError);
    if (failure) expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
    await world.advance(2 * MINUTE);
    const ours = await cardsOf(world, teamId);
    expect([done, ...(failure ? [alsoRight] : [])]).toContainEqual(ours);
    expect(await cardsAtStripe(world, teamId)).toEqual(ours);
    await world.advance(40 * MINUTE, 10 * MINUTE);
    expect(await cardsOf(world, teamId)).toEqual(ours);
  });
});

test.for(REQUEST_FAULTS.map((kind) => [kind] as const))(
  'a team whose first card met %s can save it again',
  async ([kind]) => {
    const teamId = await world.world.team();
    await world.fault(kind, '*', { times: 4 });
    await save(teamId, 'pm_card_visa').catch(() => undefined);
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
    await world.advance(2 * MINUTE);
    if ((await cardsOf(world, teamId)).length === 0) await save(teamId, 'pm_card_visa');
    expect(await cardsOf(world, teamId)).toEqual(['4242*']);
    expect(await cardsAtStripe(world, teamId)).toEqual(['4242*']);
  },
);
