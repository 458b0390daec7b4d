import { randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '../config.ts';
import type { Uuid } from '../id.ts';
import {
  type Checkpoint,
  type CheckpointKey,
  checkpointKey,
  checkpointLine,
  parseCheckpointLine,
} from './checkpoint.ts';

const KEY_FILE = 'checkpoint.key';

/**
 * The key that signs checkpoints: CHECKPOINT_KEY, else one made at the first use and kept in `DATA_DIR`, in a file that
 * only its owner may read.
 * @throws Error when that file holds something else.
 */
export function loadCheckpointKey(config: Pick<Config, 'CHECKPOINT_KEY' | 'DATA_DIR'>): CheckpointKey {
  if (config.CHECKPOINT_KEY) return checkpointKey(config.CHECKPOINT_KEY);
  const file = join(config.DATA_DIR, KEY_FILE);
  if (!existsSync(file)) makeKeyFile(config.DATA_DIR, file);
  const seed = readFileSync(file, 'utf8').trim();
  if (/^[0-9a-f]{64}$/.test(seed)) return checkpointKey(seed);
  throw new Error(
    `${file} must hold 64 hex digits. Checkpoints signed by a lost key can no longer be checked.`,
  );
}

/** Of processes that start at once, one makes the file, and all use it. */
function makeKeyFile(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft);
  }
}

/** Writes checkpoints as JSON lines, all or nothing: a file that was there stays as it is until the new one is complete. */
export async function writeCheckpointFile(
  path: string,
  checkpoints: AsyncIterable<readonly Checkpoint[]>,
): Promise<number> {
  const draft = `${path}.${process.pid}`;
  const file = await open(draft, 'w', 0o644);
  let written = 0;
  try {
    for await (const page of checkpoints) written += await appendLines(file, page);
    await file.sync();
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(draft, path);
  return written;
}

async function appendLines(file: FileHandle, checkpoints: readonly Checkpoint[]): Promise<number> {
  await file.write(checkpoints.map((checkpoint) => `${checkpointLine(checkpoint)}\n`).join(''));
  return checkpoints.length;
}

/** The checkpoints of a file by team. @throws Error that names the first line that is none. */
export async function readCheckpointFile(path: string): Promise<Map<Uuid, Checkpoint[]>> {
  const byTeam = new Map<Uuid, Checkpoint[]>();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    number += 1;
    if (line.trim() === '') continue;
    const checkpoint = parseCheckpointLine(line, number);
    const list = byTeam.get(checkpoint.teamId);
    if (list) list.push(checkpoint);
    else byTeam.set(checkpoint.teamId, [checkpoint]);
  }
  return byTeam;
}
