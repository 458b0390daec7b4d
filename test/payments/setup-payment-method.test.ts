import { describe, expect, test } from 'vitest';
import { newUuid, type Uuid } from '../../src/id.ts';
import { removeMethod, setDefaultMethod } from '../../src/payments/payment-method-changes.ts';
import { syncPaymentMethods } from '../../src/payments/payment-method-sync.ts';
import { chosenMethod, usableMethods } from '../../src/payments/payment-methods.ts';
import { type SetUp, setupPaymentMethod } from '../../src/payments/setup-payment-method.ts';
import type { SetupRequest } from '../../src/payments/setup-request.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { cardsAtStripe, cardsOf, savedMethods } from './saved-methods.ts';

const world = useStripeWorld(savedMethods);
const MINUTE = 60_000;

function setUp(teamId: Uuid, request: Partial<SetupRequest> = {}): Promise<SetUp> {
  return setupPaymentMethod({ ...world.deps, isSandbox: true }, { teamId, hostedPage: false, ...request });
}

const save = (teamId: Uuid, sandboxCard = 'pm_card_visa') => setUp(teamId, { sandboxCard });

describe('a card', () => {
  test('that is confirmed with the client secret is saved, and the first one is the default', async () => {
    const teamId = await world.world.team();
    const { clientSecret, setupIntentId, hostedUrl } = await setUp(teamId);
    expect([clientSecret?.startsWith(`${setupIntentId}_secret_`), hostedUrl]).toEqual([true, null]);
    expect(await cardsOf(world, teamId)).toEqual([]);
    await world.stripe.setupIntents.confirm(setupIntentId ?? '', { payment_method: 'pm_card_mastercard' });
    await world.settle();
    expect(await cardsOf(world, teamId)).toEqual(['4444*']);
    expect(await cardsAtStripe(world, teamId)).toEqual(['4444*']);
  });

  test('is set up for payments that its holder is not there for', async () => {
    const teamId = await world.world.team();
    const { setupIntentId } = await setUp(teamId);
    const { usage, status } = await world.stripe.setupIntents.retrieve(setupIntentId ?? '');
    expect([usage, status]).toEqual(['off_session', 'requires_payment_method']);
  });

  test('of the sandbox is saved at once, with all that is told of it', async () => {
    const teamId = await world.world.team();
    const { method, clientSecret, hostedUrl } = await save(teamId, 'pm_card_visa');
    expect([clientSecret, hostedUrl]).toEqual([null, null]);
    expect(method).toMatchObject({
      teamId,
      type: 'card',
      brand: 'visa',
      last4: '4242',
      wallet: null,
      isDefault: true,
    });
    expect(method?.fingerprint).toMatch(/^\w+$/);
    expect(await chosenMethod(world.db, teamId, null)).toEqual(method);
  });

  test('may be named by a token, and be in a wallet', async () => {
    const teamId = await world.world.team();
    expect((await save(teamId, 'tok_mastercard')).method?.last4).toBe('4444');
    expect((await save(teamId, 'pm_card_applePay')).method?.wallet).toBe('apple_pay');
  });

  test('that wants its holder to authenticate is saved when they have', async () => {
    const teamId = await world.world.team();
    const returnUrl = 'http://127.0.0.1/back';
    const { hostedUrl, clientSecret, method } = await setUp(teamId, {
      sandboxCard: 'pm_card_authenticationRequiredOnSetup',
      returnUrl,
    });
    expect(method).toBeUndefined();
    expect(hostedUrl?.startsWith(world.sandboxUrl)).toBe(true);
    expect(clientSecret).toContain('_secret_');
    expect(await cardsOf(world, teamId)).toEqual([]);
  });

  test('that is declined is refused, and nothing is saved', async () => {
    const teamId = await world.world.team();
    await expect(save(teamId, 'pm_card_chargeDeclined')).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { reason: 'CARD_DECLINED', field: 'sandboxCard' },
    });
    expect(await cardsOf(world, teamId)).toEqual([]);
  });

  test.for([
    ['that does not exist', { sandboxCard: 'pm_card_none' }, 'sandboxCard'],
    ['of somebody else at Stripe', { sandboxCard: 'pm_1NabcDEFghiJKL' }, 'sandboxCard'],
    ['for a hosted page', { sandboxCard: 'pm_card_visa', hostedPage: true }, 'sandboxCard'],
    ['with a script to return to', { returnUrl: 'javascript:alert(1)' }, 'returnUrl'],
    ['with a path to return to', { returnUrl: '/billing' }, 'returnUrl'],
    ['with a password in the address', { returnUrl: 'https://a:b@example.com' }, 'returnUrl'],
  ] as const)('%s is refused', async ([, request, field]) => {
    const teamId = await world.world.team();
    await expect(setUp(teamId, request)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field },
    });
    await world.settle();
    expect(await cardsAtStripe(world, teamId)).toEqual([]);
  });

  test('of the sandbox is refused where real money is at stake, and outside of sandbox mode', async () => {
    const teamId = await world.world.team();
    const request = { teamId, hostedPage: false, sandboxCard: 'pm_card_visa' };
    const live = { ...world.deps, gateway: { ...world.gateway, kind: 'LIVE' as const }, isSandbox: true };
    for (const deps of [live, { ...world.deps, isSandbox: false }])
      await expect(setupPaymentMethod(deps, request)).rejects.toMatchObject({
        details: { field: 'sandboxCard' },
      });
    expect(await cardsAtStripe(world, teamId)).toEqual([]);
  });
});

