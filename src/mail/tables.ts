import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

/** Mail that is to be sent, written in the transaction of its cause; in sandbox mode it stays here to be read. */
export const mails = pgTable(
  'mails',
  {
    id: uuid().primaryKey(),
    /** The team it is about. */
    teamId: uuid(),
    /** The same for what must not be told twice. */
    dedupeKey: text(),
    to: text().array().notNull(),
    subject: text().notNull(),
    text: text().notNull(),
    html: text().notNull(),
    /** What is made and attached when it is sent: `[{ kind: 'RECEIPT', teamId, paymentId }]`. */
    attachments: jsonb().notNull(),
    status: text({ enum: ['WAITING', 'SENT', 'FAILED'] }).notNull(),
    attempts: integer().notNull().default(0),
    error: text(),
    createdAt: instant().notNull(),
    sentAt: instant(),
  },
  (t) => [
    index('mails_created').on(t.createdAt, t.id),
    index('mails_team').on(t.teamId, t.createdAt),
    index('mails_dedupe').on(t.dedupeKey).where(sql`${t.dedupeKey} is not null`),
  ],
);
