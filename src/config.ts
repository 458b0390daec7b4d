import { existsSync } from 'node:fs';
import { z } from 'zod';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const credits = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,7}(\.\d{1,9})?$/, 'must be credits as a decimal such as 12.5')
    .default(standard);

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
  /** What Stripe signs events for `/webhooks/stripe` with: `whsec_…`. Goes with STRIPE_SECRET_KEY. */
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+$/, 'must start with whsec_')
    .optional(),
  /** What browsers give Stripe.js: `pk_test_…`, `pk_live_…`. Told to clients, no secret. */
  STRIPE_PUBLISHABLE_KEY: z
    .string()
    .regex(/^pk_(test|live)_\w+$/, 'must start with pk_test_ or pk_live_')
    .optional(),
  /** The port of the Stripe sandbox, which runs as long as there is no STRIPE_SECRET_KEY. Unset: PORT + 1. */
  STRIPE_SANDBOX_PORT: wholeNumber(0, 65_535).optional(),
  /** Where the world reaches this server: links in mails, and where payers come back to. Unset: HOST and PORT. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Credits a team may owe by after-the-fact usage from its first purchase on. */
  PAY_AS_YOU_GO_LIMIT_CREDITS: credits('50'),
  /** The smallest purchase of a custom amount, in US dollars. */
  MIN_PURCHASE_USD: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,2})?$/, 'must be US dollars with at most two decimals')
    .refine((text) => Number(text) >= 0.5, 'must be at least 0.50, which is what a card can be charged')
    .default('1'),
  /** How many credits people are shown for one US dollar. The ledger does not know it. */
  CREDITS_PER_USD: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be a positive decimal')
    .refine((text) => Number(text) > 0, 'must be above 0')
    .default('1'),
  /** Credits a team is given once its owner has a verified e-mail address; 0 for none. */
  SIGN_UP_CREDITS: credits('0'),
  /** Days after which sign-up credit expires. Unset: never. */
  SIGN_UP_CREDIT_DAYS: wholeNumber(1, 3650).optional(),
  /** Whether plans limit what teams may do: API keys, prices of their own, runs of several models. Unset: enforced in production. */
  ENTITLEMENTS: z.enum(['enforced', 'off']).optional(),
  /** Where mail is sent through: `smtp://user:password@host:587` or `smtps://…`. Unset: mail is kept, to be read at `sandboxMail`. */
  SMTP_URL: z.url({ protocol: /^smtps?$/, hostname: /./ }).optional(),
  /** Whom mail comes from. */
  MAIL_FROM: z.string().default('Drawdown <billing@localhost>'),
  /** Who issues receipts and invoices … */
  ISSUER_NAME: z.string().default('Drawdown'),
  /** … and their address, lines separated by `\n`. */
  ISSUER_ADDRESS: z.string().default(''),
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
  DEBT_LIMIT_CREDITS: credits('5'),
  /** How many proxies of yours a request passes: as many addresses at the end of X-Forwarded-For are believed. */
  TRUSTED_PROXIES: wholeNumber(0, 10).default(0),
  /** Origins whose pages may open websockets and send requests; `*` for any. */
  ALLOWED_ORIGINS: z.string().default('*'),
  /** 32 bytes in hex that sign ledger checkpoints. Unset: made at the first start and kept in DATA_DIR. */
  CHECKPOINT_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

const schema = options.superRefine((config, context) => {
  const refuse = (option: keyof typeof config, message: string) =>
    context.addIssue({ code: 'custom', path: [option], message });
  const { SANDBOX, STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: secret } = config;
  if (SANDBOX && /^.k_live_/.test(key ?? '')) refuse('SANDBOX', LIVE_SANDBOX);
  if (key !== undefined && secret === undefined) refuse('STRIPE_WEBHOOK_SECRET', WITHOUT_SECRET);
  if (key === undefined && secret !== undefined) refuse('STRIPE_SECRET_KEY', WITHOUT_KEY);
  if (key === undefined && SANDBOX === false) refuse('STRIPE_SECRET_KEY', NO_PAYMENTS);
});

const LIVE_SANDBOX =
  'cannot be true with a live STRIPE_SECRET_KEY: whoever moves the clock would charge real cards. ' +
  'Use a test key, or leave SANDBOX out.';
const WITHOUT_SECRET =
  'is missing: with STRIPE_SECRET_KEY it must be the signing secret (whsec_…) of the endpoint at Stripe that sends events to /webhooks/stripe.';
const WITHOUT_KEY =
  'is missing: with STRIPE_WEBHOOK_SECRET it must be the secret key (sk_…) of the same account.';
const NO_PAYMENTS =
  'is missing: outside of sandbox mode there is nothing else to charge cards with. Leave SANDBOX out to try the product.';

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
