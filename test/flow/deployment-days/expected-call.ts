import { expire } from './expected-credit.ts';
import { bringUp, payEach, tellSecured } from './expected-hours.ts';
import { isUnsecured, reschedule, type Server, type Status, tell, type Work } from './expected-server.ts';
import { isOpen } from './expected-windows.ts';
import type { Call } from './plan.ts';

type State = Pick<Server, 'status' | 'why'>;

const MAY_BE: Readonly<Record<Call['what'], readonly Status[]>> = {
  CREATE: [],
  START: ['CREATED', 'STOPPED'],
  PAUSE: ['RUNNING', 'PAUSED'],
  RESUME: ['PAUSED'],
  STOP: ['RUNNING', 'PAUSED'],
  SCALE: ['RUNNING', 'PAUSED'],
  RESIZE: ['CREATED', 'RUNNING', 'PAUSED', 'STOPPED'],
  SCHEDULE: ['CREATED', 'RUNNING', 'PAUSED', 'STOPPED'],
};

const TELLS: Readonly<Record<Call['what'], string>> = {
  CREATE: 'CREATED',
  START: 'STARTED',
  PAUSE: 'PAUSED',
  RESUME: 'RESUMED',
  STOP: 'STOPPED',
  SCALE: 'SCALED',
  RESIZE: 'RESIZED',
  SCHEDULE: 'SCHEDULE_SET',
};

/** What comes of a call by which everything was due is done: DONE, UNCHANGED, or the reason of the refusal. */
export function call(work: Work, id: string, asked: Call): string {
  expire(work.team.credit, work.now);
  if (asked.what === 'CREATE') return create(work, id, asked);
  const server = work.team.servers.find((one) => one.id === id);
  if (!server) throw new Error(`there is no deployment ${id}`);
  const isKeptPaused = asked.what === 'PAUSE' && server.why === 'USER';
  if (!MAY_BE[asked.what].includes(server.status) || isKeptPaused) return 'WRONG_STATE';
  const before = settingsOf(server);
  const wasUnsecured = server.places.some(isUnsecured);
  change(work, server, asked);
  if (settingsOf(server) === before) return 'UNCHANGED';
  if (!bringUp(work, server, work.now, payEach)) return 'OUT_OF_CREDITS';
  reschedule(work, server, work.now);
  tell(work, server, TELLS[asked.what], work.now);
  if (wasUnsecured && server.status === 'RUNNING') tellSecured(work, server, work.now);
  return 'DONE';
}

function create(
  work: Work,
  id: string,
  { type, replicas, comesBack, schedule }: Call & { what: 'CREATE' },
): string {
  const fresh = { status: 'CREATED', why: null, pausedAt: null, scheduleAt: null, places: [] } as const;
  const server: Server = { id, type, replicas, comesBack, schedule, ...fresh, places: [] };
  work.team.servers.push(server);
  tell(work, server, 'CREATED', work.now);
  return 'DONE';
}

function settingsOf({ status, why, type, replicas, schedule }: Server): string {
  return JSON.stringify([status, why, type, replicas, schedule]);
}

function change(work: Work, server: Server, asked: Exclude<Call, { what: 'CREATE' }>): void {
  if (asked.what === 'SCALE' || asked.what === 'RESIZE') server.replicas = asked.replicas;
  if (asked.what === 'RESIZE') server.type = asked.type;
  if (asked.what === 'SCHEDULE') server.schedule = asked.schedule;
  const next = stateAfter(work, server, asked.what);
  if (!next) return;
  const pausedAt = next.status === 'PAUSED' ? (server.pausedAt ?? work.now) : null;
  Object.assign(server, { ...next, pausedAt });
}

const RUNNING = { status: 'RUNNING', why: null } as const;
const WAITING = { status: 'PAUSED', why: 'SCHEDULE' } as const;

/** Undefined: as it is. */
function stateAfter(work: Work, server: Server, what: Call['what']): State | undefined {
  const opens = isOpen(server.schedule, work.team.zone, work.now);
  if (what === 'START') return opens ? RUNNING : WAITING;
  if (what === 'RESUME') return RUNNING;
  if (what === 'PAUSE') return { status: 'PAUSED', why: 'USER' };
  if (what === 'STOP') return { status: 'STOPPED', why: null };
  if (what !== 'SCHEDULE') return undefined;
  if (opens && server.why === 'SCHEDULE') return RUNNING;
  return !opens && server.status === 'RUNNING' ? WAITING : undefined;
}
