import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { createModel, type SetModelPrice, setModelPrice } from '../../src/catalog/catalog.ts';
import { catalogRevision } from '../../src/catalog/catalog-cache.ts';
import { type ImportOutcome, importPriceList } from '../../src/catalog/import-price-list.ts';
import { parsePriceList } from '../../src/catalog/import-prices.ts';
import { importPricesCommand } from '../../src/catalog/import-prices-command.ts';
import { formatPrice } from '../../src/catalog/price-json.ts';
import { inTransaction } from '../../src/db/client.ts';
import { useDatabase } from '../support/database.ts';
import { priceOf } from './rating.ts';

const database = useDatabase();
const fixture = readFileSync(new URL('../fixtures/model-prices.json', import.meta.url), 'utf8');
const now = new Date('2026-11-21T10:00:00.000Z');
const later = new Date('2026-11-22T10:00:00.000Z');
const change = { actor: SYSTEM_ACTOR, reason: 'price list of November', now };
const perRequest = (unitPrice: string) => priceOf([['REQUEST', unitPrice]]);

async function versionsOf(key: string) {
  return database.db.sql<{ version: number; effective_at: Date; components: string; reason: string }[]>`
    select version, effective_at, components, reason from price_versions
    where model_id = (select id from models where key = ${key}) order by version`;
}

function importText(text: string, options: { now?: Date; effectiveAt?: Date } = {}): Promise<ImportOutcome> {
  return inTransaction(database.db, (tx) =>
    importPriceList(tx, parsePriceList(text), { ...change, ...options }),
  );
}

function setPrice(input: Partial<SetModelPrice> & { modelKey: string }, at = now) {
  const full = {
    price: perRequest('2'),
    reason: 'dearer',
    idempotencyKey: `${input.modelKey} price`,
    ...input,
  };
  return inTransaction(database.db, (tx) => setModelPrice(tx, full, SYSTEM_ACTOR, at));
}

function addModel(key: string) {
  const input = { key, product: 'chat', gpuType: 'XL', supplierLabel: 'acme', price: perRequest('1') };
  return inTransaction(database.db, (tx) => createModel(tx, input, change));
}

beforeEach(async () => {
  await database.ownerDb.sql`truncate models, price_versions, products, gpu_types, idempotency_keys`;
});

describe('an import', () => {
  test('creates models, products and first prices that hold since ever', async () => {
    const outcome = await importText(fixture);
    expect(outcome.created).toHaveLength(7);
    expect(await versionsOf('acme-large')).toMatchObject([
      { version: 1, effective_at: new Date(0), reason: 'price list of November' },
    ]);
    const products = await database.db.sql`select code, name from products order by code`;
    expect(products.map(({ code, name }) => [code, name])).toContainEqual([
      'image_generation',
      'Image generation',
    ]);
    const [model] = await database.db
      .sql`select product, supplier_label, facts from models where key = 'acme-large'`;
    expect(model).toMatchObject({
      product: 'chat',
      supplier_label: 'acme',
      facts: { maxOutputTokens: 64_000 },
    });
  });

  test('of the same list again changes nothing, not even the revision', async () => {
    await importText(fixture);
    const before = await catalogRevision(database.db);
    const outcome = await importText(fixture, { now: later });
    expect(outcome).toMatchObject({ created: [], repriced: [], updated: [] });
    expect(outcome.unchanged).toHaveLength(7);
    expect(await catalogRevision(database.db)).toBe(before);
    expect(await versionsOf('acme-large')).toHaveLength(1);
  });

  test('gives a model with another price its next version, and leaves the others and unlisted models', async () => {
    await importText(fixture);
    await addModel('own');
    const before = await catalogRevision(database.db);
    const outcome = await importText(fixture.replace('0.0002833333333333333', '0.0003'), { now: later });
    expect(outcome.repriced).toEqual(['acme-whisper']);
    expect(await catalogRevision(database.db)).toBe(before + 1n);
    expect(await versionsOf('acme-whisper')).toMatchObject([
      { version: 1, effective_at: new Date(0) },
      { version: 2, effective_at: later },
    ]);
    expect(await versionsOf('acme-tts')).toHaveLength(1);
    expect(await versionsOf('own')).toHaveLength(1);
  });

  test('takes over changed facts without a new price version', async () => {
    await importText(fixture);
    const outcome = await importText(
      fixture.replace('"max_output_tokens": 64000', '"max_output_tokens": 32000'),
    );
    expect(outcome).toMatchObject({ repriced: [], updated: ['acme-large'] });
    const [model] = await database.db.sql`select facts from models where key = 'acme-large'`;
    expect(model?.facts).toMatchObject({ maxOutputTokens: 32_000 });
    expect(await versionsOf('acme-large')).toHaveLength(1);
  });

  test('with a date in the past changes nothing and says why', async () => {
    await importText(fixture);
    const changed = fixture.replace('0.0002833333333333333', '0.0003');
    await expect(importText(changed, { now: later, effectiveAt: now })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'acme-whisper.effectiveAt' },
    });
    expect(await versionsOf('acme-whisper')).toHaveLength(1);
  });

  test('by two processes at once creates everything once', async () => {
    const outcomes = await Promise.all([importText(fixture), importText(fixture), importText(fixture)]);
    expect(outcomes.map(({ created }) => created.length).sort()).toEqual([0, 0, 7]);
    const [count] = await database.db.sql`select count(*)::int as n from price_versions`;
    expect(count?.n).toBe(7);
  });
});

