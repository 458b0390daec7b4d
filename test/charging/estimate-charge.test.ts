import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { makePrice } from '../../src/catalog/price.ts';
import { type EstimateItem, estimateCharge } from '../../src/charging/estimate-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { ONE, parseDecimal } from '../../src/decimal.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { placeHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { storedState } from '../support/stored-state.ts';
import { usage } from '../support/world.ts';
import { asUser, newTeam } from '../teams/people.ts';
import type { Answer } from './charge-api.ts';
import { type HoldApi, holdApi, key } from './hold-api.ts';

const database = useDatabase();
const clock = movableClock(Date.UTC(2026, 10, 21, 12));
const DAY = 86_400_000;
const operator = key('OPERATOR');
const MODEL = 'chat';
const OTHER = 'image';
let api: HoldApi;
beforeAll(async () => {
  api = holdApi(database.db, clock);
  await api.world.model(MODEL, { INPUT_TOKEN: '0.001', OUTPUT_TOKEN: '0.002' });
  await api.world.model(OTHER, { REQUEST: '1' }, { product: 'image' });
});

interface Estimate {
  readonly estimateCharge: object | null;
}

const FIGURES = 'amount affordable shortBy availableFor';

function estimate(
  actor: Actor,
  team: Uuid,
  changes: object = {},
  fields = FIGURES,
): Promise<Answer<Estimate>> {
  const input = {
    teamId: publicId('team', team),
    model: MODEL,
    quantities: [{ meter: 'INPUT_TOKEN', quantity: '500' }],
    ...changes,
  };
  const source = `query ($input: EstimateChargeInput!) { estimateCharge(input: $input) { ${fields} } }`;
  return api.run(actor, source, { input });
}

async function estimated(team: Uuid, changes: object = {}, fields = FIGURES): Promise<object> {
  const { data, errors } = await estimate(operator, team, changes, fields);
  expect(errors).toEqual({});
  return data?.estimateCharge ?? {};
}

const requests = (count: number) => ({ model: OTHER, quantities: [{ meter: 'REQUEST', quantity: count }] });

describe('an estimate', () => {
  test('has the price with its formula, line by line, as the charge will have it', async () => {
    const team = await api.world.team();
    await api.world.grant(team, '10');
    const quantities = [
      { meter: 'OUTPUT_TOKEN', quantity: '250' },
      { meter: 'INPUT_TOKEN', quantity: '500' },
    ];
    const price =
      'price { amount exact minimum formula version { version } lines { meter quantity subtotal formula summary } }';
    const before = await estimated(team, { quantities }, `amount ${price}`);
    expect(before).toMatchObject({
      amount: '1',
      price: { formula: '500 × 0.001 + 250 × 0.002 = 1', version: { version: 1 } },
    });
    const [charged] = await api.world.charge(usage(team, MODEL, { OUTPUT_TOKEN: 250, INPUT_TOKEN: 500 }));
    if (!charged?.ok) throw new Error(charged?.refusal.message);
    const source = `query ($id: ID!) { explainCharge(id: $id) { charge { amount } ${price} } }`;
    const { data } = await api.run<{ explainCharge: { charge: object } }>(operator, source, {
      id: publicId('charge', charged.charge.id),
    });
    const { charge, ...explanation } = data?.explainCharge ?? {};
    expect({ ...charge, ...explanation }).toEqual(before);
  });

  test('says whether credit that may be spent on it covers it, what is missing and what there is', async () => {
    const team = await api.world.team();
    await api.world.grant(team, '2', { scope: { product: 'image' } });
    await api.world.grant(team, '3', { kind: 'PREPAID' });
    expect(await estimated(team, requests(5))).toEqual({
      amount: '5',
      affordable: true,
      shortBy: '0',
      availableFor: '5',
    });
    expect(await estimated(team, requests(6))).toMatchObject({ affordable: false, shortBy: '1' });
    const chat = { quantities: [{ meter: 'INPUT_TOKEN', quantity: 3001 }] };
    expect(await estimated(team, chat)).toEqual({
      amount: '3.001',
      affordable: false,
      shortBy: '0.001',
      availableFor: '3',
    });
  });

  test('does not count what is held or has expired, booked or not', async () => {
    const team = await api.world.team();
    await api.world.grant(team, '4', { expiresAt: new Date(clock.now().getTime() + DAY) });
    await api.world.grant(team, '3');
    await api.batcher.holds([placeHold(team, OTHER, 1)]);
    expect(await estimated(team, requests(6))).toMatchObject({ affordable: true, availableFor: '6' });
    clock.advance(DAY);
    expect(await estimated(team, requests(6))).toMatchObject({ affordable: false, availableFor: '3' });
  });

  test('is made by the price of the instant that is named, past or to come', async () => {
    const team = await api.world.team();
    const effectiveAt = new Date(clock.now().getTime() + DAY);
    const component = { meter: 'REQUEST', unitPrice: parseDecimal('5'), conditions: {} } as const;
    const price = makePrice({ components: [component], multipliers: [] });
    await inTransaction(database.db, (tx) =>
      setModelPrice(
        tx,
        { modelKey: OTHER, price, effectiveAt, reason: 'test', idempotencyKey: newUuid() },
        SYSTEM_ACTOR,
        clock.now(),
      ),
    );
    expect(await estimated(team, requests(2), 'amount')).toEqual({ amount: '2' });
    const then = { ...requests(2), occurredAt: effectiveAt };
    expect(await estimated(team, then, 'amount price { version { version } }')).toEqual({
      amount: '10',
      price: { version: { version: 2 } },
    });
  });

  test('writes nothing', async () => {
    const team = await api.world.team();
    await api.world.grant(team, '4');
    const before = await storedState(database.db);
    await estimated(team);
    expect(await storedState(database.db)).toEqual(before);
  });

  test.for<[string, Partial<EstimateItem>, string]>([
    ['an unknown model', { model: 'no-such-model' }, 'model'],
    ['no model', { model: '' }, 'model'],
    ['no quantity', { quantities: [] }, 'quantities'],
    [
      'a negative quantity',
      { quantities: [{ meter: 'INPUT_TOKEN', quantity: parseDecimal('-1') }] },
      'quantities',
    ],
    [
      'a huge quantity',
      { quantities: [{ meter: 'INPUT_TOKEN', quantity: parseDecimal('1e16') }] },
      'quantities',
    ],
    [
      'a meter twice',
      { quantities: [ONE, ONE].map((quantity) => ({ meter: 'INPUT_TOKEN', quantity })) },
      'quantities',
    ],
    ['a meter without a price', { quantities: [{ meter: 'GPU_SECOND', quantity: ONE }] }, 'quantities'],
    ['a parameter without such a value', { params: [{ name: 'serviceTier', value: 'x' }] }, 'params'],
  ])('of %s is refused', async ([, changes, field]) => {
    const { db, catalog } = api.world;
    const item = { model: MODEL, quantities: [{ meter: 'INPUT_TOKEN', quantity: ONE }], ...changes } as const;
    const asked = estimateCharge({ db, clock, catalog }, await api.world.team(), item);
    await expect(asked).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field } });
  });
});

