import type { Schedule } from '../../../src/deployments/schedule.ts';
import type { Credit, Part } from './expected-credit.ts';
import { nextChange } from './expected-windows.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** How long before an hour begins somebody looks whether it can be paid. */
const LOOKS = [15 * MINUTE, 5 * MINUTE, MINUTE, 0];
/** A pause that is told later than this was told too late: machines have run on. */
export const TOO_LATE = MINUTE;

/** A place of a replica of one type. */
export interface Place {
  readonly slot: number;
  readonly type: string;
  active: boolean;
  paidUntil: number | null;
  /** When somebody has to look at it. */
  look: number | null;
  /** What is held for the next hour. */
  held: Part[] | null;
}

export type Status = 'CREATED' | 'RUNNING' | 'PAUSED' | 'STOPPED';
export type Why = 'USER' | 'SCHEDULE' | 'OUT_OF_CREDITS';

/** A deployment as the rules see it. */
export interface Server {
  readonly id: string;
  readonly comesBack: boolean;
  type: string;
  replicas: number;
  status: Status;
  why: Why | null;
  pausedAt: number | null;
  schedule: Schedule | null;
  /** When its schedule next matters. */
  scheduleAt: number | null;
  places: Place[];
}

/** What a team has. */
export interface Team {
  readonly zone: string;
  readonly servers: Server[];
  readonly credit: Credit;
}

/** An hour that has to be among the charges. */
export interface ExpectedHour {
  readonly server: string;
  readonly slot: number;
  readonly type: string;
  readonly at: number;
  readonly status: 'CHARGED' | 'UNBILLED';
  readonly nano: bigint;
  readonly priceVersion: string;
  readonly postedAt: number;
}

/** An event that has to be in the log. */
export interface ExpectedEvent {
  readonly server: string;
  readonly kind: string;
  readonly at: number;
  readonly recordedAt: number;
}

/** One transaction on a team: what it knows, and what it writes down. */
export interface Work {
  readonly team: Team;
  readonly now: number;
  priceOf(type: string, at: number): { readonly nano: bigint; readonly version: string };
  gpuOf(type: string): string | null;
  /** Whether new credit has brought a server back at an instant: when that is noticed is nobody's promise. */
  broughtBack(server: string, at: number): boolean;
  readonly hours: ExpectedHour[];
  readonly events: ExpectedEvent[];
}

export function tell({ events, now }: Work, server: Server, kind: string, at: number): void {
  events.push({ server: server.id, kind, at, recordedAt: now });
}

export function record(
  { hours, now, priceOf }: Work,
  server: Server,
  hour: Pick<ExpectedHour, 'slot' | 'type' | 'at' | 'status'>,
): void {
  const { nano, version } = priceOf(hour.type, hour.at);
  hours.push({ server: server.id, ...hour, nano, priceVersion: version, postedAt: now });
}

export function activePlaces(server: Server): Place[] {
  return server.places.filter(({ active }) => active).sort((a, b) => a.slot - b.slot);
}

export function isPaid({ paidUntil }: Place, at: number): boolean {
  return paidUntil !== null && paidUntil > at;
}

export function firstLook(paidUntil: number): number {
  return paidUntil - 15 * MINUTE;
}

/** Of the instants at which it is tried again, the next one after now. */
export function nextLook(paidUntil: number, now: number): number {
  const left = LOOKS.find((before) => paidUntil - before > now);
  return paidUntil - (left ?? 0);
}

/** Whether credit for the next hour was looked for and not found. */
export function isUnsecured({ active, held, look, paidUntil }: Place): boolean {
  return active && held === null && paidUntil !== null && look !== null && look > firstLook(paidUntil);
}

/** Which places the replicas of a server take: those that run, then paid ones, then the lowest numbers. */
export function placesFor(server: Server, at: number): Place[] {
  if (server.status !== 'RUNNING') return [];
  const mine = server.places.filter(({ type }) => type === server.type).sort((a, b) => a.slot - b.slot);
  const chosen = new Set(
    mine
      .filter(({ active }) => active)
      .map(({ slot }) => slot)
      .slice(0, server.replicas),
  );
  const paid = mine.filter((place) => !place.active && isPaid(place, at));
  paid.sort((a, b) => (b.paidUntil ?? 0) - (a.paidUntil ?? 0) || a.slot - b.slot);
  for (const { slot } of paid) if (chosen.size < server.replicas) chosen.add(slot);
  for (let slot = 1; chosen.size < server.replicas; slot++) chosen.add(slot);
  const fresh = { type: server.type, active: false, paidUntil: null, look: null, held: null };
  return [...chosen]
    .sort((a, b) => a - b)
    .map((slot) => mine.find((place) => place.slot === slot) ?? { slot, ...fresh });
}

/** Notes when the schedule matters next after a change at an instant. */
export function reschedule({ team }: Work, server: Server, at: number): void {
  const { status, why, comesBack, schedule } = server;
  const obeys = status === 'RUNNING' || why === 'SCHEDULE' || (why === 'OUT_OF_CREDITS' && comesBack);
  server.scheduleAt = obeys ? nextChange(schedule, team.zone, at) : null;
}
