import { bigint, pgTable, smallint } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

/** One row, once the clock has been moved: how far business time is ahead of the system's. */
export const sandboxClock = pgTable('sandbox_clock', {
  id: smallint().primaryKey(),
  offsetMs: bigint({ mode: 'bigint' }).notNull(),
  updatedAt: instant().notNull(),
});
