import { expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { createModel, setModelPrice } from '../../src/catalog/catalog.ts';
import { Catalog, catalogRevision } from '../../src/catalog/catalog-cache.ts';
import { inTransaction } from '../../src/db/client.ts';
import { useDatabase } from '../support/database.ts';
import { priceOf } from './rating.ts';

const database = useDatabase();
const now = new Date('2026-11-21T10:00:00.000Z');
const later = new Date('2026-11-22T10:00:00.000Z');
const change = { actor: SYSTEM_ACTOR, reason: 'test', now };

function addModel(key: string) {
  const input = {
    key,
    product: 'chat',
    gpuType: 'L',
    supplierLabel: 'acme',
    price: priceOf([['REQUEST', '1']]),
  };
  return inTransaction(database.db, (tx) => createModel(tx, input, change));
}

function setPrice(modelKey: string, unitPrice: string, effectiveAt: Date) {
  const price = priceOf([['REQUEST', unitPrice]]);
  const input = {
    modelKey,
    price,
    effectiveAt,
    reason: 'dearer',
    idempotencyKey: `${modelKey} ${unitPrice}`,
  };
  return inTransaction(database.db, (tx) => setModelPrice(tx, input, SYSTEM_ACTOR, now));
}

test('knows each model by key and by id, with the version that holds at an instant', async () => {
  const { modelId, priceVersionId } = await addModel('a');
  const second = await setPrice('a', '2', now);
  const third = await setPrice('a', '3', later);
  const snapshot = await new Catalog(database.db).snapshot();
  expect(snapshot.modelByKey.get('a')).toMatchObject({
    id: modelId,
    product: 'chat',
    gpuType: 'L',
    supplierTeamId: null,
    instance: null,
  });
  expect(snapshot.modelById.get(modelId)?.key).toBe('a');
  const idAt = (at: Date) => snapshot.priceAt(modelId, at)?.id;
  expect(idAt(new Date(0))).toBe(priceVersionId);
  expect(idAt(new Date(now.getTime() - 1))).toBe(priceVersionId);
  expect(idAt(now)).toBe(second.priceVersionId);
  expect(idAt(new Date(later.getTime() - 1))).toBe(second.priceVersionId);
  expect(idAt(later)).toBe(third.priceVersionId);
  expect(snapshot.priceAt('00000000-0000-7000-8000-000000000000', now)).toBeUndefined();
});

test('of two versions from the same instant the later one holds', async () => {
  const { modelId } = await addModel('b');
  await setPrice('b', '2', now);
  const { priceVersionId } = await setPrice('b', '3', now);
  expect((await new Catalog(database.db).snapshot()).priceAt(modelId, now)?.id).toBe(priceVersionId);
});

test('a change shows as another revision, and refresh brings it', async () => {
  await addModel('c');
  const catalog = new Catalog(database.db);
  const before = await catalog.snapshot();
  expect(await catalogRevision(database.db)).toBe(before.revision);
  const { modelId } = await addModel('d');
  expect(await catalogRevision(database.db)).not.toBe(before.revision);
  expect((await catalog.snapshot()).modelByKey.has('d')).toBe(false);
  const after = await catalog.refresh();
  expect(after.revision).toBe(await catalogRevision(database.db));
  expect(after.modelById.has(modelId)).toBe(true);
  expect(await catalog.snapshot()).toBe(after);
});

test('keeps compiled versions from one snapshot to the next', async () => {
  const { priceVersionId } = await addModel('e');
  const catalog = new Catalog(database.db);
  const first = (await catalog.snapshot()).versionById.get(priceVersionId);
  expect((await catalog.refresh()).versionById.get(priceVersionId)).toBe(first);
});

test('calls made during a load share the next one, which sees what was committed before they were made', async () => {
  const catalog = new Catalog(database.db);
  const loads = await inTransaction(database.ownerDb, async (tx) => {
    await tx.sql`lock table price_versions in access exclusive mode`;
    const running = catalog.refresh();
    await someoneWaitsFor('price_versions');
    const input = { key: 'f', product: 'chat', supplierLabel: 'acme', price: priceOf([['REQUEST', '1']]) };
    await createModel(tx, input, change);
    return { running, calls: Array.from({ length: 20 }, () => catalog.refresh()) };
  });
  expect((await loads.running).modelByKey.has('f')).toBe(false);
  const snapshots = new Set(await Promise.all(loads.calls));
  expect(snapshots.size).toBe(1);
  expect([...snapshots][0]?.modelByKey.has('f')).toBe(true);
});

async function someoneWaitsFor(table: string): Promise<void> {
  for (;;) {
    const waiting = await database.db.sql`
      select 1 from pg_locks where not granted and relation = ${table}::regclass
        and database = (select oid from pg_database where datname = current_database())`;
    if (waiting.length > 0) return;
  }
}

test('a failed load fails its callers and not the next ones', async () => {
  const catalog = new Catalog(database.db);
  const broken = inTransaction(database.db, async (tx) => {
    await tx.sql`select 1/0`.catch(() => undefined);
    return catalog.refresh(tx);
  });
  await expect(broken).rejects.toThrow();
  await expect(catalog.refresh()).resolves.toMatchObject({ revision: await catalogRevision(database.db) });
});