test('no more than 50 cards are saved', async () => {
  const teamId = await world.world.team();
  const have = (cards: number) => world.db.sql`
    insert into payment_methods (team_id, id, stripe_id, type, created_at)
    select ${teamId}, gen_random_uuid(), 'pm_' || gen_random_uuid(), 'card', now() from generate_series(1, ${cards}::int)`;
  await have(49);
  expect((await setUp(teamId)).clientSecret).toMatch(/^seti_/);
  await have(1);
  await expect(setUp(teamId)).rejects.toMatchObject({ code: 'CONFLICT', details: { field: 'teamId' } });
});

describe('two cards at once', () => {
  test('leave one default, here and at Stripe', async () => {
    const teamId = await world.world.team();
    await Promise.all([save(teamId), save(teamId, 'pm_card_mastercard'), save(teamId, 'pm_card_amex')]);
    await world.settle();
    const cards = await cardsOf(world, teamId);
    expect(cards.map((card) => card.slice(0, 4)).sort()).toEqual(['0005', '4242', '4444']);
    expect(cards.filter((card) => card.endsWith('*'))).toHaveLength(1);
    expect((await cardsAtStripe(world, teamId)).sort()).toEqual(cards.sort());
  });

  test('each chosen as the default end with one, the same here and at Stripe', async () => {
    const teamId = await world.world.team();
    const methods = [
      await save(teamId),
      await save(teamId, 'pm_card_mastercard'),
      await save(teamId, 'pm_card_amex'),
    ];
    const ids = methods.map(({ method }) => method?.id ?? '');
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        [...ids, ...ids.toReversed()].map((id) => setDefaultMethod(world.deps, { teamId, id })),
      );
      const cards = await cardsOf(world, teamId);
      expect(cards.filter((card) => card.endsWith('*'))).toHaveLength(1);
      expect(await cardsAtStripe(world, teamId)).toEqual(cards);
    }
  });
});