describe('the command', () => {
  const run = (text: string, effectiveAt?: string) =>
    importPricesCommand(database.db, { text, effectiveAt, ...change });

  test('prints what changed and what became of every field, unknown prices first', async () => {
    const text = fixture.replace('"output_cost_per_second"', '"output_cost_per_fortnight"');
    const lines = (await run(text)).split('\n');
    expect(lines[0]).toBe('WARNING: 1 fields that may be prices are unknown and were NOT imported:');
    expect(lines[1]).toBe('  acme-tts.output_cost_per_fortnight = 0.00025');
    expect(lines).toContain('7 models: 7 new, 0 with a new price, 0 with other facts, 0 unchanged.');
    expect(lines).toContain('Skipped acme-moderation: has no price.');
    expect(lines).toContain('  input_cost_per_token_flex (1): PRICE INPUT_TOKEN (serviceTier flex)');
  });

  test('schedules new prices', async () => {
    await run(fixture);
    await run(fixture.replace('0.0002833333333333333', '0.0003'), '2026-12-01T00:00:00+01:00');
    expect(await versionsOf('acme-whisper')).toMatchObject([
      {},
      { version: 2, effective_at: new Date('2026-11-30T23:00:00Z') },
    ]);
  });

  test.for(['tomorrow', '2026-12-01', '2026-13-01T00:00:00Z'])('refuses the date %s', async (effectiveAt) => {
    await expect(run(fixture, effectiveAt)).rejects.toMatchObject({ details: { field: 'effective-at' } });
    expect(await versionsOf('acme-large')).toEqual([]);
  });
});

describe('a model', () => {
  test('is created with its first price, product and GPU type, and tells the caches', async () => {
    const before = await catalogRevision(database.db);
    await addModel('own');
    expect(await versionsOf('own')).toMatchObject([{ version: 1, components: formatPrice(perRequest('1')) }]);
    expect(await database.db.sql`select code from gpu_types`).toEqual([{ code: 'XL' }]);
    expect(await catalogRevision(database.db)).toBe(before + 1n);
  });

  test('cannot be created twice', async () => {
    await addModel('own');
    await expect(addModel('own')).rejects.toMatchObject({ code: 'CONFLICT', details: { field: 'key' } });
  });

  test.for(['', ' own', 'own\n', 'x'.repeat(201)])('cannot be called %j', async (key) => {
    await expect(addModel(key)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'key' } });
  });
});

describe('a new price', () => {
  test('is the next version, from now on unless a date is given, and tells the caches', async () => {
    await addModel('own');
    const before = await catalogRevision(database.db);
    const first = await setPrice({ modelKey: 'own' });
    expect(first.replayed).toBe(false);
    await setPrice({ modelKey: 'own', idempotencyKey: 'b', effectiveAt: later, price: perRequest('3') });
    expect(await versionsOf('own')).toMatchObject([
      { version: 1, effective_at: new Date(0) },
      { version: 2, effective_at: now, components: formatPrice(perRequest('2')), reason: 'dearer' },
      { version: 3, effective_at: later },
    ]);
    expect(await catalogRevision(database.db)).toBe(before + 2n);
  });

  test('with the same key is set once, and a changed request under it is refused', async () => {
    await addModel('own');
    const first = await setPrice({ modelKey: 'own', effectiveAt: now });
    const again = await setPrice({ modelKey: 'own', effectiveAt: now }, later);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await versionsOf('own')).toHaveLength(2);
    await expect(
      setPrice({ modelKey: 'own', effectiveAt: now, price: perRequest('9') }),
    ).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test.for([
    ['in the past', new Date('2026-11-21T09:59:59.999Z')],
    ['before the newest version', new Date('2026-11-22T09:59:59.999Z')],
  ] as const)('cannot be set %s', async ([, effectiveAt]) => {
    await addModel('own');
    await setPrice({ modelKey: 'own', idempotencyKey: 'scheduled', effectiveAt: later });
    await expect(setPrice({ modelKey: 'own', effectiveAt })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'effectiveAt' },
    });
    expect(await versionsOf('own')).toHaveLength(2);
  });

  test('needs a model, a reason and a price', async () => {
    await expect(setPrice({ modelKey: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await addModel('own');
    await expect(setPrice({ modelKey: 'own', reason: '' })).rejects.toMatchObject({
      details: { field: 'reason' },
    });
    const negative = { coefficient: -1n, scale: 0 };
    const price = {
      components: [{ meter: 'REQUEST', unitPrice: negative, conditions: {} }],
      multipliers: [],
    } as const;
    await expect(setPrice({ modelKey: 'own', price })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await versionsOf('own')).toHaveLength(1);
  });

  test('set by many at once gets versions without gap or repeat', async () => {
    await addModel('own');
    const keys = Array.from({ length: 8 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((idempotencyKey) => setPrice({ modelKey: 'own', idempotencyKey })));
    expect((await versionsOf('own')).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
