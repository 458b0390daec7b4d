import { expire } from './expected-credit.ts';
import { begin, bringUp, holdAhead, pause, payTogether, runOn } from './expected-hours.ts';
import {
  activePlaces,
  type Place,
  reschedule,
  type Server,
  TOO_LATE,
  tell,
  type Work,
} from './expected-server.ts';
import { isOpen } from './expected-windows.ts';

/** Does what is due for the servers of a team, in the order of its instants. */
export function meter(work: Work): void {
  expire(work.team.credit, work.now);
  for (let next = earliest(work); next; next = earliest(work)) {
    const { server, at } = next;
    if (server.scheduleAt === at) {
      obeySchedule(work, server, at);
      continue;
    }
    const due = activePlaces(server).filter((place) => dueAt(place, work.now) === at);
    const beginning = due.filter(({ paidUntil }) => paidUntil === at);
    if (beginning.length > 0) begin(work, server, beginning, at);
    else holdAhead(work, server, due, at);
  }
}

function earliest({ team, now }: Work): { server: Server; at: number } | undefined {
  const due = team.servers.flatMap((server) => {
    const { scheduleAt } = server;
    const instants = activePlaces(server).flatMap((place) => dueAt(place, now) ?? []);
    if (scheduleAt !== null && scheduleAt <= now) instants.push(scheduleAt);
    return instants.map((at) => ({ server, at }));
  });
  return due.sort((a, b) => a.at - b.at || (a.server.id < b.server.id ? -1 : 1))[0];
}

/** When it is too late to look ahead, the hour has begun. */
function dueAt({ look, paidUntil }: Place, now: number): number | undefined {
  if (look === null || look > now || paidUntil === null) return undefined;
  return paidUntil <= now ? paidUntil : look;
}

function obeySchedule(work: Work, server: Server, at: number): void {
  const { status, why } = server;
  const opens = isOpen(server.schedule, work.team.zone, at);
  if (status === 'RUNNING' && !opens) {
    const ran = activePlaces(server).map((place) => ({ ...place }));
    pause(work, server, 'SCHEDULE', at);
    runOn(work, server, ran, at);
    return;
  }
  // A window that opened while nobody was there counts from now, and so does one while machines run on.
  const ranOn = work.events.some((event) => event.server === server.id && event.kind === 'HOUR_UNBILLED');
  const inTime = at === work.now || (work.now - at <= TOO_LATE && !ranOn);
  const isWanted =
    why === 'SCHEDULE' || (why === 'OUT_OF_CREDITS' && work.broughtBack(server.id, inTime ? at : work.now));
  if (status !== 'PAUSED' || !opens || !isWanted) reschedule(work, server, at);
  else if (inTime) comeUp(work, server, at);
  else server.scheduleAt = work.now;
}

/** Brings a paused server up, all of its replicas or none. */
export function comeUp(work: Work, server: Server, at: number): boolean {
  const { why, pausedAt } = server;
  Object.assign(server, { status: 'RUNNING', why: null, pausedAt: null });
  if (bringUp(work, server, at, payTogether)) {
    reschedule(work, server, at);
    tell(work, server, 'RESUMED', at);
    return true;
  }
  Object.assign(server, { status: 'PAUSED', why, pausedAt });
  if (why === 'OUT_OF_CREDITS') reschedule(work, server, at);
  else pause(work, server, 'OUT_OF_CREDITS', at);
  return false;
}
