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
