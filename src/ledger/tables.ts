import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant } from '../db/columns.ts';

const nano = () => bigint({ mode: 'bigint' });

/**
 * The head of a team's ledger stream and its balances: one row a team, the lock of everything that moves its credit.
 * Only changing columns, no index but the key, so that updates stay heap-only (fillfactor is set in the migration).
 */
export const wallets = pgTable(
  'wallets',
  {
    teamId: uuid().primaryKey(),
    /** The number of the last entry, 0 for none. */
    seq: nano().notNull().default(sql`0`),
    /** Grows with every change of the row: who decided on an older version must decide again. */
    version: nano().notNull().default(sql`0`),
    /** Charges recorded, those of amount zero too; orders charge ids. */
    chargeCount: nano().notNull().default(sql`0`),
    /** Hash of the last entry; 32 zero bytes for none. */
    headHash: bytea().notNull(),
    headPostedAt: instant().notNull(),
    /** Σ remaining of open, effective grants. */
    availableNano: nano().notNull().default(sql`0`),
    /** The part of available in PREPAID grants. */
    prepaidNano: nano().notNull().default(sql`0`),
    /** The part of available in grants without a scope. */
    unrestrictedNano: nano().notNull().default(sql`0`),
    heldNano: nano().notNull().default(sql`0`),
    disputedNano: nano().notNull().default(sql`0`),
    /** The receivable: what the team owes. */
    unpaidNano: nano().notNull().default(sql`0`),
    /** How far `unpaid` may grow by after-the-fact usage. */
    debtLimitNano: nano().notNull().default(sql`0`),
    /** The next instant at which an open grant expires or a scheduled one becomes effective. */
    nextDueAt: instant(),
    /** Whether spend caps have to be looked at before something is charged. */
    capped: boolean().notNull().default(false),
    /** Auto-recharge is wanted when unrestricted and held credit fall below this; null: off. */
    rechargeBelowNano: nano(),
    /** When it fell below, or a spend was refused, and nothing has been done about it yet. */
    rechargeDueAt: instant(),
  },
  (t) => [
    // Both change rarely, so updates of the row stay heap-only.
    index('wallets_unpaid').on(t.teamId).where(sql`${t.unpaidNano} > 0`),
    index('wallets_recharge_due').on(t.rechargeDueAt).where(sql`${t.rechargeDueAt} is not null`),
    check('wallets_available', sql`${t.availableNano} >= 0`),
    check('wallets_held', sql`${t.heldNano} >= 0`),
    check('wallets_unpaid', sql`${t.unpaidNano} >= 0`),
  ],
);

/** One account a grant: what was granted, what of it remains, and the terms it may be spent on. */
export const grants = pgTable(
  'grants',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    kind: text({ enum: ['PROMOTIONAL', 'PREPAID'] }).notNull(),
    /** Why it exists: SIGN_UP, PROMO_CODE, GOODWILL, BONUS, PURCHASE, AUTO_RECHARGE, TRANSFER, PLAN … */
    source: text().notNull(),
    scopeProduct: text(),
    scopeModelId: uuid(),
    scopeGpuType: text(),
    /** 0–100, lower is drawn first within a shape. */
    priority: smallint().notNull().default(50),
    grantedNano: nano().notNull(),
    remainingNano: nano().notNull(),
    /** What was really paid for it, in nano-credits; 0 for a gift. */
    costBasisNano: nano().notNull().default(sql`0`),
    effectiveAt: instant().notNull(),
    expiresAt: instant(),
    /** SCHEDULED: not effective yet, not in the books. OPEN: in the books. Others are final unless extended. */
    status: text({
      enum: ['SCHEDULED', 'OPEN', 'SPENT', 'EXPIRED', 'VOIDED', 'REFUNDED', 'DISPUTED'],
    }).notNull(),
    /** False once nothing can be drawn any more; rarely flipped, so the index on open grants stays quiet. */
    closed: boolean().notNull().default(false),
    closedAt: instant(),
    /** The entry that expired or voided it. */
    closedSeq: nano(),
    spentNano: nano().notNull().default(sql`0`),
    heldNano: nano().notNull().default(sql`0`),
    expiredNano: nano().notNull().default(sql`0`),
    voidedNano: nano().notNull().default(sql`0`),
    /** Paid back to whoever paid for it, by a refund or a lost dispute. */
    refundedNano: nano().notNull().default(sql`0`),
    /** Out of reach while a dispute is open. */
    disputedNano: nano().notNull().default(sql`0`),
    /** What of an open dispute could not be taken out of it: what returns goes the same way, up to this. */
    freezingNano: nano().notNull().default(sql`0`),
    createdAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // A grant's id alone does not say whose it is.
    index('grants_id').on(t.id),
    index('grants_open').on(t.teamId).where(sql`not ${t.closed}`),
    // When something falls due. None of its columns changes but with `closed`: draws stay heap-only.
    index('grants_due')
      .on(sql`(case ${t.status} when 'SCHEDULED' then ${t.effectiveAt} else ${t.expiresAt} end)`)
      .where(sql`not ${t.closed}`),
    check('grants_remaining', sql`${t.remainingNano} between 0 and ${t.grantedNano}`),
  ],
);

