import type { Db, Reader } from '../db/client.ts';
import { publicId, type Uuid } from '../id.ts';
import type { CheckpointKey } from '../ledger/checkpoint.ts';
import { readCheckpointFile, writeCheckpointFile } from '../ledger/checkpoint-file.ts';
import { allCheckpoints, writeCheckpoints } from '../ledger/checkpoints.ts';
import { ledgerHealth } from '../ledger/health.ts';
import type { TeamVerification } from '../ledger/verify.ts';
import { CHARGE_CHECKS } from './charge-checks.ts';
import { verifyAllBooks, verifyBooks } from './verify-books.ts';

export interface VerifyCommand {
  readonly key: CheckpointKey;
  /** One team; all when absent, with the audit of all books. */
  readonly teamId?: Uuid | undefined;
  /** A file that `checkpointCommand` wrote. */
  readonly checkpointFile?: string | undefined;
  readonly now: Date;
  readonly print: (line: string) => void;
}

/** Proves the books and prints what does not fit, then one line of summary. Answers whether everything fits. */
export async function verifyCommand(reader: Reader, command: VerifyCommand): Promise<boolean> {
  const { key, teamId, checkpointFile, print } = command;
  const exported = checkpointFile ? await readCheckpointFile(checkpointFile) : undefined;
  const verifications = teamId
    ? [await verifyBooks(reader, teamId, { key, exported: exported?.get(teamId) })]
    : verifyAllBooks(reader, { key, exported });
  let [teams, entries, checkpoints, broken] = [0, 0n, 0, 0];
  for await (const verification of verifications) {
    teams += 1;
    entries += verification.entries;
    checkpoints += verification.checkpoints;
    if (!verification.ok) broken += 1;
    printProblems(verification, print);
  }
  const healthy = teamId ? true : await audit(reader, command);
  const verdict = broken > 0 ? `Teams with books that do not fit: ${broken}` : 'Everything fits';
  print(`Teams: ${teams}, entries: ${entries}, signed checkpoints: ${checkpoints}. ${verdict}.`);
  return broken === 0 && healthy;
}

function printProblems({ teamId, problems }: TeamVerification, print: (line: string) => void): void {
  for (const { seq, fault, message } of problems) {
    const entry = seq === null ? '' : ` entry ${seq}:`;
    print(`${publicId('team', teamId)}:${entry} ${fault}: ${message}`);
  }
}

async function audit(reader: Reader, { now, print }: VerifyCommand): Promise<boolean> {
  const { ok, checks } = await ledgerHealth(reader, now, CHARGE_CHECKS);
  for (const { name, promise, violations, sample } of checks.filter((check) => !check.ok)) {
    print(`${name}: broken ${violations} times. ${promise} ${sample.join('; ')}`);
  }
  return ok;
}

export interface CheckpointCommand {
  readonly key: CheckpointKey;
  /** Where all checkpoints are written, as JSON lines. Keep it where the database's owner cannot change it. */
  readonly file: string;
  readonly now: Date;
  readonly print: (line: string) => void;
}

/** Signs the heads of all streams that moved, and writes every checkpoint there is to a file. */
export async function checkpointCommand(db: Db, { key, file, now, print }: CheckpointCommand): Promise<void> {
  const signed = await writeCheckpoints(db, key, now);
  const written = await writeCheckpointFile(file, allCheckpoints(db));
  print(`Heads signed by key ${key.id}: ${signed}. Checkpoints in ${file}: ${written}.`);
}
