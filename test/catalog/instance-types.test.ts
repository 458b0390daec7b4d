import { beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { createModel, setModelPrice } from '../../src/catalog/catalog.ts';
import { Catalog, catalogRevision } from '../../src/catalog/catalog-cache.ts';
import { modelsBy } from '../../src/catalog/catalog-reads.ts';
import { hourlyNano } from '../../src/catalog/instance-price.ts';
import {
  type CreateInstanceType,
  createInstanceType,
  seedInstanceTypes,
} from '../../src/catalog/instance-types.ts';
import type { Price } from '../../src/catalog/price.ts';
import { inTransaction } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { priceOf } from './rating.ts';

const database = useDatabase();
const now = new Date('2026-11-21T10:00:00.000Z');
const later = new Date('2026-11-22T10:00:00.000Z');
const change = { actor: SYSTEM_ACTOR, reason: 'more machines', now };

const BIG: CreateInstanceType = {
  key: 'gpu-xl',
  name: 'GPU XL',
  gpuType: 'H100',
  spec: { kind: 'GPU', gpus: 8, gpuMemoryGb: 80, vcpus: 192, memoryGb: 2048 },
  hourlyPrice: parseDecimal('24.5'),
};

function create(input: Partial<CreateInstanceType> = {}) {
  return inTransaction(database.db, (tx) => createInstanceType(tx, { ...BIG, ...input }, change));
}

/** The hourly prices that hold at an instant, by key. */
async function hourlyAt(at: Date): Promise<Record<string, string>> {
  const snapshot = await new Catalog(database.db).snapshot();
  const types = [...snapshot.modelById.values()].filter(({ instance }) => instance);
  const prices = types.map(({ key, id }) => {
    const version = snapshot.priceAt(id, at);
    return [key, version ? formatCredits(hourlyNano(version.price)) : 'none'] as const;
  });
  return Object.fromEntries(prices);
}

beforeEach(async () => {
  await database.ownerDb.sql`truncate models, price_versions, products, gpu_types, idempotency_keys`;
});

describe('the first instance types', () => {
  test('are three of GPUs and three of CPUs, with prices that hold since ever', async () => {
    await seedInstanceTypes(database.db, now);
    expect(await hourlyAt(new Date(0))).toEqual({
      'gpu-s': '0.6',
      'gpu-m': '1.8',
      'gpu-l': '3.5',
      'cpu-s': '0.08',
      'cpu-m': '0.16',
      'cpu-l': '0.32',
    });
  });

  test('are added once, also by processes that start at once, and not again over changed prices', async () => {
    await Promise.all([1, 2, 3].map(() => seedInstanceTypes(database.db, now)));
    const price = priceOf([['INSTANCE_HOUR', '0.7']]);
    const dearer = { modelKey: 'gpu-s', price, reason: 'dearer', idempotencyKey: 'k' };
    await inTransaction(database.db, (tx) => setModelPrice(tx, dearer, SYSTEM_ACTOR, now));
    const revision = await catalogRevision(database.db);
    await seedInstanceTypes(database.db, later);
    expect(await catalogRevision(database.db)).toBe(revision);
    expect(Object.keys(await hourlyAt(now))).toHaveLength(6);
    expect(await hourlyAt(now)).toMatchObject({ 'gpu-s': '0.7' });
    expect(await hourlyAt(new Date(now.getTime() - 1))).toMatchObject({ 'gpu-s': '0.6' });
  });

  test('are not added where an operator made another one first', async () => {
    await create();
    await seedInstanceTypes(database.db, now);
    expect(await hourlyAt(now)).toEqual({ 'gpu-xl': '24.5' });
  });

  test('leave a key to the model that has it', async () => {
    const model = {
      key: 'gpu-s',
      product: 'chat',
      supplierLabel: 'acme',
      price: priceOf([['REQUEST', '1']]),
    };
    await inTransaction(database.db, (tx) => createModel(tx, model, change));
    await seedInstanceTypes(database.db, now);
    expect(Object.keys(await hourlyAt(now))).toHaveLength(5);
  });
});

describe('an instance type', () => {
  test('is in the snapshot with its machine, product and GPU type, but in no list of models', async () => {
    const { modelId } = await create();
    const snapshot = await new Catalog(database.db).snapshot();
    expect(snapshot.modelById.get(modelId)).toMatchObject({
      key: 'gpu-xl',
      product: 'compute',
      gpuType: 'H100',
      instance: BIG.spec,
    });
    expect(snapshot.modelByKey.get('gpu-xl')?.id).toBe(modelId);
    const listed = await modelsBy(database.db, {}, { ascending: true, limit: 10, from: undefined });
    expect(listed).toEqual([]);
  });

  test('is created once for a key of the caller, and other input under it is refused', async () => {
    const first = await create({ idempotencyKey: 'xl' });
    const again = await create({ idempotencyKey: 'xl' });
    expect([again.modelId, again.replayed]).toEqual([first.modelId, true]);
    const other = create({ idempotencyKey: 'xl', hourlyPrice: parseDecimal('25') });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await expect(create()).rejects.toMatchObject({ code: 'CONFLICT', details: { field: 'key' } });
  });

  test.for<[string, Partial<CreateInstanceType>]>([
    ['hourlyPrice', { hourlyPrice: parseDecimal('-1') }],
    ['hourlyPrice', { hourlyPrice: parseDecimal('0.0000000001') }],
    ['hourlyPrice', { hourlyPrice: parseDecimal('1000001') }],
    ['gpus', { spec: { ...BIG.spec, gpus: 0 } }],
    ['gpus', { spec: { ...BIG.spec, gpus: 1.5 } }],
    ['gpuMemoryGb', { spec: { ...BIG.spec, gpuMemoryGb: -1 } }],
    ['vcpus', { spec: { ...BIG.spec, vcpus: 0 } }],
    ['memoryGb', { spec: { ...BIG.spec, memoryGb: Number.NaN } }],
    ['gpuType', { spec: { kind: 'CPU', gpus: 0, vcpus: 1, memoryGb: 1 } }],
    ['key', { key: '' }],
    ['name', { name: ' x' }],
    ['gpuType', { gpuType: '' }],
  ])('with a wrong %s is refused, and nothing is written', async ([field, input]) => {
    await expect(create(input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field } });
    expect(await hourlyAt(now)).toEqual({});
  });

  test.for<[string, Price]>([
    ['price.components', priceOf([['GPU_SECOND', '1']])],
    [
      'price.components',
      priceOf([
        ['INSTANCE_HOUR', '1'],
        ['REQUEST', '1'],
      ]),
    ],
    ['price.components', priceOf([['INSTANCE_HOUR', '1', { params: { region: 'eu' } }]])],
    [
      'price.multipliers',
      priceOf([['INSTANCE_HOUR', '1']], { multipliers: [{ factor: '2', params: { region: 'eu' } }] }),
    ],
    ['price.minimum', priceOf([['INSTANCE_HOUR', '1']], { minimum: '2' })],
  ])('costs the same every hour: %s must not differ', async ([field, price]) => {
    await create();
    const input = { modelKey: 'gpu-xl', price, reason: 'odd', idempotencyKey: 'odd' };
    const set = inTransaction(database.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, now));
    await expect(set).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field } });
    expect(await hourlyAt(later)).toEqual({ 'gpu-xl': '24.5' });
  });
});
