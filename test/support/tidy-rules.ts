import { impureImports, inwardEdges, wrongDirections } from './import-ranks.ts';
import type { SourceFile } from './source-file.ts';

export interface Rule {
  readonly name: string;
  /** What is wrong with the file; nothing when it keeps the rule. */
  readonly broken: (file: SourceFile) => string[];
  /** Files that break the rule, as path and text: the rule has to notice each. */
  readonly planted: readonly (readonly [path: string, text: string])[];
  /** Files that look alike and keep it. */
  readonly fine: readonly (readonly [path: string, text: string])[];
}

const inSource = (file: SourceFile): boolean => file.path.startsWith('src/');

/** A rule about what may be done in one place of `src` only. */
function oneDoor(doors: readonly string[], found: (file: SourceFile) => string[]): Rule['broken'] {
  return (file) => (inSource(file) && !doors.some((door) => file.path.startsWith(door)) ? found(file) : []);
}

const BOOK_TABLES = ['wallets', 'grants', 'entries'];
const BOOK_STATEMENT =
  /\b(insert\s+into|update(\s+only)?|delete\s+from|truncate(\s+table)?|merge\s+into|copy)\s+"?(wallets|grants|entries)\b/i;

function bookWrites(file: SourceFile): string[] {
  const tables = new Map(BOOK_TABLES.map((name) => [name, name]));
  for (const one of file.imports)
    for (const [local, name] of one.names) if (BOOK_TABLES.includes(name)) tables.set(local, name);
  const byOrm = file.calls.filter(({ callee, args }) => {
    const table = (args[0] ?? '').split('.').at(-1) ?? '';
    return /\.(insert|update|delete)$/.test(callee) && tables.has(table);
  });
  return [
    ...byOrm.map(({ callee, args }) => `${callee}(${args[0]})`),
    ...file.texts.filter((text) => BOOK_STATEMENT.test(text)),
  ];
}

const MONEY_NAME = /nano/i;
const FORBIDDEN_NAMES = [
  /(^|\/)(common|shared|misc|lib|index)(\/|\.ts$)/,
  /(^|[/.-])(utils?|helpers?|services?|controllers?|repositor(y|ies)|managers?)(\/|\.ts$)/,
  /[-.]?v\d+\.ts$/i,
];
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** What is wrong with the name of a file or folder. */
export function nameFault(path: string): string | undefined {
  if (FORBIDDEN_NAMES.some((name) => name.test(path)))
    return `${path}: a name that says nothing of what is inside`;
  return path.split('/').every((part) => KEBAB.test(part)) ? undefined : `${path}: not kebab-case`;
}

