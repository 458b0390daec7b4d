import { readFileSync, writeFileSync } from 'node:fs';
import { defineCommand, runMain } from 'citty';
import type { Actor } from './actor.ts';
import { SYSTEM_ACTOR } from './actor.ts';
import { openClock } from './app-parts.ts';
import { importPricesCommand } from './catalog/import-prices-command.ts';
import { checkpointCommand, verifyCommand } from './charging/verify-command.ts';
import { readConfig } from './config.ts';
import { type Db, inTransaction } from './db/client.ts';
import { joinDatabase } from './db/database.ts';
import { RESOLVERS } from './graphql/resolvers.ts';
import { buildAppSchema, schemaText } from './graphql/schema.ts';
import { newUuid, parseId, publicId } from './id.ts';
import { loadCheckpointKey } from './ledger/checkpoint-file.ts';
import { createApiKey } from './teams/keys.ts';
import { scopesFor } from './teams/permissions.ts';

/** One command for each task of an operator. They work on the database that the environment names. */

const SYSTEM: Actor = { kind: 'SYSTEM' };

async function withDatabase(work: (db: Db, now: Date) => Promise<void>): Promise<void> {
  const config = readConfig();
  const database = await joinDatabase(config);
  try {
    const log = { warn: (_fields: object, message: string) => process.stderr.write(`${message}\n`) };
    const clock = await openClock(database.db, config, log);
    await work(database.db, clock.now());
  } finally {
    await database.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const migrate = defineCommand({
  meta: { name: 'migrate', description: 'Bring the database to the newest schema' },
  run: async () => {
    const database = await joinDatabase({ ...readConfig(), MIGRATE_ON_START: true });
    await database.close();
    print('The database has the newest schema.');
  },
});

const importPrices = defineCommand({
  meta: {
    name: 'import-prices',
    description: 'Bring the catalogue up to a price list in the LiteLLM format',
  },
  args: {
    file: { type: 'positional', required: true, description: 'The JSON file' },
    'effective-at': { type: 'string', description: 'From when changed prices hold (RFC 3339); default now' },
    reason: { type: 'string', default: 'import-prices', description: 'Why, kept with each price' },
  },
  run: ({ args }) =>
    withDatabase(async (db, now) => {
      const text = readFileSync(args.file, 'utf8');
      const { reason, 'effective-at': effectiveAt } = args;
      print(await importPricesCommand(db, { text, effectiveAt, actor: SYSTEM_ACTOR, reason, now }));
    }),
});

const createKey = defineCommand({
  meta: { name: 'create-key', description: 'Create an API key and print it once' },
  args: {
    type: {
      type: 'enum',
      options: ['PLATFORM', 'OPERATOR', 'TEAM'],
      default: 'PLATFORM',
      description: 'What it is for',
    },
    team: { type: 'string', description: 'The team of a TEAM key' },
    name: { type: 'string', required: true, description: 'To recognise it by' },
    scopes: { type: 'string', description: 'Comma-separated; default all that the type may have' },
  },
  run: ({ args }) =>
    withDatabase(async (db, now) => {
      const input = {
        type: args.type,
        name: args.name,
        scopes: args.scopes?.split(',') ?? [...scopesFor(args.type)],
        idempotencyKey: newUuid(),
        ...(args.team ? { teamId: parseId('team', args.team, 'team') } : {}),
      };
      const key = await inTransaction(db, (tx) => createApiKey(tx, input, SYSTEM, now));
      print(`${publicId('apiKey', key.keyId)}\n${key.text}`);
    }),
});

const verify = defineCommand({
  meta: {
    name: 'verify',
    description: 'Prove the books: chains, balances, grants, charges, signed checkpoints',
  },
  args: {
    team: { type: 'string', description: 'One team; default all' },
    checkpoints: { type: 'string', description: 'A file that "checkpoint" wrote' },
  },
  run: ({ args }) =>
    withDatabase(async (db, now) => {
      const ok = await verifyCommand(db, {
        key: loadCheckpointKey(readConfig()),
        teamId: args.team ? parseId('team', args.team, 'team') : undefined,
        checkpointFile: args.checkpoints,
        now,
        print,
      });
      if (!ok) process.exitCode = 1;
    }),
});

const checkpoint = defineCommand({
  meta: {
    name: 'checkpoint',
    description: 'Sign the heads of all streams and write every checkpoint to a file',
  },
  args: { file: { type: 'positional', required: true, description: 'The file, JSON lines' } },
  run: ({ args }) =>
    withDatabase((db, now) =>
      checkpointCommand(db, {
        key: loadCheckpointKey(readConfig()),
        file: args.file,
        now,
        print,
      }),
    ),
});

const emitSchema = defineCommand({
  meta: { name: 'emit-schema', description: 'Write the SDL of the API' },
  args: { out: { type: 'string', default: 'schema/schema.graphql', description: 'The file' } },
  run: ({ args }) => {
    writeFileSync(args.out, schemaText(buildAppSchema(RESOLVERS, new Map())));
    print(`${args.out} is written.`);
  },
});

await runMain(
  defineCommand({
    meta: { name: 'drawdown', description: 'Operator tasks of Drawdown' },
    subCommands: {
      migrate,
      'import-prices': importPrices,
      'create-key': createKey,
      verify,
      checkpoint,
      'emit-schema': emitSchema,
    },
  }),
);
