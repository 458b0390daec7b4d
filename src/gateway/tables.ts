import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, primaryKey, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

const int8 = () => bigint({ mode: 'bigint' });

/** Which customer at Stripe stands for a team. */
export const stripeCustomers = pgTable(
  'stripe_customers',
  {
    teamId: uuid().primaryKey(),
    /** `cus_…`. */
    stripeId: text().notNull(),
    createdAt: instant().notNull(),
  },
  // Events name the customer, not the team. A directory.
  (t) => [uniqueIndex('stripe_customers_stripe').on(t.stripeId)],
);

/** Every event Stripe has told us of, once. A directory table. */
export const stripeEvents = pgTable(
  'stripe_events',
  {
    /** `evt_…`. */
    id: text().primaryKey(),
    type: text().notNull(),
    /** The object that the event is about, such as `pi_…`. */
    objectId: text(),
    apiVersion: text(),
    /** When Stripe made it. */
    createdAt: instant().notNull(),
    receivedAt: instant().notNull(),
    /** RECEIVED: waits for its effect. DONE: it had it, or there was none to have. IGNORED: of no type we use. */
    status: text({ enum: ['RECEIVED', 'DONE', 'IGNORED'] }).notNull(),
    doneAt: instant(),
    /** When its job is enqueued again, if it has given up. Null once it is done. */
    nextCheckAt: instant(),
  },
  (t) => [index('stripe_events_waiting').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`)],
);

/** Every payment that has succeeded at Stripe, once: what it bought, and how much of it was returned. */
export const payments = pgTable(
  'payments',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    kind: text({ enum: ['PURCHASE', 'AUTO_RECHARGE', 'DEBT_INVOICE', 'SUBSCRIPTION'] }).notNull(),
    /** `pi_…`. */
    paymentIntent: text().notNull(),
    /** `ch_…`. */
    charge: text(),
    amountCents: int8().notNull(),
    /** The prepaid credit it bought; null for a plan that grants none. */
    grantId: uuid(),
    /** The bonus that came with it. */
    bonusGrantId: uuid(),
    topUpId: uuid(),
    subscriptionId: uuid(),
    /** `in_…`, for plans. */
    stripeInvoice: text(),
    description: text().notNull(),
    cardBrand: text(),
    cardLast4: text(),
    /** Refunds that have left or are leaving, in cents. */
    refundedCents: int8().notNull().default(sql`0`),
    /** Open and lost disputes, in cents. With the refunds never more than the amount. */
    disputedCents: int8().notNull().default(sql`0`),
    /** What people call the receipt. */
    receiptNumber: text().notNull(),
    paidAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('payments_intent').on(t.teamId, t.paymentIntent),
    // With one without the kind beside it the planner takes the wrong one.
    index('payments_kind_paid').on(t.teamId, t.kind, t.paidAt, t.id),
    index('payments_id').on(t.id),
    // Events about charges and disputes name the payment, not the team.
    index('payments_by_intent').on(t.paymentIntent),
  ],
);

/** One row a team that has to do with payments: their lock, and the number of its last top-up event. */
export const paymentHeads = pgTable('payment_heads', {
  teamId: uuid().primaryKey(),
  eventSeq: int8().notNull().default(sql`0`),
});

/** Secrets that all servers of an installation share, made when first needed. */
export const installationSecrets = pgTable('installation_secrets', {
  name: text().primaryKey(),
  /** 32 random bytes in hex. */
  secret: text().notNull(),
  createdAt: instant().notNull(),
});
