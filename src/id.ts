import { randomFillSync } from 'node:crypto';
import { fromString, TypeID, toUUID } from 'typeid-js';
import { systemMillis } from './clock.ts';
import { badInput } from './domain-error.ts';

/** A UUID in its canonical lower-case text form, as it is stored. */
export type Uuid = string;

/** The prefix of each kind of public id. */
export const ID_PREFIX = {
  user: 'user',
  team: 'team',
  apiKey: 'key',
  grant: 'grant',
  charge: 'charge',
  entry: 'entry',
  model: 'model',
  priceVersion: 'price',
  hold: 'hold',
  run: 'run',
  quote: 'quote',
  cap: 'cap',
  deployment: 'deploy',
  instanceType: 'instance',
  paymentMethod: 'pm',
  topUp: 'topup',
  rechargeAttempt: 'recharge',
  payment: 'payment',
  refund: 'refund',
  dispute: 'dispute',
  promoCode: 'promo',
  plan: 'plan',
  subscription: 'sub',
  mail: 'mail',
} as const;
export type IdKind = keyof typeof ID_PREFIX;

const random = Buffer.alloc(16);
const pool = Buffer.alloc(16 * 512);
let pooled = 0;

/** A fresh UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits. */
export function newUuid(atMs: number = systemMillis()): Uuid {
  refill();
  random.writeUIntBE(atMs, 0, 6);
  random[6] = 0x70 | ((random[6] ?? 0) & 0x0f);
  random[8] = 0x80 | ((random[8] ?? 0) & 0x3f);
  return uuidText(random);
}

/**
 * A UUIDv7 whose bits after the milliseconds are a 32-bit counter (RFC 9562 §6.2, method 1), then random ones:
 * ids made with a growing counter at one place sort in the order of that counter within one millisecond.
 */
export function orderedUuid(atMs: number, counter: bigint): Uuid {
  refill();
  random.writeUIntBE(atMs, 0, 6);
  const low = Number(counter & 0xffff_ffffn);
  random.writeUInt16BE(0x7000 | (low >>> 20), 6);
  random.writeUInt32BE(
    (0x8000_0000 | (((low & 0xf_ffff) << 10) >>> 0) | ((random[11] ?? 0) & 0xff)) >>> 0,
    8,
  );
  return uuidText(random);
}

/** Of an id that `orderedUuid` made: sorts after all ids of an earlier millisecond or counter, and before all others. */
export function firstOfCounter(uuid: Uuid): Uuid {
  return `${uuid.slice(0, 26)}${'0'.repeat(10)}`;
}

const LAST_MS = 2 ** 48 - 1;

/** Sorts before every UUIDv7 made at `atMs` or later, and after every earlier one. */
export function firstUuidAt(atMs: number): Uuid {
  const hex = Math.min(Math.max(atMs, 0), LAST_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** Fills `random` from a pool: one call to the system's generator serves 512 ids. */
function refill(): void {
  if (pooled === 0) {
    randomFillSync(pool);
    pooled = pool.length;
  }
  pool.copy(random, 0, pooled - random.length, pooled);
  pooled -= random.length;
}

function uuidText(bytes: Buffer): Uuid {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The public, opaque form of an id: `team_01h…` (TypeID 0.3). */
export function publicId(kind: IdKind, uuid: Uuid): string {
  return TypeID.fromUUID(ID_PREFIX[kind], uuid).toString();
}

/**
 * The stored form of a public id.
 * @throws DomainError BAD_USER_INPUT naming `field` when the prefix is another's or the text is no TypeID.
 */
export function parseId(kind: IdKind, text: string, field = 'id'): Uuid {
  const parsed = tryParseId(text);
  if (parsed?.kind !== kind) {
    throw badInput(field, `must be an id that starts with "${ID_PREFIX[kind]}_".`);
  }
  return parsed.uuid;
}

/** What a public id names. A ledger entry is named by its team and its number there. */
export interface ParsedId {
  readonly kind: IdKind;
  readonly uuid: Uuid;
  /** Of an entry: its number in the stream of the team `uuid`. */
  readonly seq?: bigint;
}

/** The kind and stored form of any public id, or undefined when the text is none. */
export function tryParseId(text: string): ParsedId | undefined {
  const prefix = text.slice(0, text.lastIndexOf('_'));
  const kind = (Object.keys(ID_PREFIX) as IdKind[]).find((candidate) => ID_PREFIX[candidate] === prefix);
  if (!kind) return undefined;
  try {
    return kind === 'entry' ? parseEntryId(text) : { kind, uuid: toUUID(fromString(text)) };
  } catch {
    return undefined;
  }
}

/** The public id of a posting, the entries of one business event: a name for them, not an object of the API. */
export function postingPublicId(uuid: Uuid): string {
  return TypeID.fromUUID('posting', uuid).toString();
}

const SEQ_DIGITS = 13;
const SEQ_BASE = 32;

/** The public id of a ledger entry: the team's as a TypeID, then the number in 13 digits of base 32. */
export function entryId(teamId: Uuid, seq: bigint): string {
  return publicId('entry', teamId) + seq.toString(SEQ_BASE).padStart(SEQ_DIGITS, '0');
}

function parseEntryId(text: string): ParsedId | undefined {
  const uuid = toUUID(fromString(text.slice(0, -SEQ_DIGITS)));
  let seq = 0n;
  for (const digit of text.slice(-SEQ_DIGITS)) {
    seq = seq * BigInt(SEQ_BASE) + BigInt(Number.parseInt(digit, SEQ_BASE));
  }
  return seq <= MAX_SEQ && entryId(uuid, seq) === text ? { kind: 'entry', uuid, seq } : undefined;
}

const MAX_SEQ = 2n ** 63n - 1n;
