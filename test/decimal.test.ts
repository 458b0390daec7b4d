import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecimal,
  compareDecimal,
  type Decimal,
  formatDecimal,
  multiplyDecimal,
  parseDecimal,
} from '../src/decimal.ts';
import { DomainError } from '../src/domain-error.ts';

const decimals: fc.Arbitrary<Decimal> = fc.record({
  coefficient: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
  scale: fc.integer({ min: 0, max: 25 }),
});

/** The value times 10^60, to compare by. */
function scaled({ coefficient, scale }: Decimal): bigint {
  return coefficient * 10n ** BigInt(60 - scale);
}

describe('decimals as text', () => {
  test.for([
    ['12', '12'],
    ['0.25', '0.25'],
    ['2.5e-9', '0.0000000025'],
    ['2.50E-09', '0.0000000025'],
    ['1e3', '1000'],
    ['1.5e1', '15'],
    ['-0.10', '-0.1'],
    ['+7', '7'],
    ['007.50', '7.5'],
    ['-0', '0'],
  ])('reads %s exactly, and writes it as %s', ([text = '', plain]) => {
    expect(formatDecimal(parseDecimal(text))).toBe(plain);
  });

  test.for([
    '',
    'abc',
    '1.',
    '.5',
    '1..2',
    '1e',
    '1e1.5',
    '0x1f',
    'NaN',
    'Infinity',
    '1_000',
    ' 1',
    '1e61',
    '1e-61',
    '1e9999',
    '9'.repeat(61),
  ])('refuses "%s" and names the field', (text) => {
    const read = () => parseDecimal(text, 'unitPrice');
    expect(read).toThrow(DomainError);
    expect(read).toThrow(/^unitPrice: /);
  });

  test('give back every value that they wrote', () => {
    fc.assert(fc.property(decimals, (value) => scaled(parseDecimal(formatDecimal(value))) === scaled(value)));
  });
});

describe('arithmetic', () => {
  test('adds, multiplies and compares exactly, whatever the scales', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(scaled(addDecimal(a, b))).toBe(scaled(a) + scaled(b));
        expect(scaled(multiplyDecimal(a, b))).toBe((scaled(a) * scaled(b)) / 10n ** 60n);
        expect(Math.sign(compareDecimal(a, b))).toBe(
          scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0,
        );
      }),
    );
  });

  test('adds 0.1 and 0.2 to 0.3', () => {
    expect(formatDecimal(addDecimal(parseDecimal('0.1'), parseDecimal('0.2')))).toBe('0.3');
  });
});
