import { pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/**
 * Idempotency keys of the operations that have no row of their own to carry them (charges do).
 * Kept for ever; written in the same transaction as the effect.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    teamId: uuid().notNull(),
    operation: text().notNull(),
    /** First 16 bytes of SHA-256 of the caller's key. */
    keyDigest: bytea().notNull(),
    /** First 16 bytes of SHA-256 of the canonical caller-supplied input. */
    requestDigest: bytea().notNull(),
    resultId: uuid().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.operation, t.keyDigest] })],
);