describe('whatever is lost between us and Stripe', () => {
  test('an answer that was lost leaves the card saved once', async () => {
    const teamId = await world.world.team();
    await save(teamId);
    await world.fault('LOSE_RESPONSE', 'POST /v1/setup_intents', { times: 1 });
    const { method } = await save(teamId, 'pm_card_mastercard');
    expect(method?.last4).toBe('4444');
    await world.settle();
    expect(await cardsAtStripe(world, teamId)).toEqual(['4242*', '4444']);
    expect(await cardsOf(world, teamId)).toEqual(['4242*', '4444']);
  });

  test('neither answer nor event arrives: the card is found when Stripe is asked two minutes later', async () => {
    const teamId = await world.world.team();
    await save(teamId);
    await world.settle();
    await world.fault('DROP_WEBHOOK', '*', { times: 100 });
    const { setupIntentId } = await setUp(teamId);
    await world.stripe.setupIntents.confirm(setupIntentId ?? '', { payment_method: 'pm_card_mastercard' });
    await world.settle();
    expect(await cardsOf(world, teamId)).toEqual(['4242*']);
    await world.advance(2 * MINUTE);
    expect(await cardsOf(world, teamId)).toEqual(['4242*', '4444']);
    await clearFaults();
  });

  test('events that come twice or in another order change nothing', async () => {
    const teamId = await world.world.team();
    await world.fault('DUPLICATE_WEBHOOK', '*', { times: 2 });
    await world.fault('REORDER_WEBHOOK', '*', { times: 1 });
    const { setupIntentId } = await setUp(teamId);
    await world.stripe.setupIntents.confirm(setupIntentId ?? '', { payment_method: 'pm_card_visa' });
    await world.advance(10 * MINUTE);
    expect(await cardsOf(world, teamId)).toEqual(['4242*']);
    await clearFaults();
  });

  test('a list that was read before the copy changed is not written over it', async () => {
    const teamId = await world.world.team();
    await save(teamId);
    const late = world.gateway.stripe.customers;
    const original = late.listPaymentMethods.bind(late);
    const [first] = await usableMethods(world.db, teamId);
    let isFirst = true;
    const stale = Object.create(world.gateway.stripe, {
      customers: {
        value: Object.create(late, {
          listPaymentMethods: {
            value: (...args: Parameters<typeof original>) => {
              const list = original(...args);
              return {
                autoPagingToArray: async (options: { limit: number }) => {
                  const listed = await list.autoPagingToArray(options);
                  if (isFirst) {
                    isFirst = false;
                    await save(teamId, 'pm_card_mastercard');
                  }
                  return listed;
                },
              };
            },
          },
        }),
      },
    });
    await syncPaymentMethods({ ...world.deps, gateway: { ...world.gateway, stripe: stale } }, teamId);
    expect(isFirst).toBe(false);
    expect(await cardsOf(world, teamId)).toEqual(['4242*', '4444']);
    expect((await chosenMethod(world.db, teamId, null))?.id).toBe(first?.id);
  });

  test('a card that is changed or taken away at Stripe follows by its events', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    await save(teamId, 'pm_card_mastercard');
    await world.stripe.paymentMethods.update(method?.stripeId ?? '', {
      card: { exp_month: 3, exp_year: 2040 },
    });
    await world.settle();
    expect(await chosenMethod(world.db, teamId, null)).toMatchObject({ expMonth: 3, expYear: 2040 });
    await world.stripe.paymentMethods.detach(method?.stripeId ?? '');
    await world.settle();
    expect(await cardsOf(world, teamId)).toEqual(['4444*']);
    expect(await cardsAtStripe(world, teamId)).toEqual(['4444*']);
    expect(await chosenMethod(world.db, teamId, method?.id ?? null)).toBeUndefined();
  });
});

