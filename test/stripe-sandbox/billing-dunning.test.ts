import { expect, test } from 'vitest';
import { nextAttempt } from '../../src/stripe-sandbox/billing-dunning.ts';

const FAILED = Date.parse('2026-11-01T08:00:00Z') / 1000;

test.for([
  [1, '2026-11-04T08:00:00Z'],
  [2, '2026-11-06T08:00:00Z'],
  [3, '2026-11-08T08:00:00Z'],
] as const)('after failure %i a renewal is tried again at %s', ([failures, next]) => {
  expect(nextAttempt(FAILED, failures)).toBe(Date.parse(next) / 1000);
});

test('after the fourth failure it is not tried again', () => {
  expect(nextAttempt(FAILED, 4)).toBeUndefined();
});
