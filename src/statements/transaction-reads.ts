import type { Reader } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import {
  comparePlaces,
  isPlace,
  type Place,
  type Rank,
  type Transaction,
  type TransactionFilter,
  wantedKinds,
} from './transaction.ts';
import type { SourceAsk } from './transaction-ask.ts';
import { entryTransactions, issueTransactions } from './transaction-entries.ts';
import {
  closedDisputes,
  openedDisputes,
  paymentTransactions,
  refundTransactions,
} from './transaction-money.ts';

export type TransactionOrder = 'DATE_DESC' | 'DATE_ASC';

/** A page of the transactions of a team. @throws DomainError BAD_USER_INPUT as `pageWindow` does. */
export async function transactionPage(
  reader: Reader,
  teamId: Uuid,
  { filter, order, args }: { filter: TransactionFilter; order: TransactionOrder; args: ConnectionArgs },
): Promise<Page<Transaction>> {
  checkFilter(filter);
  const key = keyset(`team.transactions.${order}`, 'instant', 'int8', 'text');
  const window = pageWindow(args, key);
  const ascending = (order === 'DATE_ASC') === (window.direction === 'FORWARD');
  const beyond = window.from && placeAt(window.from, window.direction === 'FORWARD' ? 'after' : 'before');
  const found = await transactionsBeyond(reader, teamId, { filter, ascending, beyond, limit: window.limit });
  return pageOf(found, window, key, ({ place }) => [place.at, BigInt(place.rank), place.tie]);
}

/** @throws DomainError BAD_USER_INPUT for a period that ends before it begins. */
export function checkFilter({ from, to }: TransactionFilter): void {
  if (from && to && from.getTime() >= to.getTime()) throw badInput('filter.to', 'must be later than "from".');
}

function placeAt([at, rank, tie]: readonly [Date, bigint, string], field: string): Place {
  if (!isPlace(rank, tie)) throw badInput(field, 'must be a cursor that a page of this list answered.');
  // `isPlace` has checked it.
  return { at, rank: Number(rank) as Rank, tie };
}

interface Stretch {
  readonly filter: TransactionFilter;
  readonly ascending: boolean;
  /** Where to go on, in the direction of reading. */
  readonly beyond: Place | undefined;
  readonly limit: number;
}

/**
 * Up to `limit` transactions beyond a place, in the order of reading. Each source is read along an index, and the one that
 * holds what other sources tell better (credit issued for payments) only as far as the others reach.
 */
export async function transactionsBeyond(
  reader: Reader,
  teamId: Uuid,
  { filter, ascending, beyond, limit }: Stretch,
): Promise<Transaction[]> {
  const ask: SourceAsk = {
    teamId,
    kinds: wantedKinds(filter),
    recurrence: filter.recurrence ?? undefined,
    from: filter.from ?? undefined,
    to: filter.to ?? undefined,
    after: ascending ? beyond : undefined,
    before: ascending ? undefined : beyond,
    ascending,
    limit,
  };
  const sources = [
    paymentTransactions,
    refundTransactions,
    openedDisputes,
    closedDisputes,
    entryTransactions,
  ];
  const found = (await Promise.all(sources.map((source) => source(reader, ask)))).flat();
  const first = inOrder(found, ask);
  const last = first[limit - 1]?.place;
  const issues = await issueTransactions(
    reader,
    last ? { ...ask, [ascending ? 'before' : 'after']: last } : ask,
  );
  return inOrder([...first, ...issues], ask);
}

function inOrder(transactions: Transaction[], { ascending, limit }: SourceAsk): Transaction[] {
  const sign = ascending ? 1 : -1;
  return transactions.sort((a, b) => sign * comparePlaces(a.place, b.place)).slice(0, limit);
}