export const RULES: readonly Rule[] = [
  {
    name: 'imports point down the ranks, never to a sibling',
    broken: wrongDirections,
    planted: [
      ['src/money.ts', "import { connect } from './db/client.ts';"],
      ['src/db/client.ts', "import type { Role } from '../teams/permissions.ts';"],
      ['src/teams/teams.ts', "import { post } from '../ledger/post.ts';"],
      ['src/grants/issue.ts', "import { rate } from '../catalog/rate.ts';"],
      ['src/catalog/rate.ts', "const charge = await import('../charging/charge.ts');"],
      ['src/usage/record-usage.ts', "export { startServer } from '../graphql/server.ts';"],
      ['src/usage/record-usage.ts', "import { Context } from '../graphql/context.ts';"],
      ['src/usage/usage.resolver.ts', "import { buildSchema } from '../graphql/schema.ts';"],
      ['src/graphql/auth.ts', "import { charge } from '../charging/charge.ts';"],
      ['src/graphql/context.ts', "import { startServer } from './server.ts';"],
      ['src/graphql/server.ts', "import { app } from '../app.ts';"],
      ['src/misplaced/thing.ts', 'export const a = 1;'],
    ],
    fine: [
      ['src/id.ts', "import { systemMillis } from './clock.ts';"],
      ['src/charging/charge.ts', "import { rate } from '../catalog/rate.ts';"],
      ['src/usage/usage.resolver.ts', "import { Context } from '../graphql/context.ts';"],
      ['src/graphql/auth.ts', "import { allows } from '../teams/permissions.ts';"],
      ['src/graphql/resolvers.ts', "import { TeamsResolver } from '../teams/teams.resolver.ts';"],
      ['src/main.ts', "import { startApp } from './app.ts';"],
    ],
  },
  {
    name: 'what decides or stores does not import what speaks GraphQL',
    broken: inwardEdges,
    planted: [['src/teams/teams.ts', "import { Team } from './team.type.ts';"]],
    fine: [['src/teams/loaders.ts', "import { Team } from './team.type.ts';"]],
  },
  {
    name: 'pure files import no database, no tables and no clock',
    broken: impureImports,
    planted: [
      ['src/grants/drawdown.ts', "import { systemClock } from '../clock.ts';"],
      ['src/catalog/rate.ts', "import type { Db } from '../db/client.ts';"],
      ['src/ledger/entry.ts', "import { entries } from './tables.ts';"],
      ['src/ledger/book.ts', "import { readFileSync } from 'node:fs';"],
      ['src/stripe-sandbox/invoice-object.ts', "import Stripe from 'stripe';"],
    ],
    fine: [
      [
        'src/grants/drawdown.ts',
        "import { minNano } from '../money.ts';\nimport type { Uuid } from '../id.ts';",
      ],
      ['src/stripe-sandbox/invoice-object.ts', "import type Stripe from 'stripe';"],
    ],
  },
  {
    name: 'the environment is read in config.ts only',
    broken: oneDoor(['src/config.ts'], (file) => [
      ...file.members.filter((member) => /\bprocess\??\.env$/.test(member)),
      ...file.imports
        .filter((one) => one.target === 'node:process' && one.names.has('env'))
        .map(() => 'imports env'),
    ]),
    planted: [
      ['src/app.ts', 'const url = process.env.DATABASE_URL;'],
      ['src/app.ts', "import { env } from 'node:process';"],
      ['src/app.ts', 'const { PORT } = process.env;'],
    ],
    fine: [
      ['src/config.ts', 'const url = process.env.DATABASE_URL;'],
      ['src/app.ts', '// process.env is read elsewhere\nconst text = "process.env";'],
    ],
  },
  {
    name: 'the time is read in clock.ts only',
    broken: oneDoor(['src/clock.ts'], (file) => [
      ...file.calls
        .filter(({ callee }) => /^(globalThis\.)?Date(\.now)?$/.test(callee))
        .map(({ callee }) => `${callee}()`),
      ...file.constructions
        .filter(({ callee, args }) => callee === 'Date' && args.length === 0)
        .map(() => 'new Date()'),
      ...file.texts.filter((text) =>
        /\b(now|clock_timestamp|statement_timestamp)\(\)|\bcurrent_timestamp\b/i.test(text),
      ),
    ]),
    planted: [
      ['src/grants/issue.ts', 'const at = Date.now();'],
      ['src/grants/issue.ts', 'const at = new Date();'],
      ['src/grants/issue.ts', 'await tx.sql`update teams set created_at = now()`;'],
    ],
    fine: [
      ['src/clock.ts', 'export const now = () => new Date();'],
      ['src/grants/issue.ts', 'const at = new Date(book.atMs); const b = clock.now();'],
    ],
  },
  {
    name: 'a transaction opens in db/client.ts only',
    // The job queue's own upkeep comes as whole transactions, which need a connection to themselves.
    broken: oneDoor(['src/db/client.ts', 'src/db/job-tables.ts'], (file) =>
      file.calls
        .filter(({ callee }) =>
          /\b(sql|orm|db|tx|client|connection|pool)\.(begin|transaction|savepoint|reserve)$/i.test(callee),
        )
        .map(({ callee }) => callee),
    ),
    planted: [
      ['src/ledger/post.ts', 'await db.sql.begin(async (sql) => sql`select 1`);'],
      ['src/teams/teams.ts', 'await db.orm.transaction(async (tx) => tx);'],
    ],
    fine: [
      ['src/db/client.ts', 'await client.begin(work);'],
      ['src/teams/teams.ts', 'await inTransaction(db, work);'],
      ['src/live/feeds.ts', 'feed.begin();'],
    ],
  },
  {
    name: 'wallets, grants and entries are written in ledger/post.ts only',
    broken: oneDoor(['src/ledger/post.ts'], bookWrites),
    planted: [
      ['src/grants/issue.ts', 'await tx.sql`\n insert into\n grants (id) values (1)`;'],
      ['src/grants/issue.ts', 'await tx.sql`update wallets w set seq = 1`;'],
      ['src/grants/issue.ts', 'await tx.sql.unsafe("DELETE FROM entries");'],
      ['src/grants/issue.ts', 'await tx.orm.insert(grants).values(row);'],
      [
        'src/grants/issue.ts',
        "import { wallets as w } from '../ledger/tables.ts';\nawait tx.orm.update(w).set(row);",
      ],
      [
        'src/grants/issue.ts',
        "import * as tables from '../ledger/tables.ts';\nawait tx.orm.insert(tables.entries).values(row);",
      ],
    ],
    fine: [
      ['src/ledger/post.ts', 'await tx.sql`update wallets set seq = 1`;'],
      ['src/grants/issue.ts', 'await tx.sql`insert into grant_changes (id) values (1)`;'],
      [
        'src/grants/issue.ts',
        'await tx.sql`select 1 from wallets for update`; await tx.orm.insert(grantChanges).values(row);',
      ],
    ],
  },
  {
    name: 'only ledger, grants, charging, gateway, payments, refunds and payouts move credit',
    broken: oneDoor(
      [
        'src/ledger/',
        'src/grants/',
        'src/charging/',
        'src/gateway/',
        'src/payments/',
        'src/refunds/',
        'src/payouts/',
        'src/app-parts.ts',
      ],
      (file) =>
        file.imports
          .filter((one) => one.target === 'src/ledger/post.ts' && !one.typeOnly)
          .map((one) => `imports ${one.target}`),
    ),
    planted: [
      ['src/usage/record-usage.ts', "import { writeBooks } from '../ledger/post.ts';"],
      ['src/usage/record-usage.ts', "import { type Moved, writeBooks } from '../ledger/post.ts';"],
    ],
    fine: [
      ['src/charging/charge-batch.ts', "import { writeBooks } from '../ledger/post.ts';"],
      ['src/live/bus.ts', "import type { Moved } from '../ledger/post.ts';"],
    ],
  },
  {
    name: 'an error becomes a response in graphql/errors.ts only',
    broken: oneDoor(['src/graphql/errors.ts'], (file) =>
      file.constructions.filter(({ callee }) => callee === 'GraphQLError').map(() => 'new GraphQLError'),
    ),
    planted: [['src/teams/teams.resolver.ts', "throw new GraphQLError('no');"]],
    fine: [['src/teams/teams.resolver.ts', "throw new DomainError('FORBIDDEN', 'no');"]],
  },
  {
    name: 'Stripe is called through the gateway only',
    broken: oneDoor(['src/gateway/'], (file) =>
      file.imports
        .filter((one) => /^stripe(\/|$)/.test(one.target) && !one.typeOnly)
        .map((one) => `imports ${one.target}`),
    ),
    planted: [
      ['src/usage/record-usage.ts', "import Stripe from 'stripe';"],
      ['src/payments/purchase.ts', "import Stripe, { type Stripe as Types } from 'stripe';"],
      ['src/plans/tell-stripe.ts', "const { default: Stripe } = await import('stripe');"],
    ],
    fine: [
      ['src/gateway/stripe.ts', "import Stripe from 'stripe';"],
      ['src/payments/purchase.ts', "import type Stripe from 'stripe';"],
      ['src/stripe-sandbox/invoice-object.ts', "import type Stripe from 'stripe';"],
    ],
  },
  {
    name: 'no float comes near money',
    broken: (file) =>
      [
        ...file.calls
          .filter(
            ({ callee, args }) =>
              /(^|\.)parseFloat$/.test(callee) || (callee === 'Number' && MONEY_NAME.test(args[0] ?? '')),
          )
          .map(({ callee, args }) => `${callee}(${args[0] ?? ''})`),
        ...file.texts.filter(
          (text) => inSource(file) && /_nano\w*\)?\s*::\s*(float|real|double)/i.test(text),
        ),
      ].filter(() => inSource(file)),
    planted: [
      ['src/money.ts', 'const credits = parseFloat(text);'],
      ['src/money.ts', 'const credits = Number.parseFloat(text);'],
      ['src/ledger/balance.ts', 'const credits = Number(row.amountNano);'],
      ['src/ledger/balance.ts', 'const credits = Number(row.available_nano) / 1e9;'],
      ['src/ledger/balance.ts', 'await db.sql`select sum(amount_nano)::float8 from entries`;'],
    ],
    fine: [['src/ledger/balance.ts', 'const seq = Number(row.count); const sum = BigInt(row.amountNano);']],
  },
  {
    name: 'only cli.ts and main.ts write to the console',
    broken: oneDoor(['src/cli.ts', 'src/main.ts'], (file) =>
      file.calls.filter(({ callee }) => /^console\./.test(callee)).map(({ callee }) => callee),
    ),
    planted: [['src/app.ts', "console.log('started');"]],
    fine: [['src/cli.ts', "console.log('done');"]],
  },
  {
    name: 'no work is left for later in a comment',
    broken: (file) => file.comments.filter((comment) => /\b(TODO|FIXME|XXX|HACK)\b/.test(comment)),
    planted: [
      ['src/app.ts', '// TODO: write this'],
      ['test/app.test.ts', '/* FIXME */'],
    ],
    fine: [['src/app.ts', "const word = 'TODO';"]],
  },
  {
    name: 'every relative import names its file, and no file only passes on what others export',
    broken: (file) => [
      ...file.imports
        .filter((one) => one.relative && !/\.(ts|tsx|json|css|mjs|graphql\?raw)$/.test(one.target))
        .map((one) => one.target),
      ...file.imports
        .filter((one) => one.reexport && inSource(file))
        .map((one) => `exports from ${one.target}`),
    ],
    planted: [
      ['src/app.ts', "import { a } from './db/client';"],
      ['src/db/all.ts', "export * from './client.ts';"],
      ['src/db/all.ts', "export { connect } from './client.ts';"],
    ],
    fine: [['src/app.ts', "import { a } from './db/client.ts';\nexport { a };"]],
  },
  {
    name: 'names are kebab-case and say what is inside',
    broken: (file) => [nameFault(file.path)].filter((fault) => fault !== undefined),
    planted: [
      ...[
        'src/utils/money.ts',
        'src/ledger/helpers.ts',
        'src/ledger/index.ts',
        'src/common/a.ts',
        'src/shared/a.ts',
      ],
      ...['src/ledger/Post.ts', 'src/ledger/post_entry.ts', 'src/ledger/postV2.ts', 'src/ledger/post-v2.ts'],
      ...['src/ledger/ledger.service.ts', 'src/ledger/user-repository/a.ts', 'test/support/helpers.ts'],
    ].map((path) => [path, ''] as const),
    fine: [
      ['src/ledger/post.ts', ''],
      ['src/teams/api-key.type.ts', ''],
      ['test/catalog/rate.property.test.ts', ''],
    ],
  },
  {
    name: 'files stay short enough to be read at once',
    broken: (file) => (inSource(file) && file.lines > 320 ? [`${file.lines} lines`] : []),
    planted: [['src/ledger/post.ts', '\n'.repeat(400)]],
    fine: [['src/ledger/post.ts', '\n'.repeat(200)]],
  },
];
