import { arrayOf, byteaArrayOf } from '../db/arrays.ts';
import { type Db, inTransaction, type Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Checkpoint, CheckpointKey } from './checkpoint.ts';

/** How checkpoints are kept. */

const PAGE = 1000;

interface CheckpointRow {
  team_id: Uuid;
  seq: bigint;
  hash: string;
  at_ms: number;
  key_id: string;
  signature: string;
}

/** Signs the head of every team that has entries since its last checkpoint. Returns how many. */
export async function writeCheckpoints(db: Db, key: CheckpointKey, now: Date): Promise<number> {
  let written = 0;
  for (let after: Uuid | null = null; ; ) {
    const heads = await movedHeads(db, after);
    const checkpoints = heads.map(({ team_id, seq, hash }) =>
      key.sign({ teamId: team_id, seq, hash, at: now }),
    );
    if (checkpoints.length > 0) await store(db, checkpoints);
    written += checkpoints.length;
    after = heads.at(-1)?.team_id ?? null;
    if (heads.length < PAGE) return written;
  }
}

async function movedHeads(
  reader: Reader,
  after: Uuid | null,
): Promise<{ team_id: Uuid; seq: bigint; hash: string }[]> {
  return reader.sql`
    select w.team_id, w.seq, encode(w.head_hash, 'hex') as hash from wallets w
    where w.seq > 0 and (${after}::uuid is null or w.team_id > ${after}::uuid)
      and not exists (select from checkpoints c where c.team_id = w.team_id and c.seq = w.seq)
    order by w.team_id limit ${PAGE}`;
}

async function store(db: Db, checkpoints: readonly Checkpoint[]): Promise<void> {
  const column = (pick: (checkpoint: Checkpoint) => string | bigint) => arrayOf(checkpoints.map(pick));
  await inTransaction(
    db,
    (tx) => tx.sql`
      insert into checkpoints (team_id, seq, hash, at, key_id, signature)
      select n.team_id, n.seq, n.hash, n.at, n.key_id, decode(n.signature, 'base64') from unnest(
        ${column((c) => c.teamId)}::uuid[], ${column((c) => c.seq)}::int8[],
        ${byteaArrayOf(checkpoints.map((c) => c.hash))}::bytea[], ${column((c) => c.at.toISOString())}::timestamptz[],
        ${column((c) => c.keyId)}::text[], ${column((c) => c.signature)}::text[]
      ) as n (team_id, seq, hash, at, key_id, signature)
      on conflict do nothing`,
  );
}

/** The checkpoints kept of a team, by number. */
export async function checkpointsOf(reader: Reader, teamId: Uuid): Promise<Checkpoint[]> {
  const rows = await reader.sql<CheckpointRow[]>`
    select ${checkpointColumns(reader)} from checkpoints c where c.team_id = ${teamId} order by c.seq`;
  return rows.map(checkpointOf);
}

/** All checkpoints kept, page by page. */
export async function* allCheckpoints(reader: Reader): AsyncGenerator<Checkpoint[]> {
  let last: CheckpointRow | undefined;
  do {
    const beyond: ReturnType<typeof reader.sql> = last
      ? reader.sql`where (c.team_id, c.seq) > (${last.team_id}, ${last.seq})`
      : reader.sql``;
    const rows: CheckpointRow[] = await reader.sql<CheckpointRow[]>`
      select ${checkpointColumns(reader)} from checkpoints c ${beyond} order by c.team_id, c.seq limit ${PAGE}`;
    yield rows.map(checkpointOf);
    last = rows.length === PAGE ? rows.at(-1) : undefined;
  } while (last);
}

function checkpointColumns(reader: Reader) {
  return reader.sql`c.team_id, c.seq, encode(c.hash, 'hex') as hash, extract(epoch from c.at)::float8 * 1000 as at_ms,
    c.key_id, translate(encode(c.signature, 'base64'), E'\\n', '') as signature`;
}

function checkpointOf(row: CheckpointRow): Checkpoint {
  const { team_id, seq, hash, at_ms, key_id, signature } = row;
  return { teamId: team_id, seq, hash, at: new Date(Math.round(at_ms)), keyId: key_id, signature };
}
