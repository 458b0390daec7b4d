import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { type ExecutionResult, type GraphQLSchema, graphql } from 'graphql';
import { buildSchema } from 'type-graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Actor, SYSTEM_ACTOR } from '../../src/actor.ts';
import { type CatalogServices, ModelResolver } from '../../src/catalog/catalog.resolver.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import { importPriceList } from '../../src/catalog/import-price-list.ts';
import { parsePriceList } from '../../src/catalog/import-prices.ts';
import { catalogNodes } from '../../src/catalog/loaders.ts';
import { PriceResolver } from '../../src/catalog/price.resolver.ts';
import { inTransaction } from '../../src/db/client.ts';
import { accessOf, enforceAccess } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const fixture = readFileSync(new URL('../fixtures/model-prices.json', import.meta.url), 'utf8');
const now = new Date('2026-11-21T10:00:00.000Z');
const nobody: Actor = { kind: 'ANONYMOUS' };
const operator: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };
let schema: GraphQLSchema;
let catalog: Catalog;

beforeAll(async () => {
  catalog = new Catalog(database.db);
  const services: CatalogServices = { db: database.db, clock: { now: () => now }, catalog };
  const resolvers = [
    new ModelResolver(services),
    new PriceResolver(services),
    new NodeResolver(catalogNodes(database.db)),
  ];
  schema = await buildSchema({
    resolvers: [ModelResolver, PriceResolver, NodeResolver],
    container: { get: (someClass) => resolvers.find((each) => each instanceof someClass) },
    authChecker: enforceAccess,
    validate: false,
  });
  const change = { actor: SYSTEM_ACTOR, reason: 'first list', now };
  await inTransaction(database.db, (tx) => importPriceList(tx, parsePriceList(fixture), change));
});

async function run(source: string, actor: Actor = nobody, variableValues: Record<string, unknown> = {}) {
  const contextValue = createContext(actor, 'trace');
  const result: ExecutionResult = await graphql({ schema, source, contextValue, variableValues });
  // Plain objects: graphql-js makes them without a prototype.
  return JSON.parse(JSON.stringify(result));
}

const SET_PRICE = `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) {
  model { key currentPrice { version } }
  priceVersion { version effectiveAt reason setBy { type } minimum components { meter unit unitPrice display aboveInputTokens params { name value } } multipliers { factor params { name value } units } }
  replayed userErrors { code message path }
} }`;

function setPrice(change: object, actor: Actor = operator) {
  const price = { components: [{ meter: 'REQUEST', unitPrice: '0.5' }] };
  const input = { modelKey: 'acme-tts', reason: 'dearer', idempotencyKey: 'k', price, ...change };
  return run(SET_PRICE, actor, { input });
}

describe('models', () => {
  test('are listed by key for anybody, with their prices', async () => {
    const { data, errors } = await run(
      '{ models(first: 2) { edges { node { key product supplier currentPrice { version } } } pageInfo { hasNextPage } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.models).toEqual({
      edges: [
        { node: { key: 'acme-alias', product: 'chat', supplier: 'acme', currentPrice: { version: 1 } } },
        { node: { key: 'acme-embed', product: 'embedding', supplier: 'acme', currentPrice: { version: 1 } } },
      ],
      pageInfo: { hasNextPage: true },
    });
  });

  test.for(['KEY_ASC', 'KEY_DESC'])(
    'ordered %s tile the list in pages of three, forwards and backwards',
    async (orderBy) => {
      const forwards: string[] = [];
      const backwards: string[] = [];
      let after: string | null = null;
      let before: string | null = null;
      for (let page = 0; page < 3; page++) {
        const args = `orderBy: ${orderBy}`;
        const next = await run(
          `query ($c: Cursor) { models(${args}, first: 3, after: $c) { edges { node { key } } pageInfo { endCursor } } }`,
          nobody,
          { c: after },
        );
        forwards.push(...next.data.models.edges.map((edge: { node: { key: string } }) => edge.node.key));
        after = next.data.models.pageInfo.endCursor;
        const previous = await run(
          `query ($c: Cursor) { models(${args}, last: 3, before: $c) { edges { node { key } } pageInfo { startCursor } } }`,
          nobody,
          { c: before },
        );
        backwards.unshift(
          ...previous.data.models.edges.map((edge: { node: { key: string } }) => edge.node.key),
        );
        before = previous.data.models.pageInfo.startCursor;
      }
      expect(forwards).toHaveLength(7);
      expect(backwards).toEqual(forwards);
      expect(forwards).toEqual(orderBy === 'KEY_ASC' ? forwards.toSorted() : forwards.toSorted().reverse());
    },
  );

  test.for([
    ['product: "chat"', ['acme-alias', 'acme-large', 'acme-live']],
    ['keyContains: "TTS"', ['acme-tts']],
    ['keyContains: "%"', []],
    ['supplier: "nobody"', []],
    ['active: false', []],
    ['product: "chat", keyContains: "large", active: true, supplier: "acme"', ['acme-large']],
  ] as const)('are filtered by %s', async ([filter, keys]) => {
    const { data } = await run(`{ models(filter: { ${filter} }) { edges { node { key } } } }`);
    expect(data.models.edges.map((edge: { node: { key: string } }) => edge.node.key)).toEqual(keys);
  });
});

