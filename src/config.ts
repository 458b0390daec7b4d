import { existsSync } from 'node:fs';
import { z } from 'zod';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** Every option: its environment variable, default and meaning. `.env.example` repeats them. */
const options = z.object({
  /** Any PostgreSQL 15+. Unset: the embedded PostgreSQL. */
  DATABASE_URL: z.string().startsWith('postgres').optional(),
  /** The owner's URL, for migrations, when DATABASE_URL logs in as a role that may not create tables. */
  DATABASE_OWNER_URL: z.string().startsWith('postgres').optional(),
  /** The role the server takes after connecting; `none` to stay the login role. */
  DATABASE_ROLE: z.string().default('drawdown_app'),
  /** Connections to the database: half for reads, half for transactions. */
  DATABASE_POOL_SIZE: wholeNumber(4, 200).default(12),
  /** Run migrations at start. Turn off where a deployment step runs `npm run migrate`. */
  MIGRATE_ON_START: flag.default(true),
  /** Where the embedded PostgreSQL keeps its data. */
  DATA_DIR: z.string().default('.drawdown'),
  /** The address to listen on; `0.0.0.0` for all. */
  HOST: z.string().default('127.0.0.1'),
  /** The port to listen on; 0 takes a free one. */
  PORT: wholeNumber(0, 65_535).default(4000),
  /** The least severe log lines that are written. */
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** production: no demo data, introspection by permission. */
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  /** Create a demo team with grants and print working credentials at the first start. */
  DEMO_DATA: flag.optional(),
  /** Let the demo team run deployments and spend a little every few seconds. Unset: wherever there is demo data. */
  DEMO_TRAFFIC: flag.optional(),
  /** Sandbox mode: no real money, and operators may move the clock. Unset: on as long as there is no STRIPE_SECRET_KEY. */
  SANDBOX: flag.optional(),
  /** The secret or restricted key of a Stripe account: `sk_test_…`, `sk_live_…`, `rk_…`. A live one rules SANDBOX out. */
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[sr]k_(test|live)_\w+$/, 'must start with sk_test_, sk_live_, rk_test_ or rk_live_')
    .optional(),
  /** Verify users' JWTs against these keys … */
  JWT_JWKS_URL: z.url().optional(),
  /** … or with this secret (HS256). */
  JWT_SECRET: z.string().min(32).optional(),
  /** The `iss` that tokens must have, if set. */
  JWT_ISSUER: z.string().optional(),
  /** The `aud` that tokens must have, if set. */
  JWT_AUDIENCE: z.string().optional(),
  /** Lanes of the micro-batcher: about one for each PostgreSQL core, at least two. */
  CHARGE_LANES: wholeNumber(1, 16).default(2),
  /** Usage items that share a transaction at most. */
  CHARGE_BATCH_SIZE: wholeNumber(1, 2000).default(512),
  /** Items that may wait to be charged before OVERLOADED is answered. */
  CHARGE_QUEUE_LIMIT: wholeNumber(1, 1_000_000).default(20_000),
  /** How many days into the past `occurredAt` may be. */
  LATE_USAGE_DAYS: wholeNumber(0, 365).default(35),
  /** Credits a team may owe by after-the-fact usage before its first purchase. */
  DEBT_LIMIT_CREDITS: z.string().default('5'),
  /** Origins whose pages may open websockets and send requests; `*` for any. */
  ALLOWED_ORIGINS: z.string().default('*'),
  /** 32 bytes in hex that sign ledger checkpoints. Unset: made at the first start and kept in DATA_DIR. */
  CHECKPOINT_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

const schema = options.superRefine(({ SANDBOX, STRIPE_SECRET_KEY }, context) => {
  if (!SANDBOX || !/^.k_live_/.test(STRIPE_SECRET_KEY ?? '')) return;
  context.addIssue({
    code: 'custom',
    path: ['SANDBOX'],
    message:
      'cannot be true with a live STRIPE_SECRET_KEY: whoever moves the clock would charge real cards. ' +
      'Use a test key, or leave SANDBOX out.',
  });
});

export type Config = Readonly<z.infer<typeof schema>>;

/**
 * Reads the options from the environment, and from `.env` in the working folder what the environment does not set.
 * @throws Error that lists each option that cannot be used, and why.
 */
export function readConfig(env: NodeJS.ProcessEnv = environment()): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration cannot be used:\n${lines.join('\n')}`);
}

/** Whether no real money is at stake, so that the clock may be moved. Never with a live Stripe key. */
export function isSandbox({ SANDBOX, STRIPE_SECRET_KEY }: Config): boolean {
  return SANDBOX ?? STRIPE_SECRET_KEY === undefined;
}

function environment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
