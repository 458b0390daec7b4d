import { randomBytes } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { type ReplayOptions, readOptions, USAGE } from './options.ts';
import { makePlan, type Plan } from './prepare.ts';
import { type Environment, makeDataFolder, type Product, runTask, startProduct } from './product.ts';
import { type Progress, showProgress } from './progress.ts';
import {
  describeGrants,
  describeRecomputed,
  describeSent,
  describeVerified,
  describeWatched,
  duration,
  grouped,
  isProved,
  row,
  totalsOf,
} from './report.ts';
import { runReplay } from './run.ts';

/** Replays a trace against a server and prints what came of it. The exit code is 0 when everything agrees. */
async function main(stopping: AbortSignal): Promise<number> {
  const options = readOptions(process.argv.slice(2), () => randomBytes(4).toString('hex'));
  if (!options) {
    print(USAGE);
    return 0;
  }
  const plan = makePlan(options);
  describePlan(options, plan);
  if (options.server) return replayOn(options.server, options, plan, stopping);
  return withOwnProduct(options, stopping, (product) => replayOn(product, options, plan, stopping));
}

function describePlan({ trace, models }: ReplayOptions, { requests }: Plan): void {
  const length = duration(requests.at(-1)?.offsetMs ?? 0);
  print(row('Trace', `${basename(trace)}: ${grouped(requests.length)} requests of ${length}`));
  print(row('Models', models.join(', ')));
}

/** Whether there is something left to repeat the run on. */
function isKept({ server }: ReplayOptions): boolean {
  return server !== undefined || keepsData();
}

function keepsData(): boolean {
  return Boolean(process.env.DATABASE_URL || process.env.DATA_DIR);
}

/** A server for this run only; its data go with it unless the environment says where to keep them. */
async function withOwnProduct(
  { prices }: ReplayOptions,
  stopping: AbortSignal,
  work: (product: Product) => Promise<number>,
): Promise<number> {
  const folder = keepsData() ? undefined : makeDataFolder();
  const environment = folder ? isolated(folder.path) : {};
  try {
    const product = await startProduct(environment);
    try {
      stopping.throwIfAborted();
      print(row('Server', `${product.url}, started for this run`));
      const report = await runTask(['import-prices', resolve(prices)], environment);
      print(
        row('Prices', `${basename(prices)}: ${report.split('\n').find((line) => / models: /.test(line))}`),
      );
      return await work(product);
    } finally {
      await product.stop();
    }
  } finally {
    folder?.remove();
  }
}

/** What is set here, if only to nothing, is not looked up in a `.env` that is meant for the real server. */
function isolated(dataDir: string): Environment {
  return { DATA_DIR: dataDir, DATABASE_URL: '', DATABASE_OWNER_URL: '', NODE_ENV: 'development' };
}

async function replayOn(
  product: Product,
  options: ReplayOptions,
  plan: Plan,
  signal: AbortSignal,
): Promise<number> {
  if (isKept(options)) print(row('Run', `${options.run} (repeat it with --run ${options.run})`));
  let progress: Progress | undefined;
  let refused = 0;
  const result = await runReplay(plan, options, product, {
    signal,
    onReady: (seconds) => {
      print(
        row(
          'Teams',
          `${grouped(options.teams)}, each with three to five grants, made in ${seconds.toFixed(1)} s`,
        ),
      );
      const note = () => `${grouped(refused)} refused`;
      progress = showProgress({ total: plan.requests.length, output: process.stderr, note });
    },
    onAnswers: (answers) => {
      refused += totalsOf(answers).refused;
      progress?.add(answers.length);
    },
    onSent: (answers, sent) => {
      progress?.stop();
      for (const line of describeSent(answers, sent)) print(line);
      process.stderr.write('Reading everything back to prove it …\n');
    },
  }).finally(() => progress?.stop());
  print(describeGrants(result));
  print(describeWatched(result.watched));
  print(describeVerified(result.proof.verified));
  print(describeRecomputed(result.proof.recomputed));
  return isProved(result) ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
try {
  process.exitCode = await main(stopping.signal);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(stopping.signal.aborted ? '\nStopped.\n' : `\nThe replay cannot go on. ${reason}\n`);
  process.exitCode = stopping.signal.aborted ? 130 : 1;
}
