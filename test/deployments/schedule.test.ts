import { describe, expect, test } from 'vitest';
import {
  checkedSchedule,
  isOpenAt,
  nextChangeAt,
  type Schedule,
  type ScheduleWindow,
  WEEKDAYS,
} from '../../src/deployments/schedule.ts';
import { DomainError } from '../../src/domain-error.ts';

const WORKDAYS = WEEKDAYS.slice(0, 5);
const officeHours: Schedule = { windows: [{ days: WORKDAYS, from: '09:00', to: '18:00' }] };
const one = (window: ScheduleWindow): Schedule => ({ windows: [window] });
const ms = (text: string): number => new Date(text).getTime();

/** The next `count` changes after an instant, as UTC text. */
function changes(schedule: Schedule, timeZone: string, after: string, count: number): string[] {
  const found: string[] = [];
  let at = ms(after);
  for (let i = 0; i < count; i++) {
    const next = nextChangeAt(schedule, timeZone, at);
    if (next === undefined) break;
    expect(isOpenAt(schedule, timeZone, next)).not.toBe(isOpenAt(schedule, timeZone, next - 1));
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    at = next;
  }
  return found;
}

describe('a schedule', () => {
  test('opens and closes in the local time of the team, and keeps to it when the clock is set', () => {
    // Friday in winter, Monday in summer: the clock is set forward on Sunday, 29 March.
    expect(changes(officeHours, 'Europe/Berlin', '2026-03-27T00:00Z', 4)).toEqual([
      '2026-03-27T08:00Z',
      '2026-03-27T17:00Z',
      '2026-03-30T07:00Z',
      '2026-03-30T16:00Z',
    ]);
  });

  test('is open from its first instant on, and closed from its last one on', () => {
    const open = (text: string) => isOpenAt(officeHours, 'Asia/Kathmandu', ms(text));
    expect(open('2026-03-27T03:14:59.999Z')).toBe(false);
    expect(open('2026-03-27T03:15:00.000Z')).toBe(true);
    expect(open('2026-03-27T12:14:59.999Z')).toBe(true);
    expect(open('2026-03-27T12:15:00.000Z')).toBe(false);
  });

  test('none is always open and never changes', () => {
    expect(isOpenAt(null, 'Europe/Berlin', ms('2026-03-27T00:00Z'))).toBe(true);
    expect(nextChangeAt(null, 'Europe/Berlin', ms('2026-03-27T00:00Z'))).toBeUndefined();
  });

  test('a window may end on the next day, also from Sunday to Monday', () => {
    const nights = one({ days: ['SUNDAY'], from: '22:00', to: '06:00' });
    expect(changes(nights, 'UTC', '2026-03-25T00:00Z', 2)).toEqual([
      '2026-03-29T22:00Z',
      '2026-03-30T06:00Z',
    ]);
    expect(isOpenAt(nights, 'UTC', ms('2026-03-30T05:59Z'))).toBe(true);
  });

  test('windows that touch are one: nothing changes between them', () => {
    const touching: Schedule = {
      windows: [
        { days: ['MONDAY'], from: '12:00', to: '24:00' },
        { days: ['TUESDAY'], from: '00:00', to: '08:00' },
        { days: ['TUESDAY'], from: '08:00', to: '09:00' },
      ],
    };
    expect(changes(touching, 'UTC', '2026-03-23T00:00Z', 3)).toEqual([
      '2026-03-23T12:00Z',
      '2026-03-24T09:00Z',
      '2026-03-30T12:00Z',
    ]);
  });

  test('windows that cover the week never close', () => {
    const always = one({ days: WEEKDAYS, from: '06:00', to: '05:59' });
    const covered: Schedule = {
      windows: [...always.windows, { days: WEEKDAYS, from: '05:59', to: '06:00' }],
    };
    expect(nextChangeAt(covered, 'Europe/Berlin', ms('2026-03-29T00:00Z'))).toBeUndefined();
    expect(isOpenAt(covered, 'Europe/Berlin', ms('2026-03-29T01:00Z'))).toBe(true);
    expect(changes(always, 'UTC', '2026-03-29T00:00Z', 2)).toEqual([
      '2026-03-29T05:59Z',
      '2026-03-29T06:00Z',
    ]);
  });
});

describe('when the clock is set forward (Berlin, 29 March 2026, 02:00 → 03:00)', () => {
  const sunday = (from: string, to: string) => one({ days: ['SUNDAY'], from, to });
  const next = (schedule: Schedule, count: number) =>
    changes(schedule, 'Europe/Berlin', '2026-03-28T12:00Z', count);

  test('a window that begins at a time that is skipped opens at the first instant after it', () => {
    expect(next(sunday('02:30', '06:00'), 2)).toEqual(['2026-03-29T01:00Z', '2026-03-29T04:00Z']);
  });

  test('a window that ends at a time that is skipped closes at the first instant after it', () => {
    expect(next(sunday('01:00', '02:30'), 2)).toEqual(['2026-03-29T00:00Z', '2026-03-29T01:00Z']);
  });

  test('a window that is skipped does not open in that week', () => {
    expect(next(sunday('02:10', '02:50'), 2)).toEqual(['2026-04-05T00:10Z', '2026-04-05T00:50Z']);
  });

  test('a pause that is skipped does not pause in that week', () => {
    const butAnHour = one({ days: WEEKDAYS, from: '03:00', to: '02:00' });
    expect(next(butAnHour, 2)).toEqual(['2026-03-30T00:00Z', '2026-03-30T01:00Z']);
  });
});

