import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cardByNumber,
  fingerprint,
  isCardNumber,
  judgeCharge,
  namedCards,
} from '../../src/stripe-sandbox/cards.ts';
import { hits } from '../../src/stripe-sandbox/faults.ts';
import { Params } from '../../src/stripe-sandbox/params.ts';

describe('test cards', () => {
  test.for(namedCards())('%s has a number that checks out, and is found by it', ([, card]) => {
    expect(isCardNumber(card.number)).toBe(true);
    expect(cardByNumber(card.number)?.number).toBe(card.number);
    expect(fingerprint(card.number)).toMatch(/^[A-Za-z0-9]{16}$/);
  });

  test('a number with one digit changed never checks out', () => {
    const changed = fc.record({
      number: fc.constantFrom(...namedCards().map(([, { number }]) => number)),
      at: fc.nat(12),
      by: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(changed, ({ number, at, by }) => {
        const digit = (Number(number[at]) + by) % 10;
        expect(isCardNumber(`${number.slice(0, at)}${digit}${number.slice(at + 1)}`)).toBe(false);
      }),
    );
  });

  test.for(namedCards())('%s never waits for a holder who is not there', ([, card]) => {
    for (const setUp of [true, false]) {
      expect(judgeCharge(card, { offSession: true, setUp })).not.toBe('authenticate');
    }
  });
});

describe('the target of a fault', () => {
  test.for([
    ['*', 'POST /v1/payment_intents', true],
    ['POST /v1/payment_intents', 'POST /v1/payment_intents', true],
    ['POST /v1/payment_intents', 'POST /v1/payment_intents/pi_1/confirm', false],
    ['POST /v1/payment_intents/:id/confirm', 'POST /v1/payment_intents/pi_1/confirm', true],
    ['POST /v1/payment_intents/:id', 'POST /v1/payment_intents/pi_1/confirm', false],
    ['payment_intent.*', 'payment_intent.succeeded', true],
    ['payment_intent.succeeded', 'payment_intentXsucceeded', false],
    ['(', '(', true],
  ] as const)('%s means %s: %s', ([target, what, expected]) => {
    expect(hits(target, what)).toBe(expected);
  });
});

describe('parameters', () => {
  test.for([
    ['an integer', () => new Params({ a: '1e3' }).integer('a'), 'Invalid integer: 1e3'],
    ['a missing text', () => new Params({ a: '' }).required('a'), 'Missing required param: a.'],
    ['a boolean', () => new Params({ a: 'yes' }).boolean('a'), 'Invalid boolean: yes'],
    ['a text that is a list', () => new Params({ a: ['x'] }).optional('a'), 'Invalid string'],
    ['a part that is a text', () => new Params({ a: 'x' }).part('a'), 'Invalid object'],
    [
      'metadata in metadata',
      () => new Params({ metadata: { a: { b: 'c' } } }).metadata(),
      'Metadata values must be strings.',
    ],
  ] as const)('%s is refused', ([, read, message]) => {
    expect(read).toThrow(message);
  });

  test('that nobody reads are refused, wherever they are', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,8}$/), (name) => {
        const params = new Params({ known: { also: '1', [`${name}_x`]: '2' } });
        params.part('known')?.optional('also');
        expect(() => params.demandAllRead()).toThrow(`Received unknown parameter: known[${name}_x]`);
      }),
    );
  });
});