describe('removing', () => {
  test('detaches at Stripe, and the newest other card becomes the default', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    await save(teamId, 'pm_card_mastercard');
    await save(teamId, 'pm_card_amex');
    const removed = await removeMethod(world.deps, { teamId, id: method?.id ?? '' });
    expect([removed.isDefault, removed.removedAt]).toEqual([false, world.clock.now()]);
    expect(await cardsOf(world, teamId)).toEqual(['4444', '0005*']);
    expect(await cardsAtStripe(world, teamId)).toEqual(['4444', '0005*']);
    expect(await removeMethod(world.deps, { teamId, id: method?.id ?? '' })).toEqual(removed);
  });

  test('the last card leaves none', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    await removeMethod(world.deps, { teamId, id: method?.id ?? '' });
    expect([await cardsOf(world, teamId), await cardsAtStripe(world, teamId)]).toEqual([[], []]);
    await save(teamId, 'pm_card_mastercard');
    expect([await cardsOf(world, teamId), await cardsAtStripe(world, teamId)]).toEqual([
      ['4444*'],
      ['4444*'],
    ]);
  });

  test('holds at once while Stripe is out of reach, and reaches it afterwards', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    await save(teamId, 'pm_card_mastercard');
    await world.settle();
    await world.fault('TIMEOUT_BEFORE', '*', { times: 20 });
    await removeMethod(world.deps, { teamId, id: method?.id ?? '' });
    expect(await cardsOf(world, teamId)).toEqual(['4444*']);
    await clearFaults();
    expect(await cardsAtStripe(world, teamId)).toEqual(['4242*', '4444']);
    await world.advance(2 * MINUTE);
    expect(await cardsAtStripe(world, teamId)).toEqual(['4444*']);
    expect(await cardsOf(world, teamId)).toEqual(['4444*']);
  });

  test('whose answer was lost is done once', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    await world.fault('LOSE_RESPONSE', 'POST /v1/payment_methods/*', { times: 3 });
    await removeMethod(world.deps, { teamId, id: method?.id ?? '' });
    await clearFaults();
    expect([await cardsOf(world, teamId), await cardsAtStripe(world, teamId)]).toEqual([[], []]);
    await world.advance(2 * MINUTE);
    const [row] = await world.db.sql<{ detach_due: boolean }[]>`
      select detach_due from payment_methods where team_id = ${teamId}`;
    expect(row?.detach_due).toBe(false);
  });

  test.for([
    ['the one that auto-recharge charges', true, 2, 'CONFLICT'],
    ['the last one that it could charge', false, 1, 'CONFLICT'],
    ['one of several that it could charge', false, 2, undefined],
  ] as const)('%s', async ([, isNamed, cards, refusal]) => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    if (cards === 2) await save(teamId, 'pm_card_mastercard');
    const id = method?.id ?? '';
    const recharge = (enabled: boolean) => world.db.sql`
      insert into auto_recharges (team_id, enabled, threshold_nano, amount_cents, payment_method_id, actor_kind, updated_at)
      values (${teamId}, ${enabled}, 1, 1000, ${isNamed ? id : null}, 0, now())
      on conflict (team_id) do update set enabled = excluded.enabled`;
    await recharge(true);
    const removing = removeMethod(world.deps, { teamId, id });
    if (refusal) {
      await expect(removing).rejects.toMatchObject({
        code: refusal,
        details: { reason: 'PAYMENT_METHOD_IN_USE' },
      });
      expect(await cardsOf(world, teamId)).toHaveLength(cards);
      await recharge(false);
      await removeMethod(world.deps, { teamId, id });
    }
    await removing.catch(() => undefined);
    expect(await cardsOf(world, teamId)).toHaveLength(cards - 1);
  });

  test.for([
    ['an unknown card', async () => newUuid()],
    ["another team's card", async () => (await save(await world.world.team())).method?.id ?? ''],
  ] as const)('and choosing %s is refused alike', async ([, idOf]) => {
    const ref = { teamId: await world.world.team(), id: await idOf() };
    await expect(removeMethod(world.deps, ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setDefaultMethod(world.deps, ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await chosenMethod(world.db, ref.teamId, ref.id)).toBeUndefined();
  });

  test('a card that was removed cannot become the default', async () => {
    const teamId = await world.world.team();
    const { method } = await save(teamId);
    const ref = { teamId, id: method?.id ?? '' };
    await removeMethod(world.deps, ref);
    await expect(setDefaultMethod(world.deps, ref)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

async function clearFaults(): Promise<void> {
  await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
}