describe('when the clock is set back (Berlin, 25 October 2026, 03:00 → 02:00)', () => {
  const next = (from: string, to: string) =>
    changes(one({ days: ['SUNDAY'], from, to }), 'Europe/Berlin', '2026-10-24T12:00Z', 3).slice(0, 2);

  test('a window within the hour that comes twice opens once, the first time', () => {
    expect(next('02:10', '02:40')).toEqual(['2026-10-25T00:10Z', '2026-10-25T00:40Z']);
  });

  test('a window that begins in that hour opens the first time and stays open', () => {
    expect(next('02:30', '06:00')).toEqual(['2026-10-25T00:30Z', '2026-10-25T05:00Z']);
    const schedule = one({ days: ['SUNDAY'], from: '02:30', to: '06:00' });
    expect(isOpenAt(schedule, 'Europe/Berlin', ms('2026-10-25T01:10Z'))).toBe(true);
  });

  test('a window that ends in that hour closes the first time and stays closed', () => {
    expect(next('22:00', '02:30')).toEqual(['2026-10-25T21:00Z', '2026-10-26T01:30Z']);
    expect(next('00:00', '02:30')).toEqual(['2026-10-24T22:00Z', '2026-10-25T00:30Z']);
  });

  test('windows that touch within that hour keep touching', () => {
    const schedule: Schedule = {
      windows: [
        { days: ['SUNDAY'], from: '01:00', to: '02:30' },
        { days: ['SUNDAY'], from: '02:30', to: '04:00' },
      ],
    };
    expect(changes(schedule, 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-24T23:00Z',
      '2026-10-25T03:00Z',
    ]);
  });
});

test('a day that a zone skips has no windows (Samoa, 30 December 2011)', () => {
  const fridays = one({ days: ['FRIDAY'], from: '09:00', to: '18:00' });
  expect(changes(fridays, 'Pacific/Apia', '2011-12-29T12:00Z', 1)).toEqual(['2012-01-05T19:00Z']);
  const intoSaturday = one({ days: ['FRIDAY'], from: '20:00', to: '08:00' });
  expect(changes(intoSaturday, 'Pacific/Apia', '2011-12-29T12:00Z', 2)).toEqual([
    '2011-12-30T10:00Z',
    '2011-12-30T18:00Z',
  ]);
});

describe('a schedule is refused with the member that is at fault', () => {
  const good: ScheduleWindow = { days: ['MONDAY'], from: '09:00', to: '18:00' };
  test.for([
    ['no windows', [], 'schedule.windows'],
    ['51 windows', Array.from({ length: 51 }, () => good), 'schedule.windows'],
    ['no day', [{ ...good, days: [] }], 'schedule.windows.0.days'],
    ['a day twice', [good, { ...good, days: ['TUESDAY', 'TUESDAY'] }], 'schedule.windows.1.days'],
    ['a window that is empty', [{ ...good, to: '09:00' }], 'schedule.windows.0.to'],
    ['from 24:00', [{ ...good, from: '24:00' }], 'schedule.windows.0.from'],
    ['a time without minutes', [{ ...good, from: '9' }], 'schedule.windows.0.from'],
    ['minute 60', [{ ...good, to: '18:60' }], 'schedule.windows.0.to'],
    ['24:01', [{ ...good, to: '24:01' }], 'schedule.windows.0.to'],
    ['other digits', [{ ...good, to: '1٨:00' }], 'schedule.windows.0.to'],
    ['the same window twice', [good, good], 'schedule.windows.1'],
    ['a minute in two windows', [good, { ...good, from: '17:59', to: '20:00' }], 'schedule.windows.1'],
    [
      'an overlap into the next day',
      [
        { ...good, from: '22:00', to: '06:00' },
        { days: ['TUESDAY'], from: '05:00', to: '07:00' },
      ],
      'schedule.windows.1',
    ],
    [
      'an overlap from Sunday into Monday',
      [good, { days: ['SUNDAY'], from: '22:00', to: '10:00' }],
      'schedule.windows.1',
    ],
  ] as const satisfies readonly (readonly [string, readonly ScheduleWindow[], string])[])(
    '%s: %s',
    ([, windows, field]) => {
      const refused = () => checkedSchedule({ windows });
      expect(refused).toThrow(DomainError);
      expect(refused).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field } }));
    },
  );
});

test('days are kept in their order, and windows that touch are accepted', () => {
  const windows: ScheduleWindow[] = [
    { days: ['SUNDAY', 'MONDAY'], from: '22:00', to: '00:00' },
    { days: ['TUESDAY', 'MONDAY'], from: '00:00', to: '22:00' },
  ];
  expect(checkedSchedule({ windows }).windows.map(({ days }) => days)).toEqual([
    ['MONDAY', 'SUNDAY'],
    ['MONDAY', 'TUESDAY'],
  ]);
});
