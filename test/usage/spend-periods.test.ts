import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKET_MS, bucketOf, type Period, periodsAt } from '../../src/usage/spend-periods.ts';

const HOUR = 3_600_000;
const asText = ({ startMs, endMs }: Period) => [
  new Date(startMs).toISOString(),
  new Date(endMs).toISOString(),
];

/** Zones with whole, half and quarter hours, changes at midnight and at other hours, by one hour and by half of one. */
const ZONES = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Havana', 'America/Santiago', 'Africa/Cairo'],
  ...[
    'Asia/Beirut',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
    'Pacific/Apia',
  ],
  ...['Atlantic/Azores', 'Africa/Casablanca', 'America/Asuncion'],
];

describe('the periods around an instant', () => {
  test.for([
    [
      'UTC',
      '2026-11-21T23:10:00Z',
      '2026-11-21T23:00:00.000Z',
      '2026-11-21T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
    ],
    [
      'Asia/Kathmandu',
      '2026-01-31T18:20:00Z',
      '2026-01-31T18:15:00.000Z',
      '2026-01-31T18:15:00.000Z',
      '2026-01-31T18:15:00.000Z',
    ],
    [
      'Asia/Kolkata',
      '2026-03-01T12:00:00Z',
      '2026-03-01T11:30:00.000Z',
      '2026-02-28T18:30:00.000Z',
      '2026-02-28T18:30:00.000Z',
    ],
    [
      'America/New_York',
      '2028-03-01T04:59:59.999Z',
      '2028-03-01T04:00:00.000Z',
      '2028-02-29T05:00:00.000Z',
      '2028-02-01T05:00:00.000Z',
    ],
    [
      'Pacific/Chatham',
      '2026-07-01T00:00:00Z',
      '2026-06-30T23:15:00.000Z',
      '2026-06-30T11:15:00.000Z',
      '2026-06-30T11:15:00.000Z',
    ],
  ] as const)('in %s at %s start where its clocks say', ([zone, at, hour, day, month]) => {
    const periods = periodsAt(Date.parse(at), zone);
    const starts = [periods.hour, periods.day, periods.month].map(({ startMs }) =>
      new Date(startMs).toISOString(),
    );
    expect(starts).toEqual([hour, day, month]);
  });

  test('are exact when clocks are moved', () => {
    const day = (at: string, zone: string) => asText(periodsAt(Date.parse(at), zone).day);
    expect(day('2026-03-29T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(day('2026-10-25T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    // Midnight does not exist: the day starts at 01:00.
    expect(day('2026-04-24T12:00:00Z', 'Africa/Cairo')).toEqual([
      '2026-04-23T22:00:00.000Z',
      '2026-04-24T21:00:00.000Z',
    ]);
    const hour = (at: string, zone: string) => asText(periodsAt(Date.parse(at), zone).hour);
    // 02:00 to 03:00 is passed twice, and is two hours.
    expect(hour('2026-10-25T00:30:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
    ]);
    expect(hour('2026-10-25T01:30:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
    // Clocks go back from 02:00 to 01:30: what follows is half an hour of another offset.
    expect(hour('2026-04-04T15:10:00Z', 'Australia/Lord_Howe')).toEqual([
      '2026-04-04T15:00:00.000Z',
      '2026-04-04T15:30:00.000Z',
    ]);
  });

  test('hold exactly the quarters of an hour with the same hour, day and month on the clocks', () => {
    const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 11, 31) });
    fc.assert(
      fc.property(instants, fc.constantFrom(...ZONES), (ms, zone) => {
        const { hour, day, month } = periodsAt(ms, zone);
        expectWhole(day, ms, (at) => dateIn(zone, at));
        expectWhole(month, ms, (at) => dateIn(zone, at).slice(0, 7));
        expect(hour.startMs <= ms && ms < hour.endMs && hour.endMs - hour.startMs <= HOUR).toBe(true);
        for (const { startMs, endMs } of [hour, day, month])
          expect([bucketOf(startMs), bucketOf(endMs)]).toEqual([startMs, endMs]);
      }),
      { numRuns: 300 },
    );
  });

  test('of neighbouring instants follow each other without gap or overlap', () => {
    for (const zone of ZONES) {
      for (const kind of ['hour', 'day', 'month'] as const) {
        let { endMs } = periodsAt(Date.UTC(2026, 2, 27, 5, 7), zone)[kind];
        for (let i = 0; i < 60; i++) {
          const next = periodsAt(endMs, zone)[kind];
          expect(next.startMs).toBe(endMs);
          expect(periodsAt(endMs - 1, zone)[kind].endMs).toBe(endMs);
          endMs = next.endMs;
        }
      }
    }
  });
});

/** The date that clocks show, by another way than the code under test takes. */
function dateIn(zone: string, ms: number): string {
  return new Date(ms).toLocaleDateString('sv-SE', { timeZone: zone });
}

function expectWhole({ startMs, endMs }: Period, ms: number, labelOf: (ms: number) => string): void {
  const label = labelOf(ms);
  expect(startMs <= ms && ms < endMs).toBe(true);
  expect([labelOf(startMs), labelOf(endMs - 1)]).toEqual([label, label]);
  expect(labelOf(startMs - BUCKET_MS)).not.toBe(label);
  expect(labelOf(endMs)).not.toBe(label);
}
