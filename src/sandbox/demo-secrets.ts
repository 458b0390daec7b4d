import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { newUuid } from '../id.ts';
import { keyText, newSecret, parseKey } from '../teams/api-key.ts';

const key = z.string().refine((text) => parseKey(text) !== undefined);
const schema = z.object({
  tokenSecret: z.string().min(32),
  platformKey: key,
  operatorKey: key,
  teamKey: key,
});

/** The demo's keys as text, and a secret to sign its user's token with. */
export type DemoSecrets = Readonly<z.infer<typeof schema>>;

const FILE = 'demo-credentials.json';

/**
 * The demo's secrets, made at the first start and kept in `dataDir` so that later starts can print them again: in a file
 * that only its owner may read, and in development only, since keys in a file are what production must not have.
 * @throws Error in production, or when the file cannot be used.
 */
export function demoSecrets(dataDir: string, environment: Config['NODE_ENV']): DemoSecrets {
  if (environment === 'production')
    throw new Error('DEMO_DATA keeps keys in a file: it is not for production.');
  const file = join(dataDir, FILE);
  if (!existsSync(file)) makeFile(dataDir, file);
  const parsed = schema.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} cannot be used. Delete it: new demo keys will be made.`);
}

/** Writes other secrets down in place of those that were kept, whole or not at all. */
export function replaceDemoSecrets(dataDir: string, secrets: DemoSecrets): void {
  const file = join(dataDir, FILE);
  renameSync(draftOf(file, secrets), file);
}

/** Of processes that start at once, one makes the file, and all use it. */
function makeFile(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true });
  const draft = draftOf(file, newSecrets());
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft);
  }
}

function draftOf(file: string, secrets: DemoSecrets): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return draft;
}

/** The text of a key that nobody has yet. */
export function newKeyText(): string {
  return keyText({ keyId: newUuid(), secret: newSecret() });
}

function newSecrets(): DemoSecrets {
  return {
    tokenSecret: randomBytes(32).toString('hex'),
    platformKey: newKeyText(),
    operatorKey: newKeyText(),
    teamKey: newKeyText(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
