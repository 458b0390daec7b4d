import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { ask } from '../charging/charge-api.ts';
import { key } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { catalogSchema } from './catalog-api.ts';

const database = useDatabase();
const now = new Date('2026-11-21T10:00:00.000Z');
const nobody: Actor = { kind: 'ANONYMOUS' };
const operator = key('OPERATOR');
let schema: GraphQLSchema;

beforeAll(async () => {
  const { db } = database;
  schema = catalogSchema({ db, clock: { now: () => now }, catalog: new Catalog(db) });
  await seedInstanceTypes(db, now);
});

interface Type {
  readonly id: string;
  readonly key: string;
  readonly hourlyPrice: string;
}
interface Listed {
  readonly instanceTypes: {
    readonly edges: readonly { readonly node: Type; readonly cursor: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

function run<T>(source: string, actor: Actor = nobody, variables: Record<string, unknown> = {}) {
  return ask<T>(schema, database.db, actor, source, variables);
}

async function keysOf(args: string): Promise<readonly string[] | undefined> {
  const { data } = await run<Listed>(`{ instanceTypes${args} { edges { node { key } } } }`);
  return data?.instanceTypes.edges.map(({ node }) => node.key);
}

const XL = {
  key: 'gpu-xl',
  name: 'GPU XL',
  kind: 'GPU',
  gpuType: 'H100',
  gpus: 8,
  gpuMemoryGb: 80,
  vcpus: 192,
  memoryGb: 2048,
  hourlyPrice: '24.5',
  reason: 'asked for',
  idempotencyKey: 'xl',
};
const CREATE = `mutation ($input: CreateInstanceTypeInput!) { createInstanceType(input: $input) {
  instanceType { id key hourlyPrice } replayed userErrors { code path } } }`;

interface Created {
  readonly createInstanceType: {
    readonly instanceType: Type | null;
    readonly replayed: boolean;
    readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
  };
}

function create(change: object, actor: Actor = operator) {
  return run<Created>(CREATE, actor, { input: { ...XL, ...change } });
}

describe('instance types', () => {
  test('are browsed by anybody, with what a machine is and what its hours cost', async () => {
    const machine = 'key name kind gpuType gpus gpuMemoryGb vcpus memoryGb hourlyPrice active';
    const query = `{ gpu: instanceType(key: "gpu-m") { ${machine} } cpu: instanceType(key: "cpu-s") { ${machine} } }`;
    const { data, errors } = await run(query);
    expect(errors).toEqual({});
    expect(data).toEqual({
      gpu: {
        key: 'gpu-m',
        name: 'GPU M',
        kind: 'GPU',
        gpuType: 'A100-80GB',
        gpus: 1,
        gpuMemoryGb: 80,
        vcpus: 16,
        memoryGb: 128,
        hourlyPrice: '1.8',
        active: true,
      },
      cpu: {
        key: 'cpu-s',
        name: 'CPU S',
        kind: 'CPU',
        gpuType: null,
        gpus: 0,
        gpuMemoryGb: null,
        vcpus: 2,
        memoryGb: 8,
        hourlyPrice: '0.08',
        active: true,
      },
    });
  });

  test('are listed by key, in pages that tile', async () => {
    const first = await run<Listed>(
      '{ instanceTypes(first: 4) { edges { node { key } cursor } pageInfo { hasNextPage } } }',
    );
    const cursor = first.data?.instanceTypes.edges.at(-1)?.cursor;
    expect(first.data?.instanceTypes.edges.map(({ node }) => node.key)).toEqual([
      'cpu-l',
      'cpu-m',
      'cpu-s',
      'gpu-l',
    ]);
    expect(first.data?.instanceTypes.pageInfo.hasNextPage).toBe(true);
    expect(await keysOf(`(first: 4, after: "${cursor}")`)).toEqual(['gpu-m', 'gpu-s']);
    expect(await keysOf(`(last: 2, before: "${cursor}")`)).toEqual(['cpu-m', 'cpu-s']);
  });

  test.for([
    ['kind: CPU', ['cpu-l', 'cpu-m', 'cpu-s']],
    ['gpuType: "L4"', ['gpu-s']],
    ['kind: GPU, active: true', ['gpu-l', 'gpu-m', 'gpu-s']],
    ['active: false', []],
  ] as const)('are filtered by %s', async ([filter, keys]) => {
    expect(await keysOf(`(filter: { ${filter} })`)).toEqual(keys);
  });

  test('are found by id and as nodes, and are in no list of models', async () => {
    const { data } = await run<{ instanceType: Type }>('{ instanceType(key: "gpu-l") { id } }');
    const id = data?.instanceType.id ?? '';
    expect(id).toMatch(/^instance_/);
    const found = await run(
      `{ instanceType(id: "${id}") { key } node(id: "${id}") { id ... on InstanceType { key hourlyPrice } } models { edges { node { key } } } }`,
    );
    expect(found).toEqual({
      data: {
        instanceType: { key: 'gpu-l' },
        node: { id, key: 'gpu-l', hourlyPrice: '3.5' },
        models: { edges: [] },
      },
      errors: {},
    });
  });

  test.for([
    ['instanceType(key: "nothing") { key }', 'NOT_FOUND'],
    [`instanceType(id: "${publicId('instanceType', newUuid())}") { key }`, 'NOT_FOUND'],
    [`instanceType(id: "${publicId('model', newUuid())}") { key }`, 'BAD_USER_INPUT'],
    ['instanceType { key }', 'BAD_USER_INPUT'],
    ['model(key: "gpu-s") { key }', 'NOT_FOUND'],
  ] as const)('%s is answered by %s', async ([field, code]) => {
    const { errors } = await run(`{ ${field} }`);
    expect(Object.values(errors)).toEqual([code]);
  });

  test('are models to the prices that name them, by an id that is found again', async () => {
    const query = `{ instanceType(key: "gpu-s") { id currentPrice { version model { id key product instanceType { id } } }
      priceVersions { edges { node { version components { meter unit display } } } } } }`;
    interface Shown {
      readonly instanceType: {
        id: string;
        currentPrice: { model: { id: string; instanceType: { id: string } } };
      };
    }
    const { data, errors } = await run<Shown>(query);
    expect(errors).toEqual({});
    const model = data?.instanceType.currentPrice.model;
    expect(model).toMatchObject({
      key: 'gpu-s',
      product: 'compute',
      instanceType: { id: data?.instanceType.id },
    });
    expect(data?.instanceType).toMatchObject({
      priceVersions: {
        edges: [
          {
            node: {
              version: 1,
              components: [{ meter: 'INSTANCE_HOUR', unit: 'HOUR', display: '0.6 credits per hour' }],
            },
          },
        ],
      },
    });
    const again = await run(`{ node(id: "${model?.id}") { ... on Model { key } } }`);
    expect(again.data).toEqual({ node: { key: 'gpu-s' } });
  });
});

describe('createInstanceType', () => {
  test('adds a type, once for a key of the operator', async () => {
    const first = await create({});
    expect(first.data?.createInstanceType).toMatchObject({
      instanceType: { key: 'gpu-xl', hourlyPrice: '24.5' },
      replayed: false,
      userErrors: [],
    });
    const again = await create({});
    expect(again.data?.createInstanceType).toEqual({ ...first.data?.createInstanceType, replayed: true });
  });

  test.for<[string, object, string, string[]]>([
    ['a key that is taken', { key: 'gpu-s' }, 'CONFLICT', ['key']],
    ['a negative price', { hourlyPrice: '-1' }, 'INVALID_INPUT', ['hourlyPrice']],
    ['a GPU type without GPUs', { gpus: 0 }, 'INVALID_INPUT', ['gpus']],
    ['a GPU type that does not say which', { gpuType: null }, 'INVALID_INPUT', ['gpuType']],
    ['a CPU type with GPUs', { kind: 'CPU', gpuType: null }, 'INVALID_INPUT', ['gpus']],
    ['no memory', { memoryGb: 0 }, 'INVALID_INPUT', ['memoryGb']],
    ['an empty key', { key: '' }, 'INVALID_INPUT', ['key']],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 'INVALID_INPUT', ['reason']],
    ['an empty idempotency key', { idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
  ])('refuses %s as data', async ([title, change, code, path]) => {
    const { data, errors } = await create({ key: 'other', idempotencyKey: title, ...change });
    expect(errors).toEqual({});
    expect(data?.createInstanceType).toEqual({
      instanceType: null,
      replayed: false,
      userErrors: [{ code, path }],
    });
    expect(await keysOf('(filter: { gpuType: "H100" })')).not.toContain('other');
  });

  test('is for operators, with a reason', async () => {
    const input = { key: 'forbidden', idempotencyKey: 'forbidden' };
    expect((await create(input, key('PLATFORM', ['usage:write']))).errors).toEqual({
      createInstanceType: 'FORBIDDEN',
    });
    expect((await create(input, nobody)).errors).toEqual({ createInstanceType: 'UNAUTHENTICATED' });
    expect((await create({ ...input, reason: ' ' })).errors).toEqual({
      createInstanceType: 'BAD_USER_INPUT',
    });
  });
});

describe('setModelPrice', () => {
  const SET = `mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) {
    model { instanceType { hourlyPrice priceVersions { edges { node { version } } } } } userErrors { path } } }`;
  const hourly = (unitPrice: string) => ({ components: [{ meter: 'INSTANCE_HOUR', unitPrice }] });

  test('changes what the hours of an instance type cost, from then on', async () => {
    const input = { modelKey: 'cpu-l', reason: 'cheaper', price: hourly('0.3') };
    const later = {
      ...input,
      price: hourly('0.2'),
      effectiveAt: '2026-12-01T00:00:00Z',
      idempotencyKey: 'b',
    };
    const set = await run(SET, operator, { input: { ...input, idempotencyKey: 'a' } });
    expect(set.data).toMatchObject({ setModelPrice: { model: { instanceType: { hourlyPrice: '0.3' } } } });
    const scheduled = await run(SET, operator, { input: later });
    expect(scheduled.data).toMatchObject({
      setModelPrice: {
        model: {
          instanceType: {
            hourlyPrice: '0.3',
            priceVersions: {
              edges: [{ node: { version: 3 } }, { node: { version: 2 } }, { node: { version: 1 } }],
            },
          },
        },
      },
    });
  });

  test('refuses a price that is not one of hours', async () => {
    const price = { components: [{ meter: 'INPUT_TOKEN', unitPrice: '1' }] };
    const input = { modelKey: 'gpu-s', reason: 'odd', idempotencyKey: 'odd', price };
    const { data } = await run(SET, operator, { input });
    expect(data).toEqual({ setModelPrice: { model: null, userErrors: [{ path: ['price', 'components'] }] } });
  });
});

test('every field of the schema has a rule', () => {
  const unruled = [...accessOf(schema)].filter(([, access]) => access === undefined).map(([field]) => field);
  expect(unruled).toEqual([]);
});
