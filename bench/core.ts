import type { Batcher } from '../src/charging/batcher.ts';
import { verifyBooks } from '../src/charging/verify-books.ts';
import type { Uuid } from '../src/id.ts';
import { checkpointKey } from '../src/ledger/checkpoint.ts';
import { openBaseline } from './baseline.ts';
import { CEILING_ROWS, openCeiling } from './ceiling.ts';
import { type LoadResult, load, median } from './load.ts';
import { cpuSecondsOf } from './processes.ts';
import { figures, format, printHeading, printRow } from './report.ts';
import { request, type Setting } from './setting.ts';

const PROVED_TEAMS = 300;

export interface CoreOptions {
  readonly seconds: number;
  readonly rounds: number;
}

interface Round {
  readonly core: LoadResult;
  readonly baseline: LoadResult;
  readonly ceiling: LoadResult;
}

/** Charges through the core against the usual way and the ceiling, interleaved, medians of the rounds. */
export async function benchCore(setting: Setting, options: CoreOptions): Promise<void> {
  printHeading('Charges through the core');
  const batcher = setting.batcher();
  const baseline = openBaseline(setting);
  const ceiling = await openCeiling(setting);
  for (const hot of [false, true]) {
    for (const callers of [1, 64, 256]) {
      const teamOf = ({ teams, hotTeam }: Setting['baseline']) => (hot ? hotTeam : anyOf(teams));
      const team = () => teamOf(setting);
      const usualTeam = () => teamOf(setting.baseline);
      const rounds: Round[] = [];
      await load(callers, options.seconds / 2, () => batcher.charge([request(team())]));
      const costs = await costOf(setting, batcher, callers, options.seconds, team);
      for (let round = 0; round < options.rounds; round++) {
        const core = await load(callers, options.seconds, () => batcher.charge([request(team())]));
        const usual = await load(callers, options.seconds, () => baseline.charge(request(usualTeam())));
        rounds.push({
          core,
          baseline: usual,
          ceiling: await load(2, options.seconds, ceiling.insert, CEILING_ROWS),
        });
      }
      const name = `${hot ? 'one hot team' : `${setting.teams.length} teams`}, ${callers} callers`;
      report(name, rounds, { hot, callers }, costs);
    }
  }
  await singleRow(setting, batcher, options);
  await proveBooks(setting);
  await Promise.all([baseline.close(), ceiling.close(), batcher.drain()]);
}

function report(
  name: string,
  rounds: readonly Round[],
  at: { hot: boolean; callers: number },
  costs: string,
): void {
  const perSecond = (pick: (round: Round) => LoadResult) =>
    median(rounds.map((round) => pick(round).perSecond));
  const core = middle(rounds.map((round) => round.core));
  const ratio = median(rounds.map((round) => round.core.perSecond / round.baseline.perSecond));
  const ceilingRatio = median(rounds.map((round) => round.ceiling.perSecond / round.core.perSecond));
  const judged = at.callers === 256;
  printRow({
    what: name,
    figure: figures(core),
    ratio,
    to: `the usual way (${format(perSecond((r) => r.baseline))}/s)`,
    ...(judged ? { atLeast: at.hot ? 35 : 12 } : {}),
  });
  if (!judged) return;
  printRow({
    what: '  time of the ceiling (same bytes inserted, no logic)',
    figure: `${format(perSecond((r) => r.ceiling))}/s`,
    ratio: ceilingRatio,
    to: 'the time of the ceiling',
    atMost: 2.5,
  });
  printRow({ what: '  cost of a charge', figure: costs });
}

/** The machine's time and the log's bytes that a charge takes. */
async function costOf(
  setting: Setting,
  batcher: Batcher,
  callers: number,
  seconds: number,
  team: () => Uuid,
): Promise<string> {
  const walBytes = async () => {
    const [row] = await setting.ownerDb.sql<
      { bytes: string }[]
    >`select wal_bytes::text as bytes from pg_stat_wal`;
    return Number(row?.bytes ?? 0);
  };
  const before = { node: process.cpuUsage(), postgres: cpuSecondsOf(setting.pid), wal: await walBytes() };
  const { count } = await load(callers, seconds, () => batcher.charge([request(team())]));
  const node = process.cpuUsage(before.node);
  const postgres = ((cpuSecondsOf(setting.pid) - before.postgres) * 1e6) / count;
  const wal = ((await walBytes()) - before.wal) / count;
  const micros = (node.user + node.system) / count;
  return `Node ${format(micros)} µs, PostgreSQL ${format(postgres)} µs, WAL ${format(wal)} B`;
}

/** A fast wrong ledger scores nothing: recomputes the hot team's books and those of many others. */
export async function proveBooks(setting: Setting): Promise<void> {
  const key = checkpointKey('00'.repeat(32));
  let entries = 0n;
  for (const teamId of [setting.hotTeam, ...setting.teams.slice(0, PROVED_TEAMS)]) {
    const proof = await verifyBooks(setting.db, teamId, { key });
    // Servers of this run have signed checkpoints with keys of their own.
    const wrong = proof.problems.find(({ fault }) => fault !== 'CHECKPOINT_FORGED');
    if (wrong) throw new Error(`The books of team ${teamId} are wrong: ${JSON.stringify(wrong.message)}`);
    entries += proof.entries;
  }
  printRow({
    what: 'books recomputed after the run',
    figure: `${entries.toLocaleString('en-US')} entries, all fit`,
  });
}

/** A lone caller waits for one commit, like a durable insert of one row. */
async function singleRow(
  setting: Setting,
  batcher: Batcher,
  { seconds, rounds }: CoreOptions,
): Promise<void> {
  await setting.ownerDb
    .sql`create table if not exists single_row (id int8 generated always as identity, at timestamptz)`;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const core = await load(1, seconds, () => batcher.charge([request(anyOf(setting.teams))]));
    const row = await load(1, seconds, () => setting.ownerDb.sql`insert into single_row (at) values (now())`);
    ratios.push(core.p99Ms / row.p99Ms);
  }
  const ratio = median(ratios);
  printRow({
    what: 'p99 at one caller',
    figure: '',
    ratio,
    to: 'p99 of a durable one-row transaction',
    atMost: 3,
  });
}

function middle(results: readonly LoadResult[]): LoadResult {
  const sorted = [...results].sort((a, b) => a.perSecond - b.perSecond);
  return sorted[Math.floor(sorted.length / 2)] ?? { perSecond: 0, p50Ms: 0, p99Ms: 0, count: 0 };
}

/** Any of the teams, evenly. */
export function anyOf(teams: readonly Uuid[]): Uuid {
  return teams[Math.floor(Math.random() * teams.length)] ?? '';
}
