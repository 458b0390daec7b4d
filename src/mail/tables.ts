import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

/** Mail that is to be sent, written in the transaction of its cause; in sandbox mode it stays here to be read. */
export const mails = pgTable(
  'mails',
  {
    /** The team it is about. */
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    /** The same for what must not be told twice to a team. */
    dedupeKey: text(),
    to: text().array().notNull(),
    subject: text().notNull(),
    text: text().notNull(),
    html: text().notNull(),
    /** What is made and attached when it is sent: `[{ kind: 'RECEIPT', paymentId }]`. */
    attachments: jsonb().notNull(),
    /** KEPT: in sandbox mode without SMTP settings, to be read here. FAILED: nobody takes it, or too often not. */
    status: text({ enum: ['WAITING', 'SENT', 'KEPT', 'FAILED'] }).notNull(),
    attempts: integer().notNull().default(0),
    error: text(),
    /** Whoever is sending it has it to itself until then, by system time. */
    leasedUntil: instant(),
    /** By business time. */
    createdAt: instant().notNull(),
    /** By business time. */
    sentAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // Ids begin with the time they were made at: the newest mail of all teams.
    index('mails_id').on(t.id),
    uniqueIndex('mails_dedupe').on(t.teamId, t.dedupeKey).where(sql`${t.dedupeKey} is not null`),
    index('mails_waiting').on(t.id).where(sql`${t.status} = 'WAITING'`),
  ],
);
