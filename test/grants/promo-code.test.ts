import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import {
  codeFrom,
  normalCode,
  type PromoCode,
  promoExpiry,
  promoRefusal,
  type Redeemer,
} from '../../src/grants/promo-code.ts';
import { guessersOf, networkOf } from '../../src/grants/promo-guessers.ts';
import { newUuid } from '../../src/id.ts';

const AT = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const at = (days: number) => new Date(AT + days * DAY);

describe('the way a code is written', () => {
  test.for<[string, string]>([
    ['welcome', 'WELCOME'],
    ['  Welcome-26\t', 'WELCOME-26'],
    ['a_1', 'A_1'],
  ])('is one for all ways to type it: %j', ([typed, code]) => {
    expect(normalCode(typed)).toBe(code);
  });

  test.for(['', '  ', 'ab', '-abc', 'a b c', 'käse', 'ﬁve-five', 'a\0bc', 'x'.repeat(41), ' '.repeat(201)])(
    'is none for %j',
    (typed) => {
      expect(normalCode(typed)).toBeUndefined();
    },
  );

  test('stays as it is when it is made by us, of whatever random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (bytes) => {
        const code = codeFrom(bytes);
        expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$/);
        expect(normalCode(code.toLowerCase())).toBe(code);
      }),
    );
  });
});

describe('the expiry of the credit', () => {
  test.for<[string, Date | null, number | null, Date | undefined]>([
    ['never', null, null, undefined],
    ['an instant', at(9), null, at(9)],
    ['so many days later', null, 30, at(30)],
    ['the instant when that is earlier', at(9), 30, at(9)],
    ['the days when those are earlier', at(90), 30, at(30)],
  ])('is %s', ([, grantExpiresAt, grantLastsDays, expiry]) => {
    expect(promoExpiry({ grantExpiresAt, grantLastsDays }, AT)).toEqual(expiry);
  });
});

const CODE: PromoCode = {
  id: newUuid(),
  code: 'CODE',
  amountNano: 1n,
  scope: { product: null, modelId: null, gpuType: null },
  priority: 50,
  startsAt: at(0),
  endsAt: null,
  grantExpiresAt: null,
  grantLastsDays: null,
  maxRedemptions: null,
  eligiblePlans: [],
  firstPurchaseOnly: false,
  redemptions: 0,
  createdAt: at(0),
  actor: SYSTEM_ACTOR,
  reason: 'test',
};
const TEAM: Redeemer = { hasRedeemed: false, hasPurchased: false, plans: [] };

describe('whether a team may redeem a code', () => {
  test.for<[string, Partial<PromoCode>, Partial<Redeemer>, string | undefined]>([
    ['from the very instant it starts', {}, {}, undefined],
    ['not before', { startsAt: new Date(AT + 1) }, {}, 'INVALID'],
    ['until just before it ends', { endsAt: new Date(AT + 1) }, {}, undefined],
    ['not when it ends', { endsAt: at(0) }, {}, 'EXPIRED'],
    ['not when its credit would have expired', { grantExpiresAt: at(0), grantLastsDays: 3 }, {}, 'EXPIRED'],
    ['once', {}, { hasRedeemed: true }, 'ALREADY_REDEEMED'],
    ['once, and is told so when it has ended', { endsAt: at(0) }, { hasRedeemed: true }, 'ALREADY_REDEEMED'],
    ['on one of its plans', { eligiblePlans: ['a', 'b'] }, { plans: ['c', 'b'] }, undefined],
    ['on no other plan', { eligiblePlans: ['a', 'b'] }, { plans: ['c'] }, 'NOT_ELIGIBLE'],
    ['without a plan only if it is for all', { eligiblePlans: ['a'] }, {}, 'NOT_ELIGIBLE'],
    ['before its first purchase', { firstPurchaseOnly: true }, {}, undefined],
    ['not after it', { firstPurchaseOnly: true }, { hasPurchased: true }, 'NOT_ELIGIBLE'],
    ['after it, when that does not matter', {}, { hasPurchased: true }, undefined],
  ])('%s', ([, promo, team, refusal]) => {
    expect(promoRefusal({ ...CODE, ...promo }, { ...TEAM, ...team }, AT)).toBe(refusal);
  });
});

describe('the network that a guess comes from', () => {
  test.for<[string, string]>([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::2:3:4:5:6', '1:0:0:2::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('of %s is %s', ([address, network]) => {
    expect(networkOf(address)).toBe(network);
  });

  test.for(['', 'localhost', '/run/socket', '1.2.3', '1:2'])('is none for %j', (address) => {
    expect(networkOf(address)).toBeUndefined();
    expect(guessersOf('u', address)).toHaveLength(1);
  });
});
