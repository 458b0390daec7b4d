import type { Db } from '../../src/db/client.ts';
import type { Uuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND } from '../../src/ledger/account.ts';
import { type EntryRow, entryColumns, entryOfRow } from '../../src/ledger/entries.ts';
import { type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';
import { type GrantRow, grantColumns } from '../../src/ledger/rows.ts';
import { minNano } from '../../src/money.ts';

/** All entries of a team. */
export async function entriesOf(db: Db, teamId: Uuid): Promise<Entry[]> {
  const rows = await db.sql<EntryRow[]>`
    select ${entryColumns(db)} from entries e where e.team_id = ${teamId} order by e.seq`;
  return rows.map(entryOfRow);
}

/** What each grant holds after the entries, added up from nothing else. */
export function heldByGrant(entries: readonly Entry[]): Map<Uuid, bigint> {
  const held = new Map<Uuid, bigint>();
  const add = (grantId: Uuid | null, amountNano: bigint) => {
    if (grantId !== null) held.set(grantId, (held.get(grantId) ?? 0n) + amountNano);
  };
  for (const { debitAccount, debitRef, creditAccount, creditRef, amountNano } of entries) {
    if (debitAccount === ACCOUNT.GRANT) add(debitRef, -amountNano);
    if (creditAccount === ACCOUNT.GRANT) add(creditRef, amountNano);
  }
  return held;
}

/** Everything that does not hold of a team's books; empty when all does. */
export async function faultsOf(db: Db, teamId: Uuid): Promise<string[]> {
  const entries = await entriesOf(db, teamId);
  const grants = await db.sql<GrantRow[]>`
    select ${grantColumns(db)} from grants g where g.team_id = ${teamId}`;
  const [wallet] = await db.sql<Record<string, bigint>[]>`select * from wallets where team_id = ${teamId}`;
  return [
    ...chainFaults(entries),
    ...balanceFaults(entries, grants),
    ...grants.flatMap((grant) => grantFaults(grant, heldByGrant(entries).get(grant.id))),
    ...walletFaults(wallet ?? {}, entries.at(-1), grants),
    ...debtFaults(entries),
  ];
}

function chainFaults(entries: readonly Entry[]): string[] {
  let hash = GENESIS_HASH;
  return entries.flatMap((entry, i) => {
    hash = entryHash(hash, entry);
    const follows = entry.seq === BigInt(i + 1) && entry.hash === hash;
    return follows ? [] : [`entry ${entry.seq} does not follow the one before it`];
  });
}

/** The balances after each entry, against sums that are made from the entries up to it. */
function balanceFaults(entries: readonly Entry[], grants: readonly GrantRow[]): string[] {
  const terms = new Map(grants.map((grant) => [grant.id, grant]));
  const held = new Map<Uuid, bigint>();
  let unpaid = 0n;
  return entries.flatMap((entry) => {
    for (const [id, amountNano] of heldByGrant([entry])) held.set(id, (held.get(id) ?? 0n) + amountNano);
    if (entry.debitAccount === ACCOUNT.RECEIVABLE) unpaid += entry.amountNano;
    if (entry.creditAccount === ACCOUNT.RECEIVABLE) unpaid -= entry.amountNano;
    const sum = (of: (grant: GrantRow | undefined) => boolean) =>
      [...held].reduce((total, [id, amount]) => total + (of(terms.get(id)) ? amount : 0n), 0n);
    const { availableNano, prepaidNano, unrestrictedNano, unpaidNano } = entry.after;
    const right =
      availableNano === sum(() => true) &&
      prepaidNano === sum((grant) => grant?.kind === 'PREPAID') &&
      unrestrictedNano === sum((g) => !g?.scope_product && !g?.scope_model_id && !g?.scope_gpu_type) &&
      unpaidNano === unpaid &&
      [...held.values()].every((amount) => amount >= 0n);
    return right ? [] : [`the balances after entry ${entry.seq} are not the sums of the entries`];
  });
}

function grantFaults(grant: GrantRow, held = 0n): string[] {
  const { remaining_nano, spent_nano, held_nano, expired_nano, voided_nano, granted_nano } = grant;
  const became = remaining_nano + spent_nano + held_nano + expired_nano + voided_nano;
  const issued = became > 0n;
  const open = grant.status === 'OPEN';
  return [
    remaining_nano === held ? [] : [`grant ${grant.id} has not what its entries say`],
    issued && became !== granted_nano ? [`grant ${grant.id}: its parts are not what was granted`] : [],
    open === remaining_nano > 0n ? [] : [`grant ${grant.id} is ${grant.status} with ${remaining_nano}`],
  ].flat();
}

function walletFaults(
  wallet: Readonly<Record<string, bigint>>,
  last: Entry | undefined,
  grants: readonly GrantRow[],
): string[] {
  const open = grants.filter(({ status }) => status === 'OPEN');
  const sum = (of: readonly GrantRow[]) => of.reduce((total, grant) => total + grant.remaining_nano, 0n);
  const right =
    wallet.seq === (last?.seq ?? 0n) &&
    wallet.available_nano === sum(open) &&
    wallet.prepaid_nano === sum(open.filter(({ kind }) => kind === 'PREPAID')) &&
    wallet.unpaid_nano === (last?.after.unpaidNano ?? 0n);
  const paid = wallet.unpaid_nano === 0n || wallet.prepaid_nano === 0n;
  return [
    right ? [] : ['the wallet is not the sum of its grants'],
    paid ? [] : ['prepaid credit was left while something was owed'],
  ].flat();
}

interface Debt {
  readonly seq: bigint;
  leftNano: bigint;
}

/** Debt as a queue: payments take from its head; a reversal takes its own charge's rest out and returns what was paid. */
function debtFaults(entries: readonly Entry[]): string[] {
  const queue: Debt[] = [];
  /** What each payment paid of which debt and has not been returned. */
  const paid: { readonly debtSeq: bigint; readonly paymentSeq: bigint; amountNano: bigint }[] = [];
  return entries.flatMap((entry) => {
    const { kind, seq, amountNano, correctsSeq } = entry;
    if (entry.debitAccount === ACCOUNT.RECEIVABLE) queue.push({ seq, leftNano: amountNano });
    if (kind === ENTRY_KIND.DEBT_PAYMENT) {
      let left = amountNano;
      for (const debt of queue) {
        const part = minNano(left, debt.leftNano);
        debt.leftNano -= part;
        left -= part;
        if (part > 0n) paid.push({ debtSeq: debt.seq, paymentSeq: seq, amountNano: part });
      }
      return left === 0n ? [] : [`entry ${seq} pays more than was owed`];
    }
    if (kind !== ENTRY_KIND.REVERSAL) return [];
    if (entry.creditAccount === ACCOUNT.RECEIVABLE) {
      const debt = queue.find((one) => one.seq === correctsSeq);
      if (debt?.leftNano !== amountNano) return [`entry ${seq} does not cancel what was left of the debt`];
      debt.leftNano = 0n;
      return [];
    }
    const corrected = entries.find((one) => one.seq === correctsSeq);
    if (corrected?.kind !== ENTRY_KIND.DEBT_PAYMENT) return [];
    const part = paid.find(
      (one) =>
        one.paymentSeq === correctsSeq && one.amountNano === amountNano && isOf(one.debtSeq, entry, entries),
    );
    if (!part || corrected.debitRef !== entry.creditRef)
      return [`entry ${seq} returns what the grant did not pay`];
    part.amountNano = 0n;
    return [];
  });
}

/** Whether a returning entry belongs to the reversal of the charge that booked a debt: they earned for the same account. */
function isOf(debtSeq: bigint, entry: Entry, entries: readonly Entry[]): boolean {
  const debt = entries.find((one) => one.seq === debtSeq);
  return debt?.creditAccount === entry.debitAccount && debt.creditRef === entry.debitRef;
}
