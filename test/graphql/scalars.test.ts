import { graphql } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  CreditsScalar,
  CursorScalar,
  DateTimeScalar,
  DecimalScalar,
  SequenceScalar,
} from '../../src/graphql/scalars.ts';
import { sampleSchema } from './sample-schema.ts';

const { schema } = sampleSchema();

/** Gives a value as a literal, and as a variable: both ways must agree. */
async function bothWays(argument: string, type: string, value: unknown): Promise<(string | undefined)[]> {
  const literal = await graphql({ schema, source: `{ scalars(${argument}: ${JSON.stringify(value)}) }` });
  const source = `query ($value: ${type}) { scalars(${argument}: $value) }`;
  const variable = await graphql({ schema, source, variableValues: { value } });
  return [literal, variable].map(({ data, errors }) => errors?.[0]?.message ?? String(data?.scalars));
}

describe('Credits', () => {
  test.for([
    ['12.5', '12500000000'],
    ['0.000000001', '1'],
    ['-3', '-3000000000'],
  ] as const)('reads %s exactly', async ([text, result]) => {
    expect(await bothWays('credits', 'Credits', text)).toEqual([result, result]);
  });

  test.for([
    ['0.0000000001', 'at most 9 decimal places'],
    ['1e3', 'decimal string such as "12.5"'],
    ['', 'decimal string such as "12.5"'],
    ['99999999999', '9223372036.854775807 credits'],
    [5, 'must be a string'],
    [0.1, 'must be a string'],
    [true, 'must be a string'],
  ] as const)('refuses %s and says what would be right', async ([value, message]) => {
    for (const answer of await bothWays('credits', 'Credits', value)) expect(answer).toContain(message);
  });

  test('are written as the shortest decimal', () => {
    expect(CreditsScalar.serialize(12_500_000_000n)).toBe('12.5');
    expect(() => CreditsScalar.serialize(12.5)).toThrow('bigint');
  });
});

describe('Sequence', () => {
  test.for(['0', '1024', '9223372036854775807'])('reads %s', async (text) => {
    expect(await bothWays('sequence', 'Sequence', text)).toEqual([text, text]);
  });

  test.for(['-1', '9223372036854775808', '1.0', 'x', 7, ''])('refuses %s', async (value) => {
    for (const answer of await bothWays('sequence', 'Sequence', value))
      expect(answer).toMatch(/must be a (whole|string)/);
  });

  test('is written as text, beyond what a double can hold', () => {
    expect(SequenceScalar.serialize(9_223_372_036_854_775_807n)).toBe('9223372036854775807');
    expect(() => SequenceScalar.serialize(7)).toThrow('bigint');
  });
});

describe('Decimal', () => {
  test.for([
    ['0.25', '25 2'],
    ['2.5e-9', '25 10'],
    [1000, '1000 0'],
    [-7, '-7 0'],
  ] as const)('reads %s exactly', async ([value, result]) => {
    expect(await bothWays('decimal', 'Decimal', value)).toEqual([result, result]);
  });

  test.for([0.1, 'NaN', '0x10', true])('refuses %s', async (value) => {
    for (const answer of await bothWays('decimal', 'Decimal', value))
      expect(answer).toContain('Decimal: must be');
  });

  test('is written without an exponent', () => {
    expect(DecimalScalar.serialize({ coefficient: 25n, scale: 10 })).toBe('0.0000000025');
    expect(() => DecimalScalar.serialize(0.1)).toThrow('coefficient');
  });
});

describe('DateTime', () => {
  test.for([
    ['2026-11-21T09:30:00Z', '2026-11-21T09:30:00.000Z'],
    ['2026-11-21t09:30:00.5z', '2026-11-21T09:30:00.500Z'],
    ['2026-11-21T09:30:00.123456789+02:00', '2026-11-21T07:30:00.123Z'],
    ['2024-02-29T23:59:59-00:30', '2024-03-01T00:29:59.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ] as const)('reads %s', async ([text, instant]) => {
    expect(await bothWays('at', 'DateTime', text)).toEqual([instant, instant]);
  });

  test.for([
    '2026-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T09:60:00Z',
    '2026-11-21T09:30:60Z',
    '2026-11-21T09:30:00',
    '2026-11-21',
    '2026-11-21T09:30:00+24:00',
    '2026-11-21T09:30:00+02:60',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '+12026-11-21T09:30:00Z',
    1_795_000_000,
  ])('refuses %s', async (value) => {
    for (const answer of await bothWays('at', 'DateTime', value))
      expect(answer).toContain('DateTime: must be');
  });

  test('is written in UTC with milliseconds', () => {
    expect(DateTimeScalar.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(() => DateTimeScalar.serialize('1970-01-01')).toThrow('Date');
  });
});

describe('Cursor', () => {
  test('is passed on as it is', async () => {
    expect(await bothWays('cursor', 'Cursor', 'eyJ_-9')).toEqual(['eyJ_-9', 'eyJ_-9']);
    expect(CursorScalar.serialize('eyJ')).toBe('eyJ');
  });

  test.for(['', 'a b', 'a+b/=', 'x'.repeat(1025), 1])('refuses %s', async (value) => {
    for (const answer of await bothWays('cursor', 'Cursor', value))
      expect(answer).toContain('Cursor: must be');
  });
});
