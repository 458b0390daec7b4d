import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newUuid } from '../../src/id.ts';
import {
  type MethodFacts,
  methodChanges,
  nextDefault,
  nextLookAt,
  type StoredMethod,
} from '../../src/payments/payment-method.ts';

const START = Date.UTC(2026, 10, 10);
const MINUTE = 60_000;

function facts(stripeId: string, other: Partial<MethodFacts> = {}): MethodFacts {
  return {
    ...{ stripeId, type: 'card', brand: 'visa', last4: '4242', expMonth: 12, expYear: 2030 },
    ...{ wallet: null, fingerprint: 'f', ...other },
  };
}

function stored(stripeId: string, other: Partial<StoredMethod> = {}): StoredMethod {
  return {
    ...facts(stripeId),
    ...{ teamId: newUuid(), id: stripeId, isDefault: false, createdAt: new Date(START) },
    ...{ removedAt: null, detachDue: false, ...other },
  };
}

describe('what Stripe lists', () => {
  test('is compared with the copy: new ones oldest first, changed ones, and those that are gone', () => {
    const copy = [stored('a'), stored('b'), stored('c')];
    const listed = [facts('e'), facts('d'), facts('b', { expYear: 2031 }), facts('a')];
    expect(methodChanges(copy, listed)).toEqual({
      added: [facts('d'), facts('e')],
      changed: [{ id: 'b', facts: facts('b', { expYear: 2031 }) }],
      gone: ['c'],
    });
  });

  test('does not bring back what was removed here while Stripe has still to be told', () => {
    const copy = [stored('a', { removedAt: new Date(START), detachDue: true })];
    expect(methodChanges(copy, [facts('a')])).toEqual({ added: [], changed: [], gone: [] });
    expect(methodChanges(copy, [])).toEqual({ added: [], changed: [], gone: ['a'] });
  });

  test('brings back what it lists again', () => {
    const copy = [stored('a', { removedAt: new Date(START) })];
    expect(methodChanges(copy, [facts('a')])).toEqual({
      added: [],
      changed: [{ id: 'a', facts: facts('a') }],
      gone: [],
    });
  });

  test('changes nothing when it is what the copy has, whatever that is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), (names) => {
        const copy = names.map((name) => stored(name));
        const listed = names.map((name) => facts(name)).reverse();
        expect(methodChanges(copy, listed)).toEqual({ added: [], changed: [], gone: [] });
      }),
    );
  });
});

test('the first method becomes the default, and after a removal the newest', () => {
  expect(nextDefault(['a', 'b', 'c'], false)).toBe('a');
  expect(nextDefault(['a', 'b', 'c'], true)).toBe('c');
  expect(nextDefault([], true)).toBeUndefined();
});

describe('Stripe is asked what became of something', () => {
  const looks = (lastsMs: number): number[] => {
    const watch = { begunAt: new Date(START), until: new Date(START + lastsMs) };
    const at: number[] = [];
    for (let next = nextLookAt(watch, watch.begunAt); next; next = nextLookAt(watch, next))
      at.push((next.getTime() - START) / MINUTE);
    return at;
  };

  test('after two minutes, then after twice the time each, and for the last time at the end', () => {
    expect(looks(2 * MINUTE)).toEqual([2]);
    expect(looks(24 * 60 * MINUTE)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440]);
  });

  test('at the end always, and never beyond it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (ms) => {
        const all = looks(ms);
        expect(all.at(-1)).toBe(ms / MINUTE);
        expect(all).toEqual([...all].sort((a, b) => a - b));
      }),
    );
  });
});
