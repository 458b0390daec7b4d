import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant } from '../db/columns.ts';

const nano = () => bigint({ mode: 'bigint' });

/**
 * One row for each thing charged. Its id is a UUIDv7 that sorts in the order of the team's stream; the digests are the
 * idempotency key of the operation. The draws are the entries `fromSeq … toSeq`.
 */
export const charges = pgTable(
  'charges',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    keyDigest: bytea().notNull(),
    requestDigest: bytea().notNull(),
    /** CHARGED, or UNBILLED: after-the-fact usage beyond the debt limit, stored and not charged. */
    status: smallint().notNull(),
    modelId: uuid().notNull(),
    priceVersionId: uuid().notNull(),
    /** Meter → decimal text, e.g. `{"INPUT_TOKEN":"374"}`, and `params` → text. */
    quantities: jsonb().notNull(),
    params: jsonb(),
    amountNano: nano().notNull(),
    /** The part of the amount that went into the receivable. */
    debtNano: nano(),
    /** First and last entry of the charge; null when nothing was posted (amount zero, unbilled). */
    fromSeq: nano(),
    toSeq: nano(),
    occurredAt: instant().notNull(),
    postedAt: instant().notNull(),
    memberId: uuid(),
    apiKeyId: uuid(),
    deploymentId: uuid(),
    runId: uuid(),
    /** The hold that it settles, or that it was drawn from. */
    holdId: uuid(),
    /** Which step of the run, by its place there. */
    runStep: smallint(),
    /** Which replica of the deployment. */
    replicaSlot: smallint(),
    /** The part of the price that was not charged, because credit ended and the caller took what there was. */
    shortNano: nano(),
    /** The part of the price that an earlier charge for the same hold has charged. */
    priorNano: nano(),
    /** The part of the price that the plan of the team took off, in basis points; null for none. */
    discountBps: nano(),
    tags: jsonb(),
    /** The key or user that reported it. */
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('charges_key').on(t.teamId, t.keyDigest),
    // A charge's id alone does not say whose it is.
    index('charges_id').on(t.id),
    // Partial: a charge of neither kind, which is nearly all of them, adds nothing to these.
    index('charges_run').on(t.teamId, t.runId, t.id).where(sql`${t.runId} is not null`),
    index('charges_deployment').on(t.teamId, t.deploymentId, t.id).where(sql`${t.deploymentId} is not null`),
  ],
);

/** A charge is reversed at most once; the row is the judge of that. */
export const reversals = pgTable(
  'reversals',
  {
    teamId: uuid().notNull(),
    chargeId: uuid().notNull(),
    id: uuid().notNull(),
    amountNano: nano().notNull(),
    fromSeq: nano(),
    toSeq: nano(),
    postedAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.chargeId] }), index('reversals_id').on(t.teamId, t.id)],
);

/**
 * Credit set aside for work that is under way. Written only in transactions that write the wallet of the team: its
 * version is the judge of what became of a hold.
 */
export const holds = pgTable(
  'holds',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    keyDigest: bytea().notNull(),
    requestDigest: bytea().notNull(),
    /** `HOLD_STATUS`: HELD, SETTLED, RELEASED, EXPIRED. */
    status: smallint().notNull(),
    /** What it may be settled for; null for the hold of a run, which pays for all of its models. */
    modelId: uuid(),
    /** What is expected to be used, as charges keep it; null when an amount was held. */
    quantities: jsonb(),
    params: jsonb(),
    /** What was set aside. */
    amountNano: nano().notNull(),
    /** What charges have drawn from it so far while it stayed open. */
    drawnNano: nano().notNull().default(sql`0`),
    /** What each grant has set aside and not given yet: `[["<grant id>", "<nano>"], …]` in drawdown order. */
    draws: jsonb().notNull(),
    memberId: uuid(),
    apiKeyId: uuid(),
    deploymentId: uuid(),
    replicaSlot: smallint(),
    runId: uuid(),
    tags: jsonb(),
    placedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    /** The last report: what had been used by then, and its price. */
    reported: jsonb(),
    reportedParams: jsonb(),
    reportedNano: nano(),
    reportedAt: instant(),
    resolvedAt: instant(),
    /** The charge it was settled by, also when it expired; null when all was released. */
    chargeId: uuid(),
    /** The charge for what a late settle reported beyond that. */
    lateChargeId: uuid(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // Always true, and not implied by a look-up by id: without statistics the planner would look through all holds of the
    // team in this index instead of asking the primary key.
    uniqueIndex('holds_key').on(t.teamId, t.keyDigest).where(sql`${t.keyDigest} is not null`),
    // Ids and expiries grow with time: block ranges find both, and cost an insert or an update next to nothing. Lives
    // differ, from seconds to a day: as one span from the earliest to the latest, each range would reach a day ahead.
    index('holds_id').using('brin', t.id).with({ pages_per_range: 16, autosummarize: true }),
    index('holds_due')
      .using('brin', t.expiresAt.op('timestamptz_minmax_multi_ops'))
      .with({ pages_per_range: 16, autosummarize: true }),
  ],
);

/** One row: every hold that expired before `sweptTo` has been looked at. */
export const holdSweeps = pgTable('hold_sweeps', {
  id: smallint().primaryKey(),
  sweptTo: instant().notNull(),
});

/** A job made of steps, each charged on its own. */
export const runs = pgTable(
  'runs',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    keyDigest: bytea().notNull(),
    requestDigest: bytea().notNull(),
    name: text(),
    /** `RUN_STATUS`: RUNNING, FINISHED, CANCELED. */
    status: smallint().notNull(),
    quoteId: uuid(),
    holdId: uuid(),
    /** `RunStep[]`: key, model, expected usage and its price. Never changed. */
    steps: jsonb().notNull(),
    estimatedNano: nano().notNull(),
    /** The sum of its charges. */
    spentNano: nano().notNull().default(sql`0`),
    chargeCount: nano().notNull().default(sql`0`),
    memberId: uuid(),
    apiKeyId: uuid(),
    tags: jsonb(),
    startedAt: instant().notNull(),
    endedAt: instant(),
    /** Why it was cancelled. */
    reason: text(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('runs_key').on(t.teamId, t.keyDigest).where(sql`${t.keyDigest} is not null`),
    index('runs_id').on(t.id),
  ],
);

/**
 * How much may be spent on behalf of a member, with a key, or on a model in a UTC day or month. The counters change in
 * the transaction of the charge or hold that they count.
 */
export const spendCaps = pgTable(
  'spend_caps',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    /** `CAP_SUBJECT`: MEMBER, API_KEY, MODEL. */
    subject: smallint().notNull(),
    subjectId: uuid().notNull(),
    /** `CAP_PERIOD`: DAY, MONTH. */
    period: smallint().notNull(),
    limitNano: nano().notNull(),
    /** Charged in the period that began at `periodAt`; in a later period that is nothing. */
    spentNano: nano().notNull(),
    periodAt: instant().notNull(),
    /** Open holds, whenever they were placed. */
    heldNano: nano().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    uniqueIndex('spend_caps_subject').on(t.teamId, t.subject, t.subjectId, t.period),
    index('spend_caps_id').on(t.id),
  ],
);
