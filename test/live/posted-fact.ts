import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND } from '../../src/ledger/account.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { LedgerPosted } from '../../src/ledger/posted.ts';
import { emptyHead, openGrant, T0 } from '../support/books.ts';

interface Shape {
  readonly teamId?: Uuid;
  readonly fromSeq?: bigint;
  readonly reason?: string;
  /** How many postings of one entry … */
  readonly entries?: number;
  /** … or how many entries each posting has. */
  readonly postings?: readonly number[];
  /** Whether all of it pays for hours of deployments. */
  readonly isHours?: boolean;
}

/** A fact of the form that `writeBooks` tells. */
export function postedFact(shape: Shape = {}): LedgerPosted {
  const { teamId = newUuid(), fromSeq = 1n, reason = 'test', entries: count = 1 } = shape;
  const postings = shape.postings ?? Array.from({ length: count }, () => 1);
  const { balances } = emptyHead();
  const postingIds = postings.flatMap((length) => {
    const id = newUuid();
    return Array.from({ length }, () => id);
  });
  const entries = postingIds.map(
    (postingId, index): Entry => ({
      teamId,
      seq: fromSeq + BigInt(index),
      postingId,
      kind: ENTRY_KIND.CHARGE,
      debitAccount: ACCOUNT.GRANT,
      debitRef: newUuid(),
      creditAccount: ACCOUNT.REVENUE,
      creditRef: null,
      amountNano: 1n,
      after: balances,
      grantAfterNano: 1n,
      postedAtMs: T0,
      occurredAtMs: T0,
      actor: SYSTEM_ACTOR,
      reason,
      correctsSeq: null,
      hash: '00',
    }),
  );
  const seq = fromSeq + BigInt(entries.length) - 1n;
  const grants = [openGrant()];
  return {
    type: 'ledger.posted',
    teamId,
    fromSeq,
    seq,
    atMs: T0,
    balances,
    nextDueAtMs: null,
    entries,
    hours: new Set(shape.isHours ? postingIds : []),
    grants,
  };
}
