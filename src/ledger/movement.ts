import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { addNano, type NanoCredits } from '../money.ts';
import { ACCOUNT, type Account, ENTRY_KIND, type EntryKind } from './account.ts';
import type { BalancesAfter } from './entry.ts';
import { type GrantAccount, isUnrestricted } from './grant-account.ts';

/** One movement between two accounts. `grantId` is the grant that an account of type GRANT, HELD or DISPUTED stands for. */
export interface Movement {
  readonly kind: EntryKind;
  readonly debit: Account;
  readonly credit: Account;
  readonly grantId?: Uuid;
  /** The team behind SUPPLIER_PAYABLE. */
  readonly supplierTeamId?: Uuid | null;
  readonly amountNano: NanoCredits;
  readonly correctsSeq?: bigint;
}

/** The grant or supplier that stands behind an account in a movement. */
export function refOf(account: Account, movement: Movement): Uuid | null {
  if (account === ACCOUNT.GRANT || account === ACCOUNT.HELD || account === ACCOUNT.DISPUTED)
    return movement.grantId ?? null;
  return account === ACCOUNT.SUPPLIER_PAYABLE ? (movement.supplierTeamId ?? null) : null;
}

/**
 * The balances after a movement; moves the figures of its grant, too.
 * @throws Error when an invariant of the books would break, DomainError BAD_USER_INPUT beyond 64 bits.
 */
export function applyMovement(
  before: BalancesAfter,
  movement: Movement,
  grant: GrantAccount | undefined,
): BalancesAfter {
  const { amountNano, debit, credit } = movement;
  // Liabilities grow by a credit and shrink by a debit; the receivable is an asset.
  const liability = (account: Account): NanoCredits =>
    (credit === account ? amountNano : 0n) - (debit === account ? amountNano : 0n);
  const grantDelta = liability(ACCOUNT.GRANT);
  if (grant) moveGrant(grant, movement, grantDelta, liability);
  const after: BalancesAfter = {
    availableNano: addNano(before.availableNano, grantDelta),
    prepaidNano: before.prepaidNano + (grant?.kind === 'PREPAID' ? grantDelta : 0n),
    unrestrictedNano: before.unrestrictedNano + (grant && isUnrestricted(grant.scope) ? grantDelta : 0n),
    heldNano: before.heldNano + liability(ACCOUNT.HELD),
    disputedNano: before.disputedNano + liability(ACCOUNT.DISPUTED),
    unpaidNano: addNano(before.unpaidNano, -liability(ACCOUNT.RECEIVABLE)),
  };
  assert(after.availableNano >= 0n, 'available is never negative');
  assert(
    after.heldNano >= 0n && after.disputedNano >= 0n && after.unpaidNano >= 0n,
    'held, disputed and unpaid are never negative',
  );
  return after;
}

/** What left the grant for good left it from what remained or from what was held of it. */
function moveGrant(
  grant: GrantAccount,
  movement: Movement,
  delta: NanoCredits,
  liability: (account: Account) => NanoCredits,
): void {
  const heldDelta = liability(ACCOUNT.HELD);
  const disputedDelta = liability(ACCOUNT.DISPUTED);
  if (movement.kind !== ENTRY_KIND.ISSUE) grant.remainingNano += delta;
  else grant.remainingNano = grant.grantedNano;
  grant.heldNano += heldDelta;
  grant.disputedNano += disputedDelta;
  assert(
    grant.remainingNano >= 0n && grant.heldNano >= 0n && grant.disputedNano >= 0n,
    'a grant is never below zero',
  );
  assert(grant.remainingNano <= grant.grantedNano, 'a grant is never above what was granted');
  switch (movement.kind) {
    case ENTRY_KIND.CHARGE:
    case ENTRY_KIND.DEBT_PAYMENT:
    case ENTRY_KIND.REVERSAL:
      grant.spentNano -= delta + heldDelta;
      break;
    case ENTRY_KIND.EXPIRY:
    case ENTRY_KIND.EXTENSION:
      grant.expiredNano -= delta;
      break;
    case ENTRY_KIND.VOID:
      grant.voidedNano -= delta;
      break;
    case ENTRY_KIND.REFUND:
    case ENTRY_KIND.REFUND_RETURN:
    case ENTRY_KIND.DISPUTE_LOST:
      grant.refundedNano -= delta + disputedDelta;
      break;
  }
}
