import { badInput } from '../domain-error.ts';

/** What a column of a keyset holds. */
export type KeyPart = 'text' | 'uuid' | 'int8' | 'instant';

/** The columns that order a list, most significant first; together they are unique. */
export interface Keyset<P extends readonly KeyPart[] = readonly KeyPart[]> {
  /** Names the list and its order, so that the cursor of another list is refused. */
  readonly name: string;
  readonly parts: P;
}

type KeyValue<K> = K extends 'int8' ? bigint : K extends 'instant' ? Date : string;

/** The values of a row in the columns of its keyset. */
export type Key<P extends readonly KeyPart[]> = { readonly [I in keyof P]: KeyValue<P[I]> };

/** Declares an order: `keyset('grants.expiry', 'instant', 'uuid')`. */
export function keyset<const P extends readonly KeyPart[]>(name: string, ...parts: P): Keyset<P> {
  return { name, parts };
}

/** The opaque cursor of the row that has `key`. */
export function encodeCursor<P extends readonly KeyPart[]>(order: Keyset<P>, key: Key<P>): string {
  const texts = key.map((value) => (value instanceof Date ? value.toISOString() : String(value)));
  return Buffer.from(JSON.stringify([order.name, ...texts])).toString('base64url');
}

/**
 * The keyset values in a cursor.
 * @throws DomainError BAD_USER_INPUT naming `field` when it is not a cursor of this list and order.
 */
export function decodeCursor<P extends readonly KeyPart[]>(
  order: Keyset<P>,
  cursor: string,
  field: string,
): Key<P> {
  const texts = textsOf(cursor);
  const [name, ...values] = texts ?? [];
  const key = order.parts.map((part, index) => readPart(part, values[index]));
  // One value for each part, of the part's type; the comparison below proves it for this cursor.
  const typed = key as unknown as Key<P>;
  const complete = name === order.name && !key.includes(undefined);
  if (!complete || encodeCursor(order, typed) !== cursor) {
    throw badInput(field, 'must be a cursor that a page of this list, in this order, answered.');
  }
  return typed;
}

function textsOf(cursor: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const INT8_MIN = -(2n ** 63n);
const INT8_MAX = 2n ** 63n - 1n;

function readPart(part: KeyPart, text: string | undefined): string | bigint | Date | undefined {
  if (text === undefined) return undefined;
  if (part === 'int8') return readInt8(text);
  if (part === 'instant') return readInstant(text);
  if (part === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;
  return text.includes('\0') ? undefined : text;
}

function readInt8(text: string): bigint | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < INT8_MIN || value > INT8_MAX ? undefined : value;
}

function readInstant(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text)) return undefined;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
