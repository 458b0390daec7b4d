import { bigint, index, jsonb, pgTable, primaryKey, smallint, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

const nano = () => bigint({ mode: 'bigint' });

/** Spend by quarter of an hour of `occurredAt` and by model, rolled up to the charge named in `spend_cursors`. */
export const spendBuckets = pgTable(
  'spend_buckets',
  {
    teamId: uuid().notNull(),
    bucketAt: instant().notNull(),
    modelId: uuid().notNull(),
    amountNano: nano().notNull(),
    charges: nano().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.bucketAt, t.modelId] })],
);

/** How far the roll-up of a team has come: everything up to `chargeId` and `reversalSeq` is in its buckets. */
export const spendCursors = pgTable('spend_cursors', {
  teamId: uuid().primaryKey(),
  chargeId: uuid().notNull(),
  reversedToSeq: nano().notNull(),
});

/** What a run was estimated to cost, by the prices of then. Can be started, and held, until it expires. */
export const runQuotes = pgTable(
  'run_quotes',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    /** `RunStep[]`, as runs keep them. */
    steps: jsonb().notNull(),
    totalNano: nano().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.id] }), index('run_quotes_id').on(t.id)],
);
