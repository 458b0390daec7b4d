import { bigint, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
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
