import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

const int8 = () => bigint({ mode: 'bigint' });

/** Codes that give credit. A directory table: who redeems is only known afterwards. */
export const promoCodes = pgTable(
  'promo_codes',
  {
    id: uuid().primaryKey(),
    /** Trimmed, in upper case. */
    code: text().notNull(),
    amountNano: int8().notNull(),
    scopeProduct: text(),
    scopeModelId: uuid(),
    scopeGpuType: text(),
    priority: smallint().notNull().default(50),
    startsAt: instant().notNull(),
    endsAt: instant(),
    /** The credit expires then, or so many days after it was redeemed, whatever is earlier. */
    grantExpiresAt: instant(),
    grantLastsDays: integer(),
    /** Null: as many as like. */
    maxRedemptions: integer(),
    redemptions: integer().notNull().default(0),
    /** Teams on one of these plans only; empty: all. */
    eligiblePlans: text().array().notNull(),
    /** Only for teams that have never bought credit. */
    firstPurchaseOnly: boolean().notNull().default(false),
    createdAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text().notNull(),
  },
  (t) => [
    uniqueIndex('promo_codes_code').on(t.code),
    check('promo_codes_limit', sql`${t.maxRedemptions} is null or ${t.redemptions} <= ${t.maxRedemptions}`),
  ],
);

/** Who has redeemed what: a team a code once. */
export const promoRedemptions = pgTable(
  'promo_redemptions',
  {
    teamId: uuid().notNull(),
    promoCodeId: uuid().notNull(),
    userId: uuid(),
    grantId: uuid().notNull(),
    redeemedAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.promoCodeId] })],
);

/** Codes that were tried and do not exist, so that nobody tries all of them. By system time. A directory table. */
export const promoGuesses = pgTable(
  'promo_guesses',
  {
    id: uuid().primaryKey(),
    /** `user:…` or `address:…`. */
    guesser: text().notNull(),
    at: instant().notNull(),
  },
  (t) => [index('promo_guesses_guesser').on(t.guesser, t.at)],
);

/** Sign-up credit that was given: once a team, and once a person. A directory table. */
export const signUpCredits = pgTable(
  'sign_up_credits',
  {
    /** SHA-256 of the unaliased e-mail address, in hex. */
    emailDigest: text().primaryKey(),
    teamId: uuid().notNull(),
    userId: uuid().notNull(),
    grantId: uuid().notNull(),
    grantedAt: instant().notNull(),
  },
  (t) => [uniqueIndex('sign_up_credits_team').on(t.teamId)],
);
