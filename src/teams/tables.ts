import { index, jsonb, pgTable, primaryKey, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from '../db/columns.ts';

/** People. A directory table: global, off the spend path. */
export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    /** The `sub` of the identity provider's tokens. */
    subject: text().notNull(),
    email: text(),
    name: text(),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('users_subject').on(t.subject)],
);

export const teams = pgTable('teams', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  /** IANA name; views of spend by day and month use it. */
  timeZone: text().notNull().default('UTC'),
  /** When it first bought credit: that unlocks pay-as-you-go. */
  firstPurchaseAt: instant(),
  createdAt: instant().notNull(),
});

export const memberships = pgTable(
  'memberships',
  {
    teamId: uuid().notNull(),
    userId: uuid().notNull(),
    role: text({ enum: ['OWNER', 'ADMIN', 'MEMBER'] }).notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.userId] }), index('memberships_user').on(t.userId)],
);

/** Keys of programs. A directory table: a key carries its id in clear, the secret is stored as a SHA-256 digest. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid().primaryKey(),
    type: text({ enum: ['PLATFORM', 'TEAM', 'PARTNER', 'OPERATOR'] }).notNull(),
    /** Set for TEAM keys and for PARTNER keys that act for one team. */
    teamId: uuid(),
    name: text().notNull(),
    /** The first characters of the key, to recognise it by. */
    prefix: text().notNull(),
    secretHash: bytea().notNull(),
    scopes: text().array().notNull(),
    createdBy: uuid(),
    createdAt: instant().notNull(),
    lastUsedAt: instant(),
    expiresAt: instant(),
    revokedAt: instant(),
  },
  (t) => [index('api_keys_team').on(t.teamId)],
);

/** What was done to teams, members and keys, by whom. */
export const auditEvents = pgTable(
  'audit_events',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    action: text().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    details: jsonb().notNull(),
    at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.id] })],
);
