import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Actor, actorRef } from '../../src/actor.ts';
import { setModelPrice } from '../../src/catalog/catalog.ts';
import { importPriceList } from '../../src/catalog/import-price-list.ts';
import { parsePriceList } from '../../src/catalog/import-prices.ts';
import { describeImport } from '../../src/catalog/import-prices-command.ts';
import { createInstanceType } from '../../src/catalog/instance-types.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { explainPrice } from '../../src/charging/explain-price.ts';
import { inTransaction } from '../../src/db/client.ts';
import { ONE } from '../../src/decimal.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';
import { catalogSchema } from './catalog-api.ts';
import { priceOf } from './rating.ts';

const database = useDatabase();
const clock = movableClock();
const operator = key('OPERATOR');
const HOUR = 3_600_000;
let world: World;
let schema: GraphQLSchema;

beforeAll(() => {
  world = worldOn(database.db, clock);
  schema = catalogSchema(world);
});

interface Refusal {
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
}
interface PriceSet {
  readonly setSupplierPrice: {
    readonly model: { readonly key: string; readonly currentPrice: { readonly version: number } } | null;
    readonly priceVersion: { readonly version: number; readonly effectiveAt: string } | null;
    readonly replayed: boolean;
    readonly userErrors: readonly Refusal[];
  };
}
const SET = `mutation ($input: SetSupplierPriceInput!) { setSupplierPrice(input: $input) {
  model { key currentPrice { version } } priceVersion { version effectiveAt } replayed userErrors { code path message } } }`;

function run<T>(source: string, actor: Actor, input: object) {
  return ask<T>(schema, database.db, actor, source, { input });
}

/** A supplier with its admin, and a model of it that costs one credit a request. */
async function setUp() {
  const supplier = await world.team();
  const admin = await member(world.db, supplier, 'ADMIN');
  const model = `m-${newUuid()}`;
  await world.model(model, { REQUEST: '1' }, { supplierTeamId: supplier });
  const setPrice = (unitPrice: string, change: object = {}, actor: Actor = admin) => {
    const price = { components: [{ meter: 'REQUEST', unitPrice }] };
    const required = { reason: 'costs rose', idempotencyKey: newUuid() };
    const input = { teamId: publicId('team', supplier), modelKey: model, price, ...required, ...change };
    return run<PriceSet>(SET, actor, input);
  };
  return { supplier, admin, model, setPrice };
}

async function versionsOf(model: string) {
  return world.db.sql<{ version: number; reason: string; actor_kind: number; actor_id: Uuid | null }[]>`
    select version, reason, actor_kind, actor_id from price_versions
    where model_id = (select id from models where key = ${model}) order by version`;
}

