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

/** What a team may pay with, as Stripe last told. Card numbers are never here. */
export const paymentMethods = pgTable(
  'payment_methods',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    /** `pm_…`. */
    stripeId: text().notNull(),
    /** Stripe's type, such as `card`. */
    type: text().notNull(),
    brand: text(),
    last4: text(),
    expMonth: smallint(),
    expYear: smallint(),
    /** `apple_pay`, `google_pay` …; null for a plain card. */
    wallet: text(),
    /** The same for one card however often it is added. */
    fingerprint: text(),
    isDefault: boolean().notNull().default(false),
    createdAt: instant().notNull(),
    removedAt: instant(),
    /** Stripe has still to be told that it is removed. */
    detachDue: boolean().notNull().default(false),
    /** When its owner was told that it expires. */
    expiryToldAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('payment_methods_stripe').on(t.teamId, t.stripeId),
    index('payment_methods_id').on(t.id),
    // Events about a method that was detached name no customer any more.
    index('payment_methods_by_stripe').on(t.stripeId),
    uniqueIndex('payment_methods_default').on(t.teamId).where(sql`${t.isDefault}`),
    index('payment_methods_expiring')
      .on(t.expYear, t.expMonth)
      .where(sql`${t.removedAt} is null and ${t.expiryToldAt} is null`),
  ],
);

/** How a team's copy of its payment methods follows Stripe. A row a team that ever wanted to save one. */
export const paymentMethodWatches = pgTable(
  'payment_method_watches',
  {
    teamId: uuid().primaryKey(),
    /** Of the copy: what was listed at Stripe before it last changed is not written over it. */
    version: int8().notNull().default(sql`0`),
    /** When something was last begun at Stripe that may change the list. */
    begunAt: instant().notNull(),
    /** Until when something may come of it. */
    until: instant().notNull(),
    /** When Stripe is asked again, whatever it told by itself; null once nothing is expected. */
    nextCheckAt: instant(),
  },
  (t) => [index('payment_method_watches_next').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`)],
);

/** A purchase of credit on its way, and what came of it. Committed before Stripe is asked for anything. */
export const topUps = pgTable(
  'top_ups',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    kind: text({ enum: ['PURCHASE', 'AUTO_RECHARGE', 'DEBT_INVOICE'] }).notNull(),
    flow: text({ enum: ['SAVED_METHOD', 'CHECKOUT'] }).notNull(),
    status: text({
      enum: ['PENDING', 'ACTION_REQUIRED', 'SUCCEEDED', 'FAILED', 'REFUNDED', 'DISPUTED'],
    }).notNull(),
    amountCents: int8().notNull(),
    /** The bonus it was promised. */
    bonusNano: int8().notNull().default(sql`0`),
    /** Of `payment_methods`; null for checkout. */
    paymentMethodId: uuid(),
    paymentIntent: text(),
    checkoutSession: text(),
    /** The page of the checkout, or of the bank that wants to be asked. */
    actionUrl: text(),
    /** What Stripe.js needs to go on; only while action is required. */
    clientSecret: text(),
    returnUrl: text(),
    failureCode: text(),
    failureMessage: text(),
    /** How often a payment was asked for anew: a part of the idempotency key at Stripe. */
    sendAttempt: integer().notNull().default(0),
    /** When Stripe is asked what became of it; null once it is final. */
    nextCheckAt: instant(),
    /** When it is given up if nothing has come of it. */
    givenUpAt: instant(),
    paymentId: uuid(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    finishedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('top_ups_intent').on(t.teamId, t.paymentIntent).where(sql`${t.paymentIntent} is not null`),
    index('top_ups_id').on(t.id),
    index('top_ups_open').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`),
    index('top_ups_in_flight').on(t.teamId).where(sql`${t.finishedAt} is null`),
  ],
);

/** What happened to top-ups, one gapless stream a team. */
export const topUpEvents = pgTable(
  'top_up_events',
  {
    teamId: uuid().notNull(),
    seq: int8().notNull(),
    topUpId: uuid().notNull(),
    at: instant().notNull(),
    /** The top-up as it was then. */
    topUp: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.seq] })],
);

