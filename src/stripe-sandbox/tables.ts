import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

const int8 = () => bigint({ mode: 'bigint' });

/** The stand-in's own books: every object of its API. None of the product's rooms reads these tables. */
export const sandboxStripeObjects = pgTable(
  'sandbox_stripe_objects',
  {
    id: text().primaryKey(),
    /** Stripe's `object`: `payment_intent` … */
    type: text().notNull(),
    /** The order in which objects were made; lists are sorted by it. */
    seq: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    customer: text(),
    /** What it belongs to: the payment intent of a charge, the subscription of an invoice. */
    parent: text(),
    /** The object as the API answers it, unexpanded. */
    data: jsonb().notNull(),
    /** What the stand-in has to remember of it and does not tell. */
    secret: jsonb().notNull(),
    /** When something happens to it by itself: a renewal, a retry, an expiry. */
    dueAt: instant(),
  },
  (t) => [
    index('sandbox_stripe_objects_type').on(t.type, t.seq),
    index('sandbox_stripe_objects_customer')
      .on(t.customer, t.type, t.seq)
      .where(sql`${t.customer} is not null`),
    index('sandbox_stripe_objects_parent').on(t.parent, t.type, t.seq).where(sql`${t.parent} is not null`),
    index('sandbox_stripe_objects_due').on(t.dueAt).where(sql`${t.dueAt} is not null`),
  ],
);

/** Answers to requests with an idempotency key. */
export const sandboxStripeKeys = pgTable('sandbox_stripe_keys', {
  key: text().primaryKey(),
  /** Digest of method, path and parameters. */
  request: text().notNull(),
  /** Null while it is being worked on. */
  status: integer(),
  body: text(),
  createdAt: instant().notNull(),
});

/** Events, and their way to the webhook endpoint. */
export const sandboxStripeDeliveries = pgTable(
  'sandbox_stripe_deliveries',
  {
    /** An event delivered twice has two. */
    id: text().primaryKey(),
    eventId: text().notNull(),
    seq: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    payload: text().notNull(),
    attempts: integer().notNull().default(0),
    /** By the sandbox's clock. Null: delivered, dropped or given up. */
    nextAt: instant(),
    deliveredAt: instant(),
    dropped: boolean().notNull().default(false),
    /** It waits until a later one has been delivered. */
    overtaken: boolean().notNull().default(false),
    lastStatus: text(),
  },
  (t) => [index('sandbox_stripe_deliveries_next').on(t.nextAt, t.seq).where(sql`${t.nextAt} is not null`)],
);

/** Faults that were asked for, used up one by one. */
export const sandboxStripeFaults = pgTable(
  'sandbox_stripe_faults',
  {
    id: text().primaryKey(),
    seq: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    kind: text().notNull(),
    /** Which requests (`POST /v1/payment_intents`) or events (`payment_intent.succeeded`) it hits; `*` for all. */
    target: text().notNull(),
    /** How often it still hits. */
    remaining: int8().notNull(),
    options: jsonb().notNull(),
  },
  (t) => [uniqueIndex('sandbox_stripe_faults_seq').on(t.seq)],
);
