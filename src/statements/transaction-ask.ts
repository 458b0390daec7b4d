import type { Uuid } from '../id.ts';
import type { Place, Recurrence, TransactionKind } from './transaction.ts';

/** What a source of transactions is asked for. */
export interface SourceAsk {
  readonly teamId: Uuid;
  readonly kinds: ReadonlySet<TransactionKind>;
  readonly recurrence: Recurrence | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** Only what comes after this place, the oldest first whatever the direction. */
  readonly after: Place | undefined;
  readonly before: Place | undefined;
  readonly ascending: boolean;
  readonly limit: number;
}
