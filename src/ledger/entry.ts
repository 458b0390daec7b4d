import { hash } from 'node:crypto';
import type { ActorRef } from '../actor.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Account, EntryKind } from './account.ts';

/** The team's balances after an entry. */
export interface BalancesAfter {
  readonly availableNano: NanoCredits;
  readonly prepaidNano: NanoCredits;
  readonly unrestrictedNano: NanoCredits;
  readonly heldNano: NanoCredits;
  readonly disputedNano: NanoCredits;
  readonly unpaidNano: NanoCredits;
}

/** One line of the journal: `amountNano` (positive) from the debit account to the credit account. */
export interface Entry {
  readonly teamId: Uuid;
  readonly seq: bigint;
  readonly postingId: Uuid;
  readonly kind: EntryKind;
  readonly debitAccount: Account;
  readonly debitRef: Uuid | null;
  readonly creditAccount: Account;
  readonly creditRef: Uuid | null;
  readonly amountNano: NanoCredits;
  readonly after: BalancesAfter;
  /** What remains of the grant the entry touches; null when it touches none. */
  readonly grantAfterNano: NanoCredits | null;
  readonly postedAtMs: number;
  readonly occurredAtMs: number;
  readonly actor: ActorRef;
  readonly reason: string | null;
  readonly correctsSeq: bigint | null;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

/** The hash before the first entry: 32 zero bytes. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * The canonical text of an entry: every stored field in a fixed order, joined by `|`, reason as JSON.
 * Changing it would break every chain; a new form needs a new version prefix.
 */
export function canonicalText(entry: Omit<Entry, 'hash'>): string {
  const { after } = entry;
  return (
    `v1|${entry.teamId}|${entry.seq}|${entry.postingId}|${entry.kind}|` +
    `${entry.debitAccount}|${entry.debitRef ?? ''}|${entry.creditAccount}|${entry.creditRef ?? ''}|${entry.amountNano}|` +
    `${after.availableNano}|${after.prepaidNano}|${after.unrestrictedNano}|` +
    `${after.heldNano}|${after.disputedNano}|${after.unpaidNano}|${entry.grantAfterNano ?? ''}|` +
    `${entry.postedAtMs}|${entry.occurredAtMs}|${entry.actor.kind}|${entry.actor.id ?? ''}|` +
    `${entry.reason === null ? '' : JSON.stringify(entry.reason)}|${entry.correctsSeq ?? ''}`
  );
}

/** The hash of an entry: SHA-256 over the previous entry's hash (hex) and the canonical text. */
export function entryHash(previousHash: string, entry: Omit<Entry, 'hash'>): string {
  return hash('sha256', previousHash + canonicalText(entry), 'hex');
}