/** What operators changed of a grant's terms, so that any past decision can be explained. */
export const grantChanges = pgTable(
  'grant_changes',
  {
    teamId: uuid().notNull(),
    grantId: uuid().notNull(),
    id: uuid().notNull(),
    change: text({ enum: ['EXTENDED', 'VOIDED'] }).notNull(),
    expiresAtBefore: instant(),
    expiresAtAfter: instant(),
    amountNano: nano().notNull(),
    at: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.grantId, t.id] })],
);

/**
 * The append-only, double-entry journal, one gapless stream a team. The server's role may insert and select, nothing else.
 * `debitRef`/`creditRef` name the grant (or the supplier's team) behind an account.
 */
export const entries = pgTable(
  'entries',
  {
    teamId: uuid().notNull(),
    seq: nano().notNull(),
    postingId: uuid().notNull(),
    kind: smallint().notNull(),
    debitAccount: smallint().notNull(),
    creditAccount: smallint().notNull(),
    debitRef: uuid(),
    creditRef: uuid(),
    amountNano: nano().notNull(),
    /** Balances of the team after this entry; held, disputed and unpaid are null for zero. */
    availableAfterNano: nano().notNull(),
    prepaidAfterNano: nano().notNull(),
    unrestrictedAfterNano: nano().notNull(),
    heldAfterNano: nano(),
    disputedAfterNano: nano(),
    unpaidAfterNano: nano(),
    /** What remains of the grant this entry touches. */
    grantAfterNano: nano(),
    postedAt: instant().notNull(),
    occurredAt: instant().notNull(),
    actorKind: smallint().notNull(),
    actorId: uuid(),
    reason: text(),
    /** The entry of the same stream that this one corrects. */
    correctsSeq: nano(),
    /** SHA-256 over the previous entry's hash and this entry's canonical text. */
    hash: bytea().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.seq] }),
    // Rare kinds only (see ENTRY_KIND.DEBT_PAYMENT): a charge adds nothing to this index.
    index('entries_transactions').on(t.teamId, t.kind, t.seq).where(sql`${t.kind} in (1, 3, 4, 6, 16)`),
    index('entries_debt_payments').on(t.teamId, t.seq).where(sql`${t.kind} = 7`),
    check('entries_amount', sql`${t.amountNano} > 0`),
  ],
);

/** Signed heads of streams: a rewritten history or a cut tail no longer agrees with them. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    teamId: uuid().notNull(),
    seq: nano().notNull(),
    hash: bytea().notNull(),
    at: instant().notNull(),
    keyId: text().notNull(),
    signature: bytea().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.seq] })],
);
