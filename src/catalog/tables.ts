import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { ActorKind } from '../actor.ts';
import { instant } from '../db/columns.ts';
import type { InstanceSpec } from './instance-spec.ts';

/** What can be sold, as grants may be restricted to it: chat, embedding, image … */
export const products = pgTable('products', {
  code: text().primaryKey(),
  name: text().notNull(),
});

export const gpuTypes = pgTable('gpu_types', {
  code: text().primaryKey(),
  name: text().notNull(),
  memoryGb: integer(),
});

export const models = pgTable(
  'models',
  {
    id: uuid().primaryKey(),
    /** The name callers use, e.g. `gpt-5`. */
    key: text().notNull(),
    name: text().notNull(),
    product: text().notNull(),
    gpuType: text(),
    /** The provider's name as imported: a label only. */
    supplierLabel: text().notNull(),
    /** The team that earns from this model, when it is a team of this installation. */
    supplierTeamId: uuid(),
    active: boolean().notNull().default(true),
    /** What deployments can run on, sold by the hour begun. Null for a model. */
    instance: jsonb().$type<InstanceSpec>(),
    /** `ModelFacts`: limits, capabilities and whatever else a price list says. */
    facts: jsonb().notNull().default({}),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('models_key').on(t.key), index('models_product').on(t.product, t.key)],
);

/** A price list of one model from an instant on. Never changed; a newer version supersedes it. */
export const priceVersions = pgTable(
  'price_versions',
  {
    id: uuid().primaryKey(),
    modelId: uuid().notNull(),
    version: integer().notNull(),
    effectiveAt: instant().notNull(),
    /** A `Price` (components, multipliers, minimum) as canonical JSON text, exact decimals as strings. */
    components: text().notNull(),
    createdAt: instant().notNull(),
    actorKind: smallint().$type<ActorKind>().notNull(),
    actorId: uuid(),
    reason: text(),
  },
  (t) => [uniqueIndex('price_versions_model').on(t.modelId, t.version)],
);

/** One row: a number that grows with every change of models or prices, so that caches know when they are stale. */
export const catalogState = pgTable('catalog_state', {
  id: smallint().primaryKey(),
  revision: bigint({ mode: 'bigint' }).notNull(),
});

/**
 * What the plans of a team entitle it to now: prices and permissions need it, plans write it. The rows of the installation
 * hold for whoever has none of the family.
 */
export const teamPlans = pgTable(
  'team_plans',
  {
    teamId: uuid().notNull(),
    family: text().notNull(),
    planCode: text().notNull(),
    /** See `entitlements.ts`. */
    entitlements: jsonb().notNull(),
    since: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.family] })],
);

/**
 * What the plans of a team take off the prices of its deployments from an instant on: an hour is charged by the discount of
 * its beginning. Null: what holds for the installation.
 */
export const computeDiscounts = pgTable(
  'compute_discounts',
  {
    teamId: uuid().notNull(),
    since: instant().notNull(),
    /** In basis points: 3000 are 30 %. */
    discountBps: bigint({ mode: 'bigint' }),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.since] })],
);
