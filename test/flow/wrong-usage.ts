/** What is wrong, the members that make it so, the code it is refused with, and the place that is named. */
export type WrongUsage = readonly [title: string, changes: object, code: string, names: RegExp];

const quantity = (value: unknown) => ({ quantities: [{ meter: 'REQUEST', quantity: value }] });
const QUANTITY = /quantities\[0\]\.quantity/;

/** Quantities and parameters that nothing can be charged, held, reported or quoted for. */
export const WRONG_USAGE: readonly WrongUsage[] = [
  ['of an amount with ten decimals', quantity('0.0000000001'), 'INVALID_INPUT', /quantities/],
  ['of a negative amount', quantity('-1'), 'INVALID_INPUT', /quantities/],
  ['of a huge amount', quantity('1000000000000001'), 'INVALID_INPUT', /quantities/],
  [
    'of an amount that costs more than there is',
    { quantities: [{ meter: 'OUTPUT_TOKEN', quantity: '1000000000000000' }] },
    'INVALID_INPUT',
    /quantities/,
  ],
  ['of more digits than any number has', quantity('9'.repeat(61)), 'BAD_USER_INPUT', QUANTITY],
  ['of a huge exponent', quantity('1e400'), 'BAD_USER_INPUT', QUANTITY],
  ['of an exponent beyond all bounds', quantity('1e999999999'), 'BAD_USER_INPUT', QUANTITY],
  ['of a tiny exponent', quantity('1e-999'), 'BAD_USER_INPUT', QUANTITY],
  ['of NaN', quantity('NaN'), 'BAD_USER_INPUT', QUANTITY],
  ['of Infinity', quantity('Infinity'), 'BAD_USER_INPUT', QUANTITY],
  ['of a hexadecimal number', quantity('0x10'), 'BAD_USER_INPUT', QUANTITY],
  ['of a number with blanks', quantity(' 1 '), 'BAD_USER_INPUT', QUANTITY],
  ['of a float', quantity(0.1), 'BAD_USER_INPUT', QUANTITY],
  ['of true', quantity(true), 'BAD_USER_INPUT', QUANTITY],
  ['of nothing', quantity(null), 'BAD_USER_INPUT', QUANTITY],
  ['of no meter', { quantities: [] }, 'INVALID_INPUT', /quantities/],
  ['of an unknown meter', { quantities: [{ meter: 'WISHES', quantity: 1 }] }, 'BAD_USER_INPUT', /WISHES/],
  [
    'of a meter twice',
    { quantities: [1, 2].map((n) => ({ meter: 'REQUEST', quantity: n })) },
    'INVALID_INPUT',
    /quantities/,
  ],
  [
    'of a meter without a price',
    { quantities: [{ meter: 'GPU_SECOND', quantity: 1 }] },
    'NOT_PRICED',
    /model|GPU_SECOND/,
  ],
  [
    'with a parameter of an unknown value',
    { params: [{ name: 'SERVICE_TIER', value: 'free' }] },
    'INVALID_INPUT',
    /params/,
  ],
  [
    'with a parameter twice',
    { params: [1, 2].map(() => ({ name: 'SERVICE_TIER', value: 'batch' })) },
    'INVALID_INPUT',
    /params/,
  ],
  ['with an unknown parameter', { params: [{ name: 'MOOD', value: 'good' }] }, 'BAD_USER_INPUT', /MOOD/],
];

/** Keys, labels and names that nothing can be recorded under. */
export const WRONG_LABELS: readonly WrongUsage[] = [
  ['without a key', { idempotencyKey: '' }, 'INVALID_INPUT', /idempotencyKey/],
  ['with a key of 201 characters', { idempotencyKey: 'k'.repeat(201) }, 'INVALID_INPUT', /idempotencyKey/],
  ['with a key that holds U+0000', { idempotencyKey: 'a\0b' }, 'BAD_USER_INPUT', /variables/],
  [
    'with a tag that holds half of a surrogate pair',
    { tags: [{ name: 'a', value: '\ud83d' }] },
    'BAD_USER_INPUT',
    /variables/,
  ],
  [
    'with 17 tags',
    { tags: Array.from({ length: 17 }, (_, i) => ({ name: `t${i}`, value: '' })) },
    'INVALID_INPUT',
    /tags/,
  ],
  ['with a tag twice', { tags: [1, 2].map(() => ({ name: 'a', value: '' })) }, 'INVALID_INPUT', /tags/],
  [
    'with a tag of 257 characters',
    { tags: [{ name: 'a', value: 'x'.repeat(257) }] },
    'INVALID_INPUT',
    /tags/,
  ],
  ['with an unknown member of the input', { wish: '1' }, 'BAD_USER_INPUT', /wish/],
];
