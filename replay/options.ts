import { parseArgs } from 'node:util';

/** What a replay is to do. */
export interface ReplayOptions {
  readonly trace: string;
  readonly prices: string;
  readonly models: readonly string[];
  readonly teams: number;
  /** 0: as fast as possible. */
  readonly speed: number;
  /** A running server, with its keys; without it, one is started for the run. */
  readonly server:
    | { readonly url: string; readonly platformKey: string; readonly operatorKey: string }
    | undefined;
  /** The name of the run: another run of the same name repeats it and is charged once. */
  readonly run: string;
  readonly seed: string;
  readonly batch: number;
  readonly concurrency: number;
  /** How many requests of the trace to send. */
  readonly limit: number;
  /** How long one call may be tried again. */
  readonly patienceMs: number;
}

export const USAGE = `Replays a trace of LLM requests through the public API, and proves what was charged.

  npm run replay -- --trace FILE --prices FILE --model KEY [--model KEY …] --teams N [--speed 0|1|10]

  --trace FILE         the trace: TIMESTAMP,ContextTokens,GeneratedTokens
  --prices FILE        the price list, in the LiteLLM format
  --model KEY          a model of the price list to use; give several
  --teams N            how many teams to create and share the requests among (1 to 10000)
  --speed N            0: as fast as possible (default), 1: as it was, 10: ten times as fast
  --limit N            only the first N requests
  --batch N            the most requests that are reported together (1 to 1000, default 20)
  --concurrency N      callers at a time (1 to 1000, default 16)
  --seed TEXT          another choice of teams, models and features (default "1")
  --run NAME           repeat the run of this name: what was charged is not charged again
  --patience SECONDS   how long one call may be tried again (default 60)

  Without --url a server is started for the run, in a folder of its own, or on the database that DATABASE_URL or
  DATA_DIR names, and stopped afterwards. To use a server that is running, with the prices imported there:

  --url URL            where it is, such as http://127.0.0.1:4000
  --key KEY            a platform key
  --operator-key KEY   an operator key
`;

const OPTIONS = {
  trace: { type: 'string' },
  prices: { type: 'string' },
  model: { type: 'string', multiple: true },
  teams: { type: 'string' },
  speed: { type: 'string', default: '0' },
  limit: { type: 'string' },
  batch: { type: 'string', default: '20' },
  concurrency: { type: 'string', default: '16' },
  seed: { type: 'string', default: '1' },
  run: { type: 'string' },
  patience: { type: 'string', default: '60' },
  url: { type: 'string' },
  key: { type: 'string' },
  'operator-key': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the options of the command line; undefined when help is asked for.
 * @throws Error that says which option is missing or what would be right.
 */
export function readOptions(args: readonly string[], newRun: () => string): ReplayOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  if (values.help) return undefined;
  const { model: models = [] } = values;
  if (models.length === 0) throw new Error('--model is missing: name at least one model of the price list.');
  return {
    trace: given(values.trace, '--trace'),
    prices: given(values.prices, '--prices'),
    models,
    teams: wholeNumber(given(values.teams, '--teams'), '--teams', 1, 10_000),
    speed: speedOf(values.speed),
    server: serverOf(values),
    run: values.run ?? newRun(),
    seed: values.seed,
    batch: wholeNumber(values.batch, '--batch', 1, 1000),
    concurrency: wholeNumber(values.concurrency, '--concurrency', 1, 1000),
    limit:
      values.limit === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber(values.limit, '--limit', 1, 1_000_000_000),
    patienceMs: 1000 * wholeNumber(values.patience, '--patience', 1, 86_400),
  };
}

interface ServerValues {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly 'operator-key'?: string | undefined;
}

function serverOf(values: ServerValues): ReplayOptions['server'] {
  const { url, key, 'operator-key': operatorKey } = values;
  if (url === undefined) {
    if (key !== undefined || operatorKey !== undefined)
      throw new Error('--url is missing: the keys are of which server?');
    return undefined;
  }
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new Error('--url must be like "http://127.0.0.1:4000".');
  return {
    url: url.replace(/\/(graphql)?$/, ''),
    platformKey: given(key, '--key'),
    operatorKey: given(operatorKey, '--operator-key'),
  };
}

function given(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new Error(`${name} is missing.`);
  return value;
}

function wholeNumber(text: string, name: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}.`);
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && speed <= 1000) return speed;
  throw new Error('--speed must be a number from 0 (as fast as possible) to 1000.');
}
