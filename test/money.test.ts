import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal } from '../src/decimal.ts';
import { DomainError } from '../src/domain-error.ts';
import {
  addNano,
  formatCredits,
  MAX_NANO,
  minNano,
  type NanoCredits,
  parseCredits,
  roundToNano,
  splitNano,
} from '../src/money.ts';

const amounts = fc.bigInt({ min: -MAX_NANO, max: MAX_NANO });

function codeOf(work: () => unknown): { code: string; field: unknown } {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, field: error.details.field };
    throw error;
  }
  throw new Error('nothing was refused');
}

const refusedFor = (field: string) => ({ code: 'BAD_USER_INPUT', field });

describe('credits as text', () => {
  test.for<[string, NanoCredits]>([
    ['0', 0n],
    ['12.5', 12_500_000_000n],
    ['0.000000001', 1n],
    ['-0.000000001', -1n],
    ['1.10', 1_100_000_000n],
    ['9223372036.854775807', MAX_NANO],
    ['-9223372036.854775807', -MAX_NANO],
  ])('reads %s', ([text, nano]) => {
    expect(parseCredits(text)).toBe(nano);
  });

  test.for([
    '',
    ' 1',
    '1 ',
    '+1',
    '.5',
    '1.',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '1,5',
    '१',
    '--1',
    '1.0000000001',
    '0.00000000010',
    '9223372036.854775808',
    '-9223372036.854775808',
    '99999999999999999999',
    '1'.repeat(100),
  ])('refuses "%s" and names the field', (text) => {
    expect(codeOf(() => parseCredits(text, 'limit'))).toEqual(refusedFor('limit'));
  });

  test('takes ten places when the tenth says nothing', () => {
    expect(parseCredits('0.1000000000')).toBe(100_000_000n);
  });

  test('gives back every amount that it wrote', () => {
    fc.assert(fc.property(amounts, (nano) => parseCredits(formatCredits(nano)) === nano));
  });

  test.for<[NanoCredits, string]>([
    [0n, '0'],
    [1n, '0.000000001'],
    [-1n, '-0.000000001'],
    [100_000_000n, '0.1'],
    [10_000_000_000n, '10'],
    [-12_500_000_000n, '-12.5'],
    [MAX_NANO, '9223372036.854775807'],
  ])('writes %s n in its shortest form', ([nano, text]) => {
    expect(formatCredits(nano)).toBe(text);
  });
});

describe('rounding', () => {
  test.for<[string, NanoCredits]>([
    ['0.0000000004', 0n],
    ['0.00000000049999999999', 0n],
    ['0.0000000005', 1n],
    ['0.0000000015', 2n],
    ['0.0000000025', 3n],
    ['-0.0000000005', -1n],
    ['-0.0000000004', 0n],
    ['1.2345678915', 1_234_567_892n],
    ['3', 3_000_000_000n],
    ['2.5', 2_500_000_000n],
  ])('takes %s credits to the nearest nano-credit, halves away from zero', ([credits, nano]) => {
    expect(roundToNano(parseDecimal(credits))).toBe(nano);
  });

  test('is never off by more than half a nano-credit', () => {
    const decimals = fc.record({
      coefficient: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      scale: fc.integer({ min: 11, max: 25 }),
    });
    fc.assert(
      fc.property(decimals, (value) => {
        const one = 10n ** BigInt(value.scale);
        const off = roundToNano(value) * one - value.coefficient * 1_000_000_000n;
        return 2n * (off < 0n ? -off : off) <= one;
      }),
    );
  });

  test('refuses what does not fit into 64 bits', () => {
    expect(codeOf(() => roundToNano(parseDecimal('9223372036.8547758075'), 'charge'))).toEqual(
      refusedFor('charge'),
    );
    expect(codeOf(() => roundToNano(parseDecimal('1e20')))).toEqual(refusedFor('amount'));
  });
});

describe('splitting', () => {
  test.for<[NanoCredits, bigint[], NanoCredits[]]>([
    [10n, [1n, 1n, 1n], [4n, 3n, 3n]],
    [100n, [1n, 2n], [33n, 67n]],
    [5n, [0n, 0n], [3n, 2n]],
    [7n, [0n, 3n], [0n, 7n]],
    [0n, [1n, 2n], [0n, 0n]],
    [9n, [], []],
    // The remainders are 0.4, 0.4 and 0.2: the left-over unit goes to the first of the largest.
    [6n, [4n, 4n, 2n], [3n, 2n, 1n]],
  ])('gives %s in proportion to %s by largest remainder', ([total, weights, parts]) => {
    expect(splitNano(total, weights)).toEqual(parts);
  });

  test('gives parts that add up to the whole, each within one of its exact share', () => {
    const cases = fc.record({
      total: fc.bigInt({ min: 0n, max: MAX_NANO }),
      weights: fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(cases, ({ total, weights }) => {
        const parts = splitNano(total, weights);
        const sum = weights.reduce((a, b) => a + b, 0n) || BigInt(weights.length);
        const shares = weights.every((weight) => weight === 0n) ? weights.map(() => 1n) : weights;
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(total);
        parts.forEach((part, i) => {
          const off = part * sum - total * (shares[i] ?? 0n);
          expect(off < sum && off > -sum).toBe(true);
        });
      }),
    );
  });
});

describe('adding', () => {
  test('keeps to 64 bits', () => {
    expect(addNano(MAX_NANO - 1n, 1n)).toBe(MAX_NANO);
    expect(codeOf(() => addNano(MAX_NANO, 1n, 'grant'))).toEqual(refusedFor('grant'));
    expect(codeOf(() => addNano(-MAX_NANO, -1n))).toEqual(refusedFor('amount'));
  });

  test('tells the smaller of two amounts', () => {
    expect([minNano(2n, 1n), minNano(-1n, 1n), minNano(3n, 3n)]).toEqual([1n, -1n, 3n]);
  });
});
