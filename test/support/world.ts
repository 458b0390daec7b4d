import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import type { Meter } from '../../src/catalog/meters.ts';
import { makePrice } from '../../src/catalog/price.ts';
import { formatPrice } from '../../src/catalog/price-json.ts';
import { models, priceVersions } from '../../src/catalog/tables.ts';
import { Batcher, type BatcherOptions } from '../../src/charging/batcher.ts';
import type { ChargeRequest, ChargeResult } from '../../src/charging/charge.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { canonicalJson, digest16 } from '../../src/db/idempotency.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { type IssueGrant, issueGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { openLedger } from '../../src/ledger/post.ts';
import { parseCredits } from '../../src/money.ts';
import { teams } from '../../src/teams/tables.ts';

/** What a test needs to have teams, models, grants and charges, by the product's own verbs. */
export interface World {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  team(options?: { debtLimit?: string }): Promise<Uuid>;
  model(key: string, unitPrices: Partial<Record<Meter, string>>, options?: ModelOptions): Promise<Uuid>;
  grant(
    teamId: Uuid,
    amount: string,
    options?: Partial<Omit<IssueGrant, 'teamId' | 'amountNano'>>,
  ): Promise<Uuid>;
  batcher(options?: Partial<BatcherOptions>): Batcher;
  charge(...requests: ChargeRequest[]): Promise<ChargeResult[]>;
}

export interface ModelOptions {
  readonly product?: string;
  readonly gpuType?: string;
  readonly supplierTeamId?: Uuid;
}

export const LATE_WINDOW = { pastMs: 35 * 86_400_000, aheadMs: 5 * 60_000 };

/** A world on a database. `clock` may be moved by the test. */
export function worldOn(db: Db, clock: Clock = systemClock): World {
  const catalog = new Catalog(db);
  const batcher = (options: Partial<BatcherOptions> = {}) =>
    new Batcher(
      db,
      { catalog, clock, window: LATE_WINDOW },
      { lanes: 2, batchSize: 512, queueLimit: 100_000, ...options },
    );
  const shared = batcher();
  return {
    db,
    clock,
    catalog,
    batcher,
    charge: (...requests) => shared.charge(requests),
    team: (options) => addTeam(db, clock, parseCredits(options?.debtLimit ?? '0')),
    model: (key, unitPrices, options) => addModel(db, clock, key, unitPrices, options),
    grant: async (teamId, amount, options = {}) => {
      const input = {
        teamId,
        kind: 'PROMOTIONAL',
        source: options.kind === 'PREPAID' ? 'PURCHASE' : 'GOODWILL',
        amountNano: parseCredits(amount),
        reason: 'test',
        idempotencyKey: newUuid(),
        ...options,
      } as const;
      const { grantId } = await inTransaction(db, (tx) => issueGrant(tx, input, SYSTEM_ACTOR, clock.now()));
      return grantId;
    },
  };
}

/** Usage of `model` with a key of its own unless one is given. */
export function usage(
  teamId: Uuid,
  modelKey: string,
  quantities: Partial<Record<Meter, string | number>>,
  options: Partial<ChargeRequest> = {},
): ChargeRequest {
  const idempotencyKey = options.idempotencyKey ?? newUuid();
  const { actor: _actor, idempotencyKey: _key, ...supplied } = options;
  return {
    what: 'CHARGE',
    teamId,
    idempotencyKey,
    keyDigest: digest16(idempotencyKey),
    requestDigest: digest16(canonicalJson({ teamId, modelKey, quantities, ...supplied })),
    modelKey,
    // The keys of a record of meters are meters.
    quantities: new Map(
      Object.entries(quantities).map(([meter, quantity]) => [meter as Meter, parseDecimal(String(quantity))]),
    ),
    params: new Map(),
    afterTheFact: false,
    actor: SYSTEM_ACTOR,
    ...supplied,
  };
}

async function addTeam(db: Db, clock: Clock, debtLimitNano: bigint): Promise<Uuid> {
  const id = newUuid();
  const now = clock.now();
  await inTransaction(db, async (tx) => {
    await tx.orm.insert(teams).values({ id, name: 'Test', createdAt: now });
    await openLedger(tx, id, now, debtLimitNano);
  });
  return id;
}

async function addModel(
  db: Db,
  clock: Clock,
  key: string,
  unitPrices: Partial<Record<Meter, string>>,
  options: ModelOptions = {},
): Promise<Uuid> {
  const id = newUuid();
  const createdAt = clock.now();
  const components = Object.entries(unitPrices).map(([meter, unitPrice]) => ({
    meter: meter as Meter,
    unitPrice: parseDecimal(unitPrice),
    conditions: {},
  }));
  const price = makePrice({ components, multipliers: [] });
  const product = options.product ?? 'chat';
  await inTransaction(db, async (tx) => {
    const { gpuType = null, supplierTeamId = null } = options;
    await tx.orm
      .insert(models)
      .values({ id, key, name: key, product, gpuType, supplierTeamId, supplierLabel: 'test', createdAt });
    await tx.orm.insert(priceVersions).values({
      id: newUuid(),
      modelId: id,
      version: 1,
      effectiveAt: new Date(0),
      components: formatPrice(price),
      createdAt,
      actorKind: 0,
    });
    await tx.sql`update catalog_state set revision = revision + 1`;
  });
  return id;
}
