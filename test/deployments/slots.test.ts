import { describe, expect, test } from 'vitest';
import type { DeploymentSlot } from '../../src/deployments/deployment.ts';
import {
  chooseSlots,
  hourStart,
  hoursBegun,
  isUnsecured,
  nextLookAt,
  slotDueMs,
} from '../../src/deployments/slots.ts';

const MINUTE = 60_000;
const at = (minutes: number) => new Date(minutes * MINUTE);
const TYPE = 'type';

function slot(number: number, facts: Partial<DeploymentSlot> = {}): DeploymentSlot {
  return {
    ...{ teamId: 'team', deploymentId: 'deployment', instanceTypeId: TYPE, slot: number, active: false },
    ...{ hourAt: null, paidUntil: null, chargeId: null, holdId: null, dueAt: null },
    ...facts,
  };
}

describe('which slots run', () => {
  const paid = (number: number, minutes: number) => slot(number, { paidUntil: at(minutes) });
  const active = (number: number, minutes: number) => ({ ...paid(number, minutes), active: true });

  test.for<[title: string, slots: DeploymentSlot[], count: number, chosen: number[]]>([
    ['the lowest numbers at first', [], 3, [1, 2, 3]],
    ['those that run, and the lowest that is free', [active(1, 70), active(3, 70)], 3, [1, 2, 3]],
    ['of too many the highest go', [active(1, 70), active(2, 90), active(3, 99)], 2, [1, 2]],
    ['one with a paid hour before one without', [active(1, 70), paid(2, 59), paid(3, 61)], 2, [1, 3]],
    ['the one that is paid longest first', [active(1, 70), paid(2, 61), paid(3, 62)], 2, [1, 3]],
    ['an hour that ends now is no paid hour', [active(1, 70), paid(2, 50), paid(3, 60)], 2, [1, 2]],
    ['a paid hour of another type counts for nothing', [{ ...paid(2, 99), instanceTypeId: 'other' }], 1, [1]],
    ['after all were paused, those with a paid hour', [paid(1, 59), paid(2, 61), paid(3, 70)], 2, [2, 3]],
  ])('%s', ([, slots, count, chosen]) => {
    expect(chooseSlots(slots, TYPE, count, 60 * MINUTE)).toEqual(chosen);
  });
});

describe('when the loop looks at a slot', () => {
  test.for([
    [0, 45],
    [44.999, 45],
    [45, 55],
    [54, 55],
    [55, 59],
    [59, 60],
    [59.9, 60],
    [61, 60],
  ])('after an attempt at minute %f: at minute %f', ([after = 0, next = 0]) => {
    expect(nextLookAt(at(60), after * MINUTE)).toEqual(at(next));
  });

  test.for<[title: string, facts: Partial<DeploymentSlot>, due: number | undefined]>([
    ['not before it is due', { dueAt: at(51) }, undefined],
    ['when it is due', { dueAt: at(50) }, 50],
    ['not while it rests', { dueAt: at(45), active: false }, undefined],
    ['once its hour is over at the end of that', { dueAt: at(25), paidUntil: at(40) }, 40],
  ])('%s', ([, facts, due]) => {
    const looked = slot(1, { active: true, paidUntil: at(60), ...facts });
    expect(slotDueMs(looked, 50 * MINUTE)).toBe(due === undefined ? undefined : due * MINUTE);
  });
});

test('a slot is unsecured from the first attempt that failed until one succeeds', () => {
  const paid = { active: true, paidUntil: at(60) };
  expect(isUnsecured(slot(1, { ...paid, dueAt: at(45) }))).toBe(false);
  expect(isUnsecured(slot(1, { ...paid, dueAt: at(55) }))).toBe(true);
  expect(isUnsecured(slot(1, { ...paid, dueAt: at(60) }))).toBe(true);
  expect(isUnsecured(slot(1, { ...paid, dueAt: at(60), holdId: 'hold' }))).toBe(false);
  expect(isUnsecured(slot(1, { ...paid, active: false }))).toBe(false);
});

test('an hour that was given back is never begun again at the same instant', () => {
  expect(hourStart(slot(1), 5)).toEqual(new Date(5));
  expect(hourStart(slot(1, { hourAt: new Date(4) }), 5)).toEqual(new Date(5));
  expect(hourStart(slot(1, { hourAt: new Date(5) }), 5)).toEqual(new Date(6));
});

test('the hours that machines have run in do not include one that begins now', () => {
  expect(hoursBegun(at(10), 130 * MINUTE)).toEqual([at(10), at(70)]);
  expect(hoursBegun(at(10), 130 * MINUTE + 1)).toEqual([at(10), at(70), at(130)]);
  expect(hoursBegun(at(10), 9 * MINUTE)).toEqual([]);
});