describe('who may ask', () => {
  const figures = { 'estimateCharge.shortBy': 'FORBIDDEN', 'estimateCharge.availableFor': 'FORBIDDEN' };
  const hidden = { amount: '0.5', affordable: true, shortBy: null, availableFor: null };
  const shown = { amount: '0.5', affordable: true, shortBy: '0', availableFor: '10' };
  let setting: { teamId: Uuid; owner: Uuid; others: Uuid[]; stranger: Uuid };
  beforeAll(async () => {
    const own = await newTeam(database.db, 'MEMBER');
    const { owner: stranger } = await newTeam(database.db);
    await api.world.grant(own.teamId, '10');
    setting = { ...own, stranger };
  });

  test.for<[string, (s: typeof setting) => Actor, object | null, object]>([
    ['the owner sees all', (s) => asUser(s.owner), shown, {}],
    ['a member sees no figures', (s) => asUser(s.others[0] ?? ''), hidden, figures],
    ['a key of the team sees no figures', (s) => key('TEAM', [], s.teamId), hidden, figures],
    ['a key of the team for billing sees all', (s) => key('TEAM', ['billing:read'], s.teamId), shown, {}],
    ['the gateway sees no figures', () => key('PLATFORM', ['usage:write']), hidden, figures],
    [
      'the gateway with billing:read sees all',
      () => key('PLATFORM', ['usage:write', 'billing:read']),
      shown,
      {},
    ],
    [
      'a platform key for usage may not',
      () => key('PLATFORM', ['usage:read']),
      null,
      { estimateCharge: 'FORBIDDEN' },
    ],
    [
      'a partner may not',
      (s) => key('PARTNER', ['billing:read'], s.teamId),
      null,
      { estimateCharge: 'FORBIDDEN' },
    ],
    ['an operator sees all', () => operator, shown, {}],
    ['a stranger is told of no team', (s) => asUser(s.stranger), null, { estimateCharge: 'NOT_FOUND' }],
    ['nobody may not', () => ({ kind: 'ANONYMOUS' }), null, { estimateCharge: 'UNAUTHENTICATED' }],
  ])('%s', async ([, actorOf, expected, expectedErrors]) => {
    const { data, errors } = await estimate(actorOf(setting), setting.teamId);
    expect(data?.estimateCharge ?? null).toEqual(expected);
    expect(errors).toEqual(expectedErrors);
  });

  test('about a team that does not exist is told so', async () => {
    const { errors } = await estimate(key('PLATFORM', ['usage:write']), newUuid());
    expect(errors).toEqual({ estimateCharge: 'NOT_FOUND' });
  });
});
