import { creditsOf, nanoOf } from './fraction.ts';
import type { Answer, Sent } from './gateway.ts';
import { percentile } from './percentile.ts';
import type { Verified } from './read-back.ts';
import type { Recomputed } from './recompute.ts';
import type { RunResult } from './run.ts';
import type { Watched } from './watch.ts';

/** What became of requests, added up. */
export interface Totals {
  readonly charged: number;
  readonly chargedNano: bigint;
  readonly replayed: number;
  readonly refused: number;
  /** By code of the API. */
  readonly refusedBy: ReadonlyMap<string, number>;
}

export function totalsOf(answers: readonly Answer[]): Totals {
  const refusedBy = new Map<string, number>();
  let [charged, replayed, refused, chargedNano] = [0, 0, 0, 0n];
  for (const { result } of answers) {
    const { charge, error } = result;
    if (charge) {
      charged += 1;
      chargedNano += nanoOf(charge.amount);
    }
    if (result.replayed) replayed += 1;
    if (!error) continue;
    refused += 1;
    refusedBy.set(error.code, (refusedBy.get(error.code) ?? 0) + 1);
  }
  return { charged, chargedNano, replayed, refused, refusedBy };
}

/** Whether everything agreed. */
export function isProved({ watched, proof }: Pick<RunResult, 'watched' | 'proof'>): boolean {
  const { verified, recomputed } = proof;
  const problems = [verified.problem, recomputed.difference, ...watched.map(({ problem }) => problem)];
  return problems.every((problem) => problem === undefined);
}

/** What came of sending, for people. */
export function describeSent(answers: readonly Answer[], sent: Sent): string[] {
  const { charged, chargedNano, replayed, refused, refusedBy } = totalsOf(answers);
  const seconds = sent.elapsedMs / 1000;
  const reasons = [...refusedBy].map(([code, count]) => `${grouped(count)} ${code}`).join(', ');
  return [
    row(
      'Requests',
      `${grouped(answers.length)} in ${seconds.toFixed(1)} s: ${grouped(Math.round(answers.length / seconds))} a second, by ${grouped(sent.latenciesMs.length)} calls`,
    ),
    row(
      'Latency',
      `${[50, 90, 99].map((p) => `p${p} ${milliseconds(sent, p)}`).join('   ')}   max ${milliseconds(sent, 100)}   (a call)`,
    ),
    row('Retried', `${grouped(sent.retries)} calls`),
    row('Charged', `${grouped(charged)} requests, ${creditsOf(chargedNano)} credits`),
    row('Replayed', `${grouped(replayed)} of them had been charged before`),
    row('Refused', `${grouped(refused)} requests${reasons && `: ${reasons}`}`),
  ];
}

/** What became of the grants, for people. */
export function describeGrants({ teamIds, answers, proof }: RunResult): string {
  const entries = proof.input.teams.flatMap((team) => team.entries);
  const expired = entries.filter(({ kind }) => kind === 'EXPIRY');
  const lost = expired.reduce((all, { amount }) => all + nanoOf(amount), 0n);
  const dry = new Set(answers.flatMap(({ request, result }) => (result.error ? [request.team] : [])));
  return row(
    'Grants',
    `${grouped(proof.input.teams.reduce((all, { grants }) => all + grants.length, 0))}; ` +
      `${grouped(expired.length)} expired with ${creditsOf(lost)} credits left; ` +
      `${grouped(dry.size)} of ${grouped(teamIds.length)} teams had requests refused`,
  );
}

/** What the watchers saw, for people. */
export function describeWatched(watched: readonly Watched[]): string {
  const events = watched.reduce((all, one) => all + one.events, 0);
  const fault = watched.find(({ problem }) => problem !== undefined);
  const seen = `${grouped(events)} events by ${watched.length} subscriptions`;
  return row(
    'Live',
    fault
      ? `FAILED: ${fault.feed} of ${fault.teamId}: ${fault.problem}`
      : `OK: ${seen}; the numbers of each tile 1 to the last`,
  );
}

/** What the server found when it verified its books, for people. */
export function describeVerified({ teams, entries, checks, problem }: Verified): string {
  if (problem !== undefined) return row('Verify', `FAILED: ${problem}`);
  const what = `${grouped(teams)} teams with ${grouped(Number(entries))} entries recomputed by the server`;
  return row('Verify', `OK: ${what}; ${checks} promises of the books hold`);
}

/** What the recomputation found, for people. */
export function describeRecomputed({
  charges,
  draws,
  refusals,
  teams,
  totalNano,
  difference,
}: Recomputed): string {
  if (difference !== undefined) return row('Recomputed', `FAILED: ${difference}`);
  const what = `${grouped(charges)} prices, ${grouped(draws)} draws, ${grouped(refusals)} refusals for lack of credit, ${grouped(teams)} balances`;
  return row('Recomputed', `OK: ${what}; ${creditsOf(totalNano)} credits, to the nano-credit`);
}

/** A line of the report. */
export function row(name: string, text: string): string {
  return `${name.padEnd(12)}${text}`;
}

/** A whole number for people. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function milliseconds({ latenciesMs }: Sent, percent: number): string {
  return `${percentile(latenciesMs, percent).toFixed(1)} ms`;
}

/** A length of time for people. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const named = parts.map((part, i) => `${part} ${['h', 'min', 's'][i]}`);
  return named.slice(parts.findIndex((part) => part > 0)).join(' ');
}
