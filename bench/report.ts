import { cpus, totalmem, version } from 'node:os';

/** One line of the table: what was measured, the figures, and the ratio that must be reached, if there is one. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly ratio?: number;
  /** What `ratio` is to, and the bound it is judged by. */
  readonly to?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Prints the machine and settings that the figures hold for. */
export function printMachine(settings: readonly string[]): void {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  print(
    `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${memoryGb} GB, ${version()}, Node ${process.version}`,
  );
  print(`${settings.join(', ')}\n`);
}

/** Prints rows as they come, so that a long run can be watched. */
export function printRow(row: Row): void {
  const ratio = row.ratio === undefined ? '' : `${format(row.ratio)}× ${row.to ?? ''}`;
  print(`${row.what.padEnd(58)} ${row.figure.padEnd(46)} ${ratio.padEnd(32)} ${verdict(row)}`);
}

export function printHeading(text: string): void {
  print(`\n${text}\n${'-'.repeat(text.length)}`);
}

/** A rate and its latencies in a fixed form. */
export function figures(result: { perSecond: number; p50Ms: number; p99Ms: number }): string {
  return `${format(result.perSecond)}/s  p50 ${format(result.p50Ms)} ms  p99 ${format(result.p99Ms)} ms`;
}

export function format(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function verdict({ ratio, atLeast, atMost }: Row): string {
  if (ratio === undefined) return '';
  if (atLeast !== undefined) return `${ratio >= atLeast ? 'reached' : 'MISSED'} (at least ${atLeast}×)`;
  if (atMost !== undefined) return `${ratio <= atMost ? 'reached' : 'MISSED'} (at most ${atMost}×)`;
  return '';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
