/** Days as ISO 8601 orders them: MONDAY is day 1. */
export const WEEKDAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A window on each of `days`, from the local time `from` on, before `to`: "HH:MM", `to` up to "24:00". */
export interface ScheduleWindow {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly to: string;
}

/** The weekly windows in which a deployment runs, in the time zone of its team. */
export interface Schedule {
  readonly windows: readonly ScheduleWindow[];
}
