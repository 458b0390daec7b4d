import { GraphQLScalarType, type GraphQLScalarTypeConfig, Kind, type ValueNode } from 'graphql';
import { type Decimal, formatDecimal, parseDecimal } from '../decimal.ts';
import { assert, badInput, DomainError } from '../domain-error.ts';
import { formatCredits, type NanoCredits, parseCredits } from '../money.ts';

const MAX_SEQUENCE = 2n ** 63n - 1n;
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Credits as a decimal string with at most 9 places; `bigint` nano-credits inside. */
export const CreditsScalar = textScalar<NanoCredits>({
  name: 'Credits',
  description:
    'An amount of credits as a decimal string with at most 9 places after the point, such as "12.5". One credit is one US dollar.',
  read: (text) => parseCredits(text, 'Credits'),
  write: (value) => {
    assert(typeof value === 'bigint', 'Credits are nano-credits as a bigint');
    return formatCredits(value);
  },
});

/** A 64-bit sequence number as a decimal string; `bigint` inside. */
export const SequenceScalar = textScalar<bigint>({
  name: 'Sequence',
  description:
    'A position in a numbered series of changes: a 64-bit whole number as a decimal string, such as "1024". Compare it as a number, not as text.',
  read: readSequence,
  write: (value) => {
    assert(typeof value === 'bigint', 'a Sequence is a bigint');
    return value.toString();
  },
});

/** An exact decimal: text such as `"0.25"` or a whole number; `Decimal` inside. */
export const DecimalScalar = textScalar<Decimal>({
  name: 'Decimal',
  description:
    'An exact decimal number. It is answered as a string such as "0.0000025", and taken as such a string or as a whole number.',
  acceptsInteger: true,
  read: (text) => parseDecimal(text, 'Decimal'),
  write: (value) => formatDecimal(asDecimal(value)),
});

/** An instant: RFC 3339 with an offset; `Date` inside. */
export const DateTimeScalar = textScalar<Date>({
  name: 'DateTime',
  description:
    'An instant as RFC 3339 has it, such as "2026-11-21T09:30:00.000Z". It is answered in UTC with milliseconds; input needs a "Z" or an offset, and digits finer than a millisecond are cut off.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  read: readDateTime,
  write: (value) => {
    assert(value instanceof Date, 'a DateTime is a Date');
    return value.toISOString();
  },
});

/** A place in a connection. Opaque: base64url text that only `connection.ts` reads. */
export const CursorScalar = textScalar<string>({
  name: 'Cursor',
  description: 'A place in a list. Opaque: pass on what an earlier page answered, unchanged.',
  read: (text) => {
    if (!/^[A-Za-z0-9_-]{1,1024}$/.test(text))
      throw badInput('Cursor', 'must be a cursor that an earlier page answered.');
    return text;
  },
  write: (value) => {
    assert(typeof value === 'string', 'a Cursor is text');
    return value;
  },
});

interface TextScalar<T> {
  readonly name: string;
  readonly description: string;
  readonly specifiedByURL?: string;
  /** Whether a whole number is taken beside a string. */
  readonly acceptsInteger?: boolean;
  /** @throws DomainError BAD_USER_INPUT that says what would be right. */
  readonly read: (text: string) => T;
  readonly write: (value: unknown) => string;
}

function textScalar<T>(spec: TextScalar<T>): GraphQLScalarType<T, string> {
  const config: GraphQLScalarTypeConfig<T, string> = {
    name: spec.name,
    description: spec.description,
    specifiedByURL: spec.specifiedByURL,
    serialize: spec.write,
    parseValue: (value) => readText(spec, textOf(spec, value)),
    parseLiteral: (node) => readText(spec, textOfLiteral(spec, node)),
  };
  return new GraphQLScalarType(config);
}

/** Details would name the scalar as the field; graphql-js puts the place of the value into the message. */
function readText<T>(spec: TextScalar<T>, text: string): T {
  try {
    return spec.read(text);
  } catch (error) {
    throw error instanceof DomainError ? new DomainError(error.code, error.message) : error;
  }
}

function textOf(spec: TextScalar<unknown>, value: unknown): string {
  if (typeof value === 'string') return value;
  if (spec.acceptsInteger && Number.isSafeInteger(value)) return String(value);
  throw wrongKind(spec);
}

function textOfLiteral(spec: TextScalar<unknown>, node: ValueNode): string {
  if (node.kind === Kind.STRING) return node.value;
  if (spec.acceptsInteger && node.kind === Kind.INT) return node.value;
  throw wrongKind(spec);
}

function wrongKind(spec: TextScalar<unknown>): Error {
  return badInput(
    spec.name,
    spec.acceptsInteger ? 'must be a string or a whole number.' : 'must be a string.',
  );
}

function asDecimal(value: unknown): Decimal {
  const decimal = typeof value === 'object' && value !== null && 'coefficient' in value && 'scale' in value;
  assert(decimal, 'a Decimal is a coefficient and a scale');
  // Checked above to have the members of a Decimal.
  return value as Decimal;
}

function readSequence(text: string): bigint {
  const value = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value > MAX_SEQUENCE) {
    throw badInput('Sequence', 'must be a whole number from 0 to 2^63 - 1 as a string, such as "1024".');
  }
  return value;
}

function readDateTime(text: string): Date {
  const match = DATE_TIME.exec(text);
  if (!match) throw badDateTime();
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match;
  const local = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  );
  // Date.parse moves 30 February to March and takes 24:00; the text of the result tells.
  if (Number.isNaN(local) || !sameDayAndHour(local, text)) throw badDateTime();
  const offset = offsetMs(sign, Number(offsetHour ?? 0), Number(offsetMinute ?? 0));
  const instant = local - offset;
  if (instant < EARLIEST_MS || instant > LATEST_MS) throw badDateTime();
  return new Date(instant);
}

function sameDayAndHour(ms: number, text: string): boolean {
  return new Date(ms).toISOString().slice(0, 13) === text.slice(0, 13).toUpperCase();
}

function offsetMs(sign: string | undefined, hours: number, minutes: number): number {
  if (hours > 23 || minutes > 59) throw badDateTime();
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function badDateTime(): Error {
  return badInput(
    'DateTime',
    'must be an existing date and time with an offset, such as "2026-11-21T09:30:00Z".',
  );
}
