import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { assert } from '../domain-error.ts';
import { parseId, publicId, type Uuid } from '../id.ts';

/**
 * A signed statement that entry `seq` of a team had `hash` at an instant. Whoever kept it can prove later that the
 * history up to that entry was rewritten or cut.
 */
export interface Checkpoint {
  readonly teamId: Uuid;
  readonly seq: bigint;
  /** Hex. */
  readonly hash: string;
  readonly at: Date;
  /** Which key signed it. */
  readonly keyId: string;
  /** Ed25519, base64. */
  readonly signature: string;
}

/** The head of a stream, to be signed. */
export type SignedHead = Pick<Checkpoint, 'teamId' | 'seq' | 'hash' | 'at'>;

/** Signs and recognises checkpoints. */
export interface CheckpointKey {
  /** The first 16 hex digits of SHA-256 of the public key. */
  readonly id: string;
  sign(head: SignedHead): Checkpoint;
  /** Whether this key signed exactly this checkpoint. */
  signed(checkpoint: Checkpoint): boolean;
}

/** What PKCS #8 puts in front of the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key that 32 bytes in hex stand for. */
export function checkpointKey(seedHex: string): CheckpointKey {
  assert(/^[0-9a-f]{64}$/.test(seedHex), 'a checkpoint key is 32 bytes in hex');
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.from(seedHex, 'hex')]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const id = keyIdOf(publicKey);
  return {
    id,
    sign: (head) => {
      const signature = sign(null, signedText(head, id), privateKey).toString('base64');
      return { ...head, keyId: id, signature };
    },
    signed: (checkpoint) =>
      checkpoint.keyId === id &&
      verify(null, signedText(checkpoint, id), publicKey, Buffer.from(checkpoint.signature, 'base64')),
  };
}

function keyIdOf(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ format: 'der', type: 'spki' }), 'hex').slice(0, 16);
}

function signedText({ teamId, seq, hash: head, at }: SignedHead, keyId: string): Buffer {
  return Buffer.from(`drawdown checkpoint v1|${teamId}|${seq}|${head}|${at.toISOString()}|${keyId}`);
}

/** One line of an exported file, without the line break. */
export function checkpointLine(checkpoint: Checkpoint): string {
  const { teamId, seq, hash: head, at, keyId, signature } = checkpoint;
  const fields = { team: publicId('team', teamId), seq: seq.toString(), hash: head, at: at.toISOString() };
  return JSON.stringify({ ...fields, keyId, signature });
}

const lineSchema = z.object({
  team: z.string(),
  seq: z.string().regex(/^\d{1,19}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.string(),
});

/** Reads what `checkpointLine` wrote. @throws Error that names the line when it is none. */
export function parseCheckpointLine(line: string, number: number): Checkpoint {
  try {
    const { team, seq, at, ...rest } = lineSchema.parse(JSON.parse(line));
    return { teamId: parseId('team', team, 'team'), seq: BigInt(seq), at: new Date(at), ...rest };
  } catch (cause) {
    throw new Error(`Line ${number} is no checkpoint.`, { cause });
  }
}