describe('a model', () => {
  test('is found by key and by id, with its facts and prices for people', async () => {
    const fields = `id key facts { maxInputTokens capabilities lacking deprecationDate other { name value } }
      currentPrice { effectiveAt components { meter display aboveInputTokens } }`;
    const byKey = await run(`{ model(key: "acme-large") { ${fields} } }`);
    const { model } = byKey.data;
    expect(model.facts).toMatchObject({
      maxInputTokens: 1_000_000,
      lacking: ['assistant_prefill'],
      deprecationDate: '2031-02-19',
    });
    expect(model.facts.other).toContainEqual({ name: 'rpm', value: '1000' });
    expect(model.currentPrice.effectiveAt).toBe('1970-01-01T00:00:00.000Z');
    expect(model.currentPrice.components).toContainEqual({
      meter: 'INPUT_TOKEN',
      display: '6 credits per million tokens (above 200000 input tokens)',
      aboveInputTokens: '200000',
    });
    expect(model.currentPrice.components).toContainEqual({
      meter: 'WEB_SEARCH',
      display: '0.035 credits per call',
      aboveInputTokens: null,
    });
    expect(await run(`{ model(id: "${model.id}") { ${fields} } }`)).toEqual(byKey);
    const node = await run(`{ node(id: "${model.id}") { id ... on Model { key } } }`);
    expect(node.data.node).toEqual({ id: model.id, key: 'acme-large' });
  });

  test.for([
    ['key: "nobody"', 'NOT_FOUND'],
    ['id: "model_01h455vb4pex5vsknk084sn02q"', 'NOT_FOUND'],
    ['id: "team_01h455vb4pex5vsknk084sn02q"', 'BAD_USER_INPUT'],
    ['', 'BAD_USER_INPUT'],
    ['key: "a", id: "b"', 'BAD_USER_INPUT'],
  ] as const)('(%s) is refused with %s', async ([args, code]) => {
    expect(await graphqlError(`{ model${args && `(${args})`} { key } }`)).toMatchObject({ code });
  });

  test('keeps its supplier team, and why and by whom prices were set, to operators', async () => {
    const query = '{ model(key: "acme-large") { supplierTeamId currentPrice { reason setBy { type } } } }';
    const seen = await run(query, operator);
    expect(seen.data.model).toEqual({
      supplierTeamId: null,
      currentPrice: { reason: 'first list', setBy: { type: 'SYSTEM' } },
    });
    expect(await graphqlError(query)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('setModelPrice', () => {
  test('sets the next version, answers it, and a repeat answers it again', async () => {
    const price = {
      components: [
        { meter: 'REQUEST', unitPrice: '0.5' },
        {
          meter: 'REQUEST',
          unitPrice: '0.25',
          aboveInputTokens: 1000,
          params: [{ name: 'SERVICE_TIER', value: 'batch' }],
        },
      ],
      multipliers: [{ factor: '1.1', params: [{ name: 'REGION', value: 'eu' }], units: ['CALL'] }],
      minimum: '0.01',
    };
    const first = await setPrice({ price });
    expect(first.errors).toBeUndefined();
    expect(first.data.setModelPrice).toEqual({
      model: { key: 'acme-tts', currentPrice: { version: 2 } },
      priceVersion: {
        version: 2,
        effectiveAt: now.toISOString(),
        reason: 'dearer',
        setBy: { type: 'KEY' },
        minimum: '0.01',
        components: [
          {
            meter: 'REQUEST',
            unit: 'CALL',
            unitPrice: '0.5',
            display: '0.5 credits per call',
            aboveInputTokens: null,
            params: [],
          },
          {
            meter: 'REQUEST',
            unit: 'CALL',
            unitPrice: '0.25',
            display: '0.25 credits per call (serviceTier batch, above 1000 input tokens)',
            aboveInputTokens: '1000',
            params: [{ name: 'SERVICE_TIER', value: 'batch' }],
          },
        ],
        multipliers: [{ factor: '1.1', params: [{ name: 'REGION', value: 'eu' }], units: ['CALL'] }],
      },
      replayed: false,
      userErrors: [],
    });
    const again = await setPrice({ price });
    expect(again.data.setModelPrice).toEqual({ ...first.data.setModelPrice, replayed: true });
    const { data } = await run(
      '{ model(key: "acme-tts") { priceVersions(first: 1) { edges { node { version model { key } } } pageInfo { hasNextPage } } } }',
    );
    expect(data.model.priceVersions).toEqual({
      edges: [{ node: { version: 2, model: { key: 'acme-tts' } } }],
      pageInfo: { hasNextPage: true },
    });
  });

  test('sets tiers, and shows them in words', async () => {
    const components = [
      { meter: 'REQUEST', unitPrice: '0.25', aboveQuantity: 1000 },
      { meter: 'REQUEST', unitPrice: '0.5' },
    ];
    const fields = 'priceVersion { components { unitPrice display aboveQuantity } } userErrors { message }';
    const { data } = await run(
      `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) { ${fields} } }`,
      operator,
      { input: { modelKey: 'acme-embed', reason: 'tiers', idempotencyKey: 'tiers', price: { components } } },
    );
    expect(data.setModelPrice).toEqual({
      priceVersion: {
        components: [
          { unitPrice: '0.5', display: '0.5 credits per call', aboveQuantity: null },
          {
            unitPrice: '0.25',
            display: '0.25 credits per call (units beyond 1000)',
            aboveQuantity: '1000',
          },
        ],
      },
      userErrors: [],
    });
  });

  test.for<[string, object, string, string[]]>([
    ['an unknown model', { modelKey: 'nobody' }, 'NOT_FOUND', ['modelKey']],
    ['a date in the past', { effectiveAt: '2026-11-21T09:00:00Z' }, 'INVALID_INPUT', ['effectiveAt']],
    ['no component', { price: { components: [] } }, 'INVALID_INPUT', ['price', 'components']],
    [
      'a negative price',
      { price: { components: [{ meter: 'REQUEST', unitPrice: '-1' }] } },
      'INVALID_INPUT',
      ['price', 'components', '0', 'unitPrice'],
    ],
    [
      'part of a token as threshold',
      { price: { components: [{ meter: 'REQUEST', unitPrice: '1', aboveInputTokens: '0.5' }] } },
      'INVALID_INPUT',
      ['price', 'components', '0', 'aboveInputTokens'],
    ],
    [
      'a parameter named twice',
      {
        price: {
          components: [
            {
              meter: 'REQUEST',
              unitPrice: '1',
              params: [
                { name: 'REGION', value: 'eu' },
                { name: 'REGION', value: 'us' },
              ],
            },
          ],
        },
      },
      'INVALID_INPUT',
      ['price', 'components', '0', 'params'],
    ],
  ])('refuses %s as data', async ([, change, code, path]) => {
    const { data, errors } = await setPrice({ idempotencyKey: `refused ${code} ${path}`, ...change });
    expect(errors).toBeUndefined();
    expect(data.setModelPrice).toMatchObject({
      model: null,
      priceVersion: null,
      userErrors: [{ code, path }],
    });
  });

  test.for<[string, Actor, string]>([
    ['without credentials', nobody, 'UNAUTHENTICATED'],
    [
      'by a platform key',
      { kind: 'KEY', keyId: newUuid(), keyType: 'PLATFORM', scopes: ['usage:write'] },
      'FORBIDDEN',
    ],
    ['by a user', { kind: 'USER', userId: newUuid() }, 'FORBIDDEN'],
  ])('is refused %s', async ([, actor, code]) => {
    const input = {
      modelKey: 'acme-live',
      reason: 'x',
      idempotencyKey: 'forbidden',
      price: { components: [{ meter: 'REQUEST', unitPrice: '9' }] },
    };
    expect(await graphqlError(SET_PRICE, actor, { input })).toMatchObject({ code });
    const { data } = await run('{ model(key: "acme-live") { currentPrice { version } } }');
    expect(data.model.currentPrice.version).toBe(1);
  });
});

test('every field of the schema has a rule', () => {
  const unruled = [...accessOf(schema)].filter(([, access]) => access === undefined).map(([field]) => field);
  expect(unruled).toEqual([]);
});

/** The first error, as thrown inside. */
async function graphqlError(
  source: string,
  actor: Actor = nobody,
  variableValues: Record<string, unknown> = {},
) {
  const contextValue = createContext(actor, 'trace');
  const { errors } = await graphql({ schema, source, contextValue, variableValues });
  return errors?.[0]?.originalError;
}
