import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { Book } from './book.ts';
import type { BookHead } from './book-head.ts';
import { type GrantAccount, isClosed } from './grant-account.ts';
import { type GrantRow, grantColumns, grantOf, headOf, type WalletRow, walletColumns } from './rows.ts';

/** A team's wallet and its grants that are not closed as of one moment: `head.version` tells whether they still are so. Never changed. */
export interface Standing {
  readonly head: BookHead;
  readonly grants: readonly GrantAccount[];
}

type JoinedRow = GrantRow & WalletRow & { grant_id: Uuid | null; grant_held: bigint; grant_disputed: bigint };

/** Reads teams without locking them. Unknown teams are absent. */
export async function readStandings(reader: Reader, teamIds: readonly Uuid[]): Promise<Map<Uuid, Standing>> {
  // One statement, because a wallet and its grants must be of the same moment. Columns of both: the wallet's win.
  const rows = await reader.sql<JoinedRow[]>`
    select g.*, w.*, g.id as grant_id, g.held_nano as grant_held, g.disputed_nano as grant_disputed
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id)
    cross join lateral (select ${walletColumns(reader)} from wallets w where w.team_id = t.id offset 0) w
    left join lateral (
      select ${grantColumns(reader)} from grants g where g.team_id = t.id and not g.closed offset 0
    ) g on true`;
  const standings = new Map<Uuid, { head: BookHead; grants: GrantAccount[] }>();
  for (const row of rows) {
    let standing = standings.get(row.team_id);
    if (!standing) {
      standing = { head: headOf(row), grants: [] };
      standings.set(row.team_id, standing);
    }
    if (row.grant_id !== null)
      standing.grants.push(grantOf({ ...row, held_nano: row.grant_held, disputed_nano: row.grant_disputed }));
  }
  return standings;
}

/** A book on a standing, which stays as it is. */
export function bookOf({ head, grants }: Standing, nowMs: number): Book {
  return new Book(
    head,
    grants.map((grant) => ({ ...grant })),
    nowMs,
  );
}

/** What a book leaves behind once it has been written. */
export function standingAfter(book: Book): Standing {
  return {
    head: {
      teamId: book.teamId,
      version: book.changed ? book.head.version + 1n : book.head.version,
      seq: book.seq,
      chargeCount: book.chargeCount,
      hash: book.hash,
      postedAtMs: book.changed ? book.atMs : book.head.postedAtMs,
      balances: book.balances,
      debtLimitNano: book.head.debtLimitNano,
      nextDueAtMs: book.nextDueAtMs,
      capped: book.head.capped,
      rechargeBelowNano: book.head.rechargeBelowNano,
      rechargeDueAtMs: book.rechargeDueAtMs,
    },
    grants: [...book.grants].filter((grant) => !isClosed(grant)),
  };
}