describe('the supplier of a model', () => {
  test('sets its price from now on, and who did so and why is kept', async () => {
    const { admin, model, setPrice } = await setUp();
    const { data, errors } = await setPrice('2');
    expect(errors).toEqual({});
    expect(data?.setSupplierPrice).toEqual({
      model: { key: model, currentPrice: { version: 2 } },
      priceVersion: { version: 2, effectiveAt: clock.now().toISOString() },
      replayed: false,
      userErrors: [],
    });
    const { kind, id } = actorRef(admin);
    expect((await versionsOf(model))[1]).toEqual({
      version: 2,
      reason: 'costs rose',
      actor_kind: kind,
      actor_id: id,
    });
  });

  test('sets it from a later instant on, and until then the old one holds', async () => {
    const { model, setPrice } = await setUp();
    const effectiveAt = new Date(clock.now().getTime() + HOUR);
    const { data } = await setPrice('2', { effectiveAt });
    expect(data?.setSupplierPrice).toMatchObject({
      model: { currentPrice: { version: 1 } },
      priceVersion: { version: 2, effectiveAt: effectiveAt.toISOString() },
    });
    const snapshot = await world.catalog.fresh();
    const id = snapshot.modelByKey.get(model)?.id ?? '';
    expect(snapshot.priceAt(id, new Date(effectiveAt.getTime() - 1))?.version).toBe(1);
    expect(snapshot.priceAt(id, effectiveAt)?.version).toBe(2);
  });

  test('sets it once for a key, and another supplier may use the same key', async () => {
    const [one, other] = [await setUp(), await setUp()];
    const idempotencyKey = newUuid();
    const first = await one.setPrice('2', { idempotencyKey });
    const again = await one.setPrice('2', { idempotencyKey });
    expect(again.data?.setSupplierPrice).toEqual({ ...first.data?.setSupplierPrice, replayed: true });
    const theirs = await other.setPrice('3', { idempotencyKey });
    expect(theirs.data?.setSupplierPrice).toMatchObject({ replayed: false, userErrors: [] });
    const changed = await one.setPrice('9', { idempotencyKey });
    expect(changed.data?.setSupplierPrice.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
    expect(await versionsOf(one.model)).toHaveLength(2);
  });

  test('never changes what has been charged: it is explained by the price of then', async () => {
    const { model, setPrice } = await setUp();
    const payer = await world.team();
    await world.grant(payer, '100');
    const charge = async (occurredAt: Date): Promise<Charge> => {
      const [result] = await world.charge(usage(payer, model, { REQUEST: 3 }, { occurredAt }));
      if (!result?.ok) throw new Error(result?.refusal.message);
      return result.charge;
    };
    const formulaOf = async (charged: Charge) => {
      const version = (await world.catalog.fresh()).versionById.get(charged.priceVersionId);
      if (!version) throw new Error('the version of a charge stays');
      return [version.version, explainPrice(charged, version).formula];
    };
    const before = clock.now();
    const first = await charge(before);
    clock.advance(HOUR);
    await setPrice('2');
    const [late, current] = [await charge(before), await charge(clock.now())];
    expect(await formulaOf(first)).toEqual([1, '3 × 1 = 3']);
    expect(await formulaOf(late)).toEqual([1, '3 × 1 = 3']);
    expect(await formulaOf(current)).toEqual([2, '3 × 2 = 6']);
  });

  test.for<[string, object, string, string[]]>([
    ['a date in the past', { effectiveAt: '2025-12-31T23:59:59.999Z' }, 'INVALID_INPUT', ['effectiveAt']],
    [
      'a date so late that nobody could correct it',
      { effectiveAt: '2030-01-01T00:00:00Z' },
      'INVALID_INPUT',
      ['effectiveAt'],
    ],
    [
      'a negative price',
      { price: { components: [{ meter: 'REQUEST', unitPrice: '-1' }] } },
      'INVALID_INPUT',
      ['price', 'components', '0', 'unitPrice'],
    ],
    [
      'a tier without a price for the units before it',
      { price: { components: [{ meter: 'REQUEST', unitPrice: '1', aboveQuantity: '5' }] } },
      'INVALID_INPUT',
      ['price', 'components', '0', 'aboveQuantity'],
    ],
    [
      'part of a unit as tier',
      { price: { components: [{ meter: 'REQUEST', unitPrice: '1', aboveQuantity: '0.5' }] } },
      'INVALID_INPUT',
      ['price', 'components', '0', 'aboveQuantity'],
    ],
    ['no reason', { reason: '' }, 'INVALID_INPUT', ['reason']],
    ['no idempotency key', { idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
  ])('is refused %s, and nothing changes', async ([, change, code, path]) => {
    const { model, setPrice } = await setUp();
    const { data, errors } = await setPrice('2', change);
    expect(errors).toEqual({});
    expect(data?.setSupplierPrice).toMatchObject({ model: null, userErrors: [{ code, path }] });
    expect(await versionsOf(model)).toHaveLength(1);
  });
});

describe('a model of another supplier', () => {
  test('is not found, as one that does not exist', async () => {
    const [one, other] = [await setUp(), await setUp()];
    const free = `m-${newUuid()}`;
    await world.model(free, { REQUEST: '1' });
    const answers = await Promise.all(
      [other.model, free, 'nothing'].map(async (modelKey) => {
        const { data } = await one.setPrice('2', { modelKey });
        return data?.setSupplierPrice.userErrors.map(({ message, ...rest }) => ({
          ...rest,
          message: message.replace(modelKey, 'KEY'),
        }));
      }),
    );
    const notFound = [{ code: 'NOT_FOUND', path: ['modelKey'], message: 'Model KEY was not found.' }];
    expect(answers).toEqual([notFound, notFound, notFound]);
    expect(await versionsOf(other.model)).toHaveLength(1);
    expect(await versionsOf(free)).toHaveLength(1);
  });
});

describe('setSupplierPrice', () => {
  test('is for owners and admins of the supplier', async () => {
    const { supplier, model, setPrice } = await setUp();
    const codeFor = async (actor: Actor) => (await setPrice('2', {}, actor)).errors.setSupplierPrice;
    expect(await codeFor(await member(world.db, supplier, 'MEMBER'))).toBe('FORBIDDEN');
    expect(await codeFor(key('TEAM', ['billing:read'], supplier))).toBe('FORBIDDEN');
    expect(await codeFor(key('PLATFORM', ['usage:write']))).toBe('FORBIDDEN');
    expect(await codeFor(operator)).toBe('FORBIDDEN');
    expect(await codeFor({ kind: 'ANONYMOUS' })).toBe('UNAUTHENTICATED');
    expect(await codeFor({ kind: 'USER', userId: newUuid() })).toBe('NOT_FOUND');
    expect(await versionsOf(model)).toHaveLength(1);
    expect(await codeFor(await member(world.db, supplier, 'OWNER'))).toBeUndefined();
  });
});

describe('setModelSupplier', () => {
  const SUPPLIER = `mutation ($input: SetModelSupplierInput!) { setModelSupplier(input: $input) {
    model { key supplierTeamId } userErrors { code path } } }`;
  const SUPPLIED = 'query ($id: ID!) { team(id: $id) { suppliedModels { edges { node { key } } } } }';

  test('makes a team the supplier: it sees the model among its own and sets the price, until it is another', async () => {
    const { supplier: former, model, setPrice } = await setUp();
    const supplier = await world.team();
    const admin = await member(world.db, supplier, 'ADMIN');
    const teamId = publicId('team', supplier);
    const supplied = async () => (await ask(schema, world.db, admin, SUPPLIED, { id: teamId })).data;
    expect(await supplied()).toEqual({ team: { suppliedModels: { edges: [] } } });
    const input = { modelKey: model, teamId, reason: 'sold' };
    const { data, errors } = await run(SUPPLIER, operator, input);
    expect(errors).toEqual({});
    expect(data).toEqual({
      setModelSupplier: { model: { key: model, supplierTeamId: teamId }, userErrors: [] },
    });
    expect(await supplied()).toEqual({ team: { suppliedModels: { edges: [{ node: { key: model } }] } } });
    expect((await setPrice('2')).data?.setSupplierPrice.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect((await setPrice('2', { teamId }, admin)).data?.setSupplierPrice.userErrors).toEqual([]);
    expect((await world.catalog.fresh()).modelByKey.get(model)?.supplierTeamId).toBe(supplier);
    const events = await world.db.sql`
      select actor_id, details from audit_events where action = 'model.supplier-set' and details ->> 'modelKey' = ${model}`;
    expect(events).toEqual([
      {
        actor_id: actorRef(operator).id,
        details: { modelKey: model, from: former, to: supplier, reason: 'sold' },
      },
    ]);
  });

  test.for<[string, object, string]>([
    ['an unknown model', { modelKey: 'nothing' }, 'NOT_FOUND'],
    ['an instance type', { modelKey: 'cpu-test' }, 'NOT_FOUND'],
    ['an unknown team', { teamId: publicId('team', newUuid()) }, 'NOT_FOUND'],
    ['an id that is no team', { teamId: publicId('model', newUuid()) }, 'INVALID_INPUT'],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 'INVALID_INPUT'],
  ])('refuses %s', async ([, change, code]) => {
    const { supplier, model } = await setUp();
    await addInstanceType('cpu-test');
    const input = { modelKey: model, teamId: null, reason: 'sold', ...change };
    const { data } = await run(SUPPLIER, operator, input);
    expect(data).toMatchObject({ setModelSupplier: { model: null, userErrors: [{ code }] } });
    expect((await world.catalog.fresh()).modelByKey.get(model)?.supplierTeamId).toBe(supplier);
  });

  test('is for operators', async () => {
    const { admin, supplier, model } = await setUp();
    const input = { modelKey: model, teamId: publicId('team', supplier), reason: 'mine' };
    expect((await run(SUPPLIER, admin, input)).errors).toEqual({ setModelSupplier: 'FORBIDDEN' });
  });
});

describe('a price list', () => {
  const list = (model: string) =>
    parsePriceList(
      JSON.stringify({ [model]: { litellm_provider: 'acme', mode: 'chat', input_cost_per_token: 1 } }),
    );
  const importing = (model: string) => {
    const change = { actor: actorRef(operator), reason: 'list', now: clock.now() };
    return inTransaction(world.db, (tx) => importPriceList(tx, list(model), change));
  };

  test('leaves the price of a supplied model to its supplier, and says so', async () => {
    const { model } = await setUp();
    const outcome = await importing(model);
    expect(outcome).toMatchObject({ repriced: [], leftToSupplier: [model] });
    expect(describeImport(list(model), outcome)).toContain(`Left the price of ${model} to its supplier.`);
    expect(await versionsOf(model)).toHaveLength(1);
  });

  test('that names an instance type is refused', async () => {
    await addInstanceType('cpu-listed');
    await expect(importing('cpu-listed')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'cpu-listed' },
    });
    expect(await versionsOf('cpu-listed')).toHaveLength(1);
  });
});

test('operators may set the price of a supplied model, too', async () => {
  const { model } = await setUp();
  const input = {
    modelKey: model,
    price: priceOf([['REQUEST', '5']]),
    reason: 'limit',
    idempotencyKey: newUuid(),
  };
  await inTransaction(world.db, (tx) => setModelPrice(tx, input, actorRef(operator), clock.now()));
  expect(await versionsOf(model)).toHaveLength(2);
});

async function addInstanceType(typeKey: string): Promise<void> {
  const spec = { kind: 'CPU', gpus: 0, vcpus: 1, memoryGb: 1 } as const;
  const input = { key: typeKey, name: typeKey, spec, hourlyPrice: ONE, idempotencyKey: typeKey };
  const change = { actor: actorRef(operator), reason: 'test', now: clock.now() };
  await inTransaction(world.db, (tx) => createInstanceType(tx, input, change));
}
