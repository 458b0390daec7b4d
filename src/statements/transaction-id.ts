import { entryId, publicId } from '../id.ts';
import { RANK, type Rank, type Transaction } from './transaction.ts';

/**
 * The public name of a transaction, unique among those of its team: that of the entry, payment or refund that it is; of a
 * dispute, which is two transactions, with what happened.
 */
export function transactionId(transaction: Transaction): string {
  return NAMES[transaction.place.rank](transaction);
}

const NAMES: Readonly<Record<Rank, (transaction: Transaction) => string>> = {
  [RANK.ENTRY]: ({ teamId, entrySeq }) => entryId(teamId, entrySeq ?? 0n),
  [RANK.PAYMENT]: ({ place }) => publicId('payment', place.tie),
  [RANK.REFUND]: ({ place }) => publicId('refund', place.tie),
  [RANK.DISPUTE_OPENED]: ({ place }) => `${publicId('dispute', place.tie)}.opened`,
  [RANK.DISPUTE_CLOSED]: ({ place }) => `${publicId('dispute', place.tie)}.closed`,
};
