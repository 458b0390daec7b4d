import { expect, test } from 'vitest';
import { percentile } from '../../replay/percentile.ts';
import { dueAfterMs, occurredAt } from '../../replay/timing.ts';

const ANCHOR = Date.parse('2026-11-21T12:00:00Z');
const at = (speed: number, offsetMs: number) =>
  occurredAt({ speed, anchorMs: ANCHOR, durationMs: 60_000 }, offsetMs).toISOString();

test('as fast as possible, the trace ended when the run began', () => {
  expect(at(0, 0)).toBe('2026-11-21T11:59:00.000Z');
  expect(at(0, 60_000)).toBe('2026-11-21T12:00:00.000Z');
  expect(dueAfterMs({ speed: 0, anchorMs: ANCHOR, durationMs: 60_000 }, 30_000)).toBe(0);
});

test.for([
  [1, 30_000, '2026-11-21T12:00:30.000Z'],
  [10, 3_000, '2026-11-21T12:00:03.000Z'],
] as const)('at speed %i the rhythm is kept from the beginning of the run on', ([speed, due, occurred]) => {
  expect(at(speed, 30_000)).toBe(occurred);
  expect(dueAfterMs({ speed, anchorMs: ANCHOR, durationMs: 60_000 }, 30_000)).toBe(due);
});

test('percentiles are values that occurred', () => {
  const sorted = Array.from({ length: 200 }, (_, i) => i + 1);
  expect([50, 90, 99, 100].map((percent) => percentile(sorted, percent))).toEqual([100, 180, 198, 200]);
  expect(percentile([7], 50)).toBe(7);
  expect(percentile([], 99)).toBe(0);
});