/** How a team wants its credit to be kept up. */
export const autoRecharges = pgTable(
  'auto_recharges',
  {
    teamId: uuid().primaryKey(),
    enabled: boolean().notNull(),
    thresholdNano: int8().notNull(),
    amountCents: int8().notNull(),
    maxPerChargeCents: int8(),
    dailyCapCents: int8(),
    monthlyCapCents: int8(),
    /** Of `payment_methods`; null: the default one. */
    paymentMethodId: uuid(),
    /** Declines in a row. */
    failures: integer().notNull().default(0),
    /** Not before this instant: the hour is taken, a decline was backed off from, a cap was reached. */
    nextCheckAt: instant(),
    suspendedAt: instant(),
    suspendedReason: text({ enum: ['DECLINED', 'DISPUTED'] }),
    /** Of the card that was declined: another one clears the suspension. */
    suspendedFingerprint: text(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    updatedAt: instant().notNull(),
  },
  (t) => [index('auto_recharges_next').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`)],
);

/** Every time it was tried to recharge by itself. */
export const rechargeAttempts = pgTable(
  'recharge_attempts',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    trigger: text({ enum: ['THRESHOLD', 'REFUSED'] }).notNull(),
    status: text({ enum: ['IN_FLIGHT', 'ACTION_REQUIRED', 'SUCCEEDED', 'FAILED', 'CANCELED'] }).notNull(),
    amountCents: int8().notNull(),
    topUpId: uuid().notNull(),
    fingerprint: text(),
    failureCode: text(),
    failureMessage: text(),
    startedAt: instant().notNull(),
    finishedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // One attempt in flight a team: here, not in anybody's memory.
    uniqueIndex('recharge_attempts_one_in_flight').on(t.teamId).where(sql`${t.finishedAt} is null`),
    index('recharge_attempts_started').on(t.teamId, t.startedAt),
    index('recharge_attempts_top_up').on(t.teamId, t.topUpId),
    index('recharge_attempts_id').on(t.id),
  ],
);

/** Bonus by size of purchase, a set of tiers a row; the newest that is effective holds. */
export const bonusTierSets = pgTable('bonus_tier_sets', {
  id: uuid().primaryKey(),
  effectiveAt: instant().notNull(),
  /** `[{ fromCents, percent }]`, both as decimal strings, the smallest first. */
  tiers: jsonb().notNull(),
  createdAt: instant().notNull(),
  actorKind: smallint().notNull(),
  actorId: uuid(),
  reason: text().notNull(),
});

/** A request to be paid back, its decision, and what became of it at Stripe. */
export const refunds = pgTable(
  'refunds',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    paymentId: uuid().notNull(),
    status: text({ enum: ['REQUESTED', 'REJECTED', 'PENDING', 'SUCCEEDED', 'FAILED'] }).notNull(),
    /** Null: all that is unspent. */
    requestedCents: int8(),
    /** What was approved, or was paid back without being asked for here. */
    amountCents: int8(),
    /** What of it was taken out of the grant … */
    creditNano: int8().notNull().default(sql`0`),
    /** … what an operator had voided of it before … */
    voidedNano: int8().notNull().default(sql`0`),
    /** … and what had been spent, and is owed: only of a refund that was made at Stripe without us. */
    debtNano: int8().notNull().default(sql`0`),
    bonusVoidedNano: int8().notNull().default(sql`0`),
    /** The bonus that came back with a refund that failed. */
    bonusReturnedId: uuid(),
    /** `re_…`. */
    stripeRefund: text(),
    sendAttempt: integer().notNull().default(0),
    nextCheckAt: instant(),
    reason: text().notNull(),
    decisionReason: text(),
    failureReason: text(),
    requestedByKind: smallint().notNull(),
    requestedById: uuid(),
    decidedByKind: smallint(),
    decidedById: uuid(),
    requestedAt: instant().notNull(),
    decidedAt: instant(),
    finishedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('refunds_stripe').on(t.teamId, t.stripeRefund).where(sql`${t.stripeRefund} is not null`),
    index('refunds_id').on(t.id),
    index('refunds_payment').on(t.teamId, t.paymentId),
    // When money was given back, for the list of transactions.
    index('refunds_dated')
      .on(t.teamId, sql`(coalesce(${t.decidedAt}, ${t.requestedAt}))`, t.id)
      .where(sql`${t.amountCents} is not null`),
    index('refunds_open').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`),
  ],
);

/** What cardholders' banks want back. */
export const disputes = pgTable(
  'disputes',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    paymentId: uuid().notNull(),
    /** `dp_…` or `du_…`. */
    stripeId: text().notNull(),
    status: text({ enum: ['OPEN', 'WON', 'LOST'] }).notNull(),
    /** What the bank asks for. */
    amountCents: int8().notNull(),
    /** What of it counts against the payment: no more than refunds and other disputes leave of that. */
    reversedCents: int8().notNull(),
    /** The credit that this has bought: open, it is frozen as far as it is there. */
    askedNano: int8().notNull(),
    /** What of that was there: when it opened, and when it was lost. */
    frozenNano: int8().notNull(),
    /** What an operator had voided before and the bank got when it was lost. */
    voidedNano: int8().notNull().default(sql`0`),
    /** What had been spent already and became debt when it was lost. */
    debtNano: int8().notNull().default(sql`0`),
    bonusVoidedNano: int8().notNull().default(sql`0`),
    /** The bonus that came back when it was won after it had been lost. */
    bonusReturnedId: uuid(),
    reason: text().notNull(),
    /** When Stripe is asked what became of it; null once it is closed. */
    nextCheckAt: instant(),
    openedAt: instant().notNull(),
    closedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('disputes_stripe').on(t.teamId, t.stripeId),
    index('disputes_payment').on(t.teamId, t.paymentId),
    index('disputes_id').on(t.id),
    index('disputes_open').on(t.nextCheckAt).where(sql`${t.nextCheckAt} is not null`),
    index('disputes_opened').on(t.teamId, t.openedAt, t.id),
    index('disputes_closed').on(t.teamId, t.closedAt, t.id).where(sql`${t.closedAt} is not null`),
  ],
);

/** What teams owed when a month ended, and how it was asked for. */
export const debtInvoices = pgTable(
  'debt_invoices',
  {
    teamId: uuid().notNull(),
    /** The month that ended, by UTC: its first instant. */
    month: instant().notNull(),
    amountCents: int8().notNull(),
    /** Null: there was no card to charge, and the team was asked to pay. */
    topUpId: uuid(),
    createdAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.month] })],
);
