import { systemClock } from '../src/clock.ts';
import { newUuid, type Uuid } from '../src/id.ts';
import { balanceAt, balanceOf } from '../src/ledger/balance.ts';
import { median, percentile } from './load.ts';
import { format, printHeading, printRow } from './report.ts';
import type { Setting } from './setting.ts';

const QUERIES = 1500;
const HOUR_MS = 3_600_000;

/** The time of a balance query against the number of entries of the team: a balance is one row, however long its history. */
export async function benchBalance(setting: Setting, sizes: readonly number[]): Promise<void> {
  printHeading('Balance queries');
  const teams: { size: number; teamId: Uuid }[] = [];
  for (const size of sizes) teams.push({ size, teamId: await addHistory(setting, size) });
  await setting.ownerDb.sql`vacuum analyze entries`;
  const now = systemClock.now();
  const past = new Date(now.getTime() - HOUR_MS / 2);
  const present = await interleaved(teams, (teamId) => balanceOf(setting.db, teamId, now));
  const historic = await interleaved(teams, (teamId) => balanceAt(setting.db, teamId, past, now));
  const [first] = teams;
  for (const { size } of teams) {
    const isFirst = size === first?.size;
    printRow({
      what: `balance now, ${size.toLocaleString('en-US')} entries`,
      figure: figure(present.get(size) ?? []),
      ...(isFirst
        ? {}
        : { ratio: ratioOf(present, size, first?.size), to: `of ${first?.size} entries`, atMost: 1.2 }),
    });
  }
  for (const { size } of teams) {
    printRow({
      what: `balance half an hour ago, ${size.toLocaleString('en-US')} entries`,
      figure: figure(historic.get(size) ?? []),
      ...(size === first?.size
        ? {}
        : { ratio: ratioOf(historic, size, first?.size), to: `of ${first?.size} entries` }),
    });
  }
}

/** Entries of the form that charges leave, spread over the last hour; only their number and size matter here. */
async function addHistory({ ownerDb }: Setting, size: number): Promise<Uuid> {
  const teamId = newUuid();
  await ownerDb.sql`
    insert into wallets (team_id, head_hash, head_posted_at, seq, available_nano, prepaid_nano, unrestricted_nano)
    values (${teamId}, decode(repeat('00', 32), 'hex'), now(), ${size}, 1000, 1000, 1000)`;
  await ownerDb.sql`
    insert into entries (team_id, seq, posting_id, kind, debit_account, credit_account, debit_ref, amount_nano,
      available_after_nano, prepaid_after_nano, unrestricted_after_nano, grant_after_nano, posted_at, occurred_at, actor_kind, hash)
    select ${teamId}, n, ${teamId}::uuid, 2, 1, 21, ${teamId}::uuid, 1, 1000, 1000, 1000, 1000,
      now() - interval '1 hour' * (1 - n::float8 / ${size}), now(), 0, decode(repeat('00', 32), 'hex')
    from generate_series(1, ${size}::int8) as n`;
  return teamId;
}

async function interleaved(
  teams: readonly { size: number; teamId: Uuid }[],
  query: (teamId: Uuid) => Promise<unknown>,
): Promise<Map<number, number[]>> {
  const times = new Map<number, number[]>(teams.map(({ size }) => [size, []]));
  for (let i = -100; i < QUERIES; i++) {
    for (const { size, teamId } of teams) {
      const start = performance.now();
      await query(teamId);
      if (i >= 0) times.get(size)?.push(performance.now() - start);
    }
  }
  return times;
}

function ratioOf(times: ReadonlyMap<number, number[]>, size: number, base: number | undefined): number {
  return median(times.get(size) ?? []) / median(times.get(base ?? size) ?? []);
}

function figure(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `p50 ${format(percentile(sorted, 0.5))} ms  p99 ${format(percentile(sorted, 0.99))} ms`;
}
