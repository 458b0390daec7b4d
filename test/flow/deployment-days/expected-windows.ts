import type { Schedule } from '../../../src/deployments/schedule.ts';

const MINUTE = 60_000;
const DAY = 24 * 60;
const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const SPRING_IN_EUROPE = Date.UTC(2026, 2, 29, 1);
/** 1 January 1970. */
const FIRST_DAY = DAYS.indexOf('THURSDAY');

/** By how many minutes the clock of a zone is ahead of UTC at the end of March 2026. */
const AHEAD: Readonly<Record<string, (at: number) => number>> = {
  UTC: () => 0,
  'Europe/Berlin': (at) => (at < SPRING_IN_EUROPE ? 60 : 120),
  'America/New_York': () => -240,
  'Asia/Kolkata': () => 330,
};

/**
 * Whether the clock on the wall shows a time within a window. Where clocks are only set forward that is all there is to
 * schedules.
 */
export function isOpen(schedule: Schedule | null, zone: string, at: number): boolean {
  if (schedule === null) return true;
  const ahead = AHEAD[zone];
  if (!ahead) throw new Error(`the time in ${zone} is not known`);
  const local = Math.floor(at / MINUTE) + ahead(at);
  const [day, minute] = [Math.floor(local / DAY) + FIRST_DAY, local % DAY];
  return schedule.windows.some(({ days, from, to }) => {
    const isOn = (number: number) => days.some((name) => name === DAYS[number % 7]);
    const [opens, closes] = [minutesOf(from), minutesOf(to)];
    if (closes > opens) return isOn(day) && opens <= minute && minute < closes;
    return (isOn(day) && opens <= minute) || (isOn(day + 6) && minute < closes);
  });
}

/** When a schedule next opens or closes after an instant; null for never. */
export function nextChange(schedule: Schedule | null, zone: string, after: number): number | null {
  if (schedule === null) return null;
  const isNow = isOpen(schedule, zone, after);
  for (let at = (Math.floor(after / MINUTE) + 1) * MINUTE; at <= after + 8 * DAY * MINUTE; at += MINUTE) {
    if (isOpen(schedule, zone, at) !== isNow) return at;
  }
  return null;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
