import { sql } from 'drizzle-orm';
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
import { instant } from '../db/columns.ts';

const int8 = () => bigint({ mode: 'bigint' });

/** A version of a plan's terms; what was subscribed to keeps its version. A directory table. */
export const planVersions = pgTable(
  'plan_versions',
  {
    id: uuid().primaryKey(),
    /** `platform-pro` … */
    code: text().notNull(),
    version: integer().notNull(),
    /** `platform`, `workflow`: one active subscription a family. */
    family: text().notNull(),
    name: text().notNull(),
    /** Orders the plans of a family: a higher rank is an upgrade. */
    rank: integer().notNull(),
    monthlyCents: int8().notNull(),
    /** Credit granted for each month that was paid. */
    monthlyCreditNano: int8().notNull(),
    /** See `catalog/entitlements.ts`. */
    entitlements: jsonb().notNull(),
    /** For people, line by line. */
    benefits: text().array().notNull(),
    retired: boolean().notNull().default(false),
    stripeProduct: text(),
    stripePrice: text(),
    effectiveAt: instant().notNull(),
    createdAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text().notNull(),
  },
  (t) => [uniqueIndex('plan_versions_code').on(t.code, t.version)],
);

/** What a team subscribes to, as Stripe last told. */
export const subscriptions = pgTable(
  'subscriptions',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    family: text().notNull(),
    planVersionId: uuid().notNull(),
    /** The plan it changes to at the end of the period. */
    nextPlanVersionId: uuid(),
    status: text({
      enum: ['PENDING', 'ACTION_REQUIRED', 'ACTIVE', 'PAST_DUE', 'CANCELED', 'FAILED'],
    }).notNull(),
    /** `sub_…`. */
    stripeId: text(),
    /** The payment method of its first payment, `pm_…`; null: whatever its payer enters. */
    stripePaymentMethod: text(),
    /** Renewals are paid with the default method of the team. */
    followsDefault: boolean().notNull().default(true),
    /** How often Stripe was told something: a part of the idempotency key there. */
    sendAttempt: integer().notNull().default(0),
    /** What Stripe has yet to be told. */
    task: text({ enum: ['CREATE', 'UPGRADE', 'SCHEDULE', 'KEEP', 'CANCEL', 'END'] }),
    /** The plan that the task is about. */
    taskPlanVersionId: uuid(),
    /** Grows with every change: what was asked of Stripe before the last one is not believed. */
    revision: integer().notNull().default(0),
    cancelAtPeriodEnd: boolean().notNull().default(false),
    currentPeriodStart: instant(),
    currentPeriodEnd: instant(),
    actionUrl: text(),
    clientSecret: text(),
    failureMessage: text(),
    /** When a renewal first failed. */
    pastDueSince: instant(),
    nextCheckAt: instant(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    endedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('subscriptions_one_a_family').on(t.teamId, t.family).where(sql`${t.endedAt} is null`),
    uniqueIndex('subscriptions_stripe').on(t.teamId, t.stripeId).where(sql`${t.stripeId} is not null`),
    index('subscriptions_id').on(t.id),
    index('subscriptions_open').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`),
  ],
);

/** Invoices of subscriptions that were paid, each once: what they granted. */
export const planInvoices = pgTable(
  'plan_invoices',
  {
    teamId: uuid().notNull(),
    /** `in_…`. */
    stripeInvoice: text().notNull(),
    subscriptionId: uuid().notNull(),
    planVersionId: uuid().notNull(),
    periodStart: instant().notNull(),
    periodEnd: instant().notNull(),
    amountCents: int8().notNull(),
    paymentId: uuid(),
    grantId: uuid(),
    paidAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.stripeInvoice] })],
);
