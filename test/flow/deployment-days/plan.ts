import type { Schedule, ScheduleWindow, Weekday } from '../../../src/deployments/schedule.ts';
import { Random } from './random.ts';

/** What is asked of a deployment. */
export type Call =
  | {
      readonly what: 'CREATE';
      readonly type: string;
      readonly replicas: number;
      readonly comesBack: boolean;
      readonly schedule: Schedule | null;
    }
  | { readonly what: 'START' | 'PAUSE' | 'RESUME' | 'STOP' }
  | { readonly what: 'SCALE'; readonly replicas: number }
  | { readonly what: 'RESIZE'; readonly type: string; readonly replicas: number }
  | { readonly what: 'SCHEDULE'; readonly schedule: Schedule | null };

/** A call about one of the deployments, each of which belongs to one of the teams: both by number. */
export interface PlannedCall {
  readonly team: number;
  readonly server: number;
  readonly call: Call;
  /** Whether it is sent again with the same key. */
  readonly isRepeated: boolean;
}

export interface PlannedTopUp {
  readonly team: number;
  readonly amountNano: bigint;
  readonly isPrepaid: boolean;
  readonly product: string | null;
  readonly gpuType: string | null;
  readonly priority: number;
  readonly expiresAt: number | null;
}

export interface PlannedPrice {
  readonly type: string;
  readonly hourlyNano: bigint;
  readonly effectiveAt: number;
}

/** Metering processes that are killed while they work, and after how many steps others take their place. */
export interface PlannedKill {
  readonly victims: readonly number[];
  readonly afterMs: number;
  readonly stepsDown: number;
}

/** All that happens at one instant. */
export interface PlannedStep {
  readonly at: number;
  readonly calls: PlannedCall[];
  readonly topUps: PlannedTopUp[];
  readonly prices: PlannedPrice[];
  kill: PlannedKill | null;
}

export interface PlannedTeam {
  readonly zone: string;
  readonly debtLimitNano: bigint;
}

export interface DaysPlan {
  readonly teams: readonly PlannedTeam[];
  readonly steps: readonly PlannedStep[];
}

export interface DaysSize {
  readonly teams: number;
  readonly servers: number;
  readonly kills: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Friday; on the Sunday clocks are set forward in Europe. */
export const START = Date.UTC(2026, 2, 27);
export const DAYS_MS = 72 * HOUR;
export const PROCESSES = 2;

export const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'];
const CREDIT = 1_000_000_000;
const TYPES = { 'cpu-s': 4, 'cpu-m': 3, 'cpu-l': 2, 'gpu-s': 4, 'gpu-m': 2, 'gpu-l': 1 };

/** Three days of many deployments, the same for the same seed. */
export function planDays(seed: number, size: DaysSize): DaysPlan {
  const random = new Random(seed);
  const teams = Array.from({ length: size.teams }, () => ({
    zone: random.pick(ZONES),
    debtLimitNano: random.chance(0.3) ? BigInt(50 * CREDIT) : 0n,
  }));
  const steps = planSteps(random);
  for (let server = 0; server < size.servers; server++) {
    planLife(random, steps, { team: random.from(0, size.teams - 1), server });
  }
  for (let team = 0; team < size.teams; team++) planCredit(random, steps, team);
  planPrices(random, steps);
  planKills(random, steps, size.kills);
  return { teams, steps };
}

/** Instants that now and then come before, at or after the ends of hours, minutes and windows. */
function planSteps(random: Random): PlannedStep[] {
  const steps: PlannedStep[] = [];
  for (let at = START; at <= START + DAYS_MS; ) {
    steps.push({ at, calls: [], topUps: [], prices: [], kill: null });
    at += random.pick([4, 5, 5, 10, 10, 15, 15, 20]) * MINUTE;
    if (random.chance(0.7)) at += 5 * MINUTE - ((at - START) % (5 * MINUTE));
    // A little late: not so late that machines count as having run on, or a little later.
    if (random.chance(0.3)) at += random.from(1, 1.5 * MINUTE);
  }
  return steps;
}

type Status = 'CREATED' | 'RUNNING' | 'PAUSED' | 'STOPPED';

/** How often what is asked, by what the caller believes. It does not know of credit that ended, nor of schedules. */
const HABITS = {
  CREATED: { START: 9, RESIZE: 1, SCHEDULE: 1 },
  STOPPED: { START: 6, RESIZE: 1, PAUSE: 1 },
  RUNNING: { PAUSE: 5, STOP: 2, SCALE: 6, RESIZE: 4, SCHEDULE: 2, RESUME: 3, START: 1 },
  PAUSED: { RESUME: 7, STOP: 2, SCALE: 2, RESIZE: 2, SCHEDULE: 1, PAUSE: 1 },
} as const;

const LEADS_TO: Readonly<Partial<Record<Call['what'], Status>>> = {
  START: 'RUNNING',
  RESUME: 'RUNNING',
  PAUSE: 'PAUSED',
  STOP: 'STOPPED',
};

function planLife(
  random: Random,
  steps: readonly PlannedStep[],
  who: { readonly team: number; readonly server: number },
): void {
  let at = random.from(0, Math.floor(steps.length * 0.75));
  const until = at + random.from(30, Math.floor(steps.length * 0.7));
  let believed: Status = 'CREATED';
  let call: Call = {
    what: 'CREATE',
    type: random.weighted(TYPES),
    replicas: random.from(1, 4),
    comesBack: random.chance(0.6),
    schedule: random.chance(0.2) ? planSchedule(random) : null,
  };
  for (;;) {
    steps[at]?.calls.push({ ...who, call, isRepeated: random.chance(0.05) });
    // Some change their mind at once, while what is paid still runs.
    at += call.what === 'CREATE' ? 1 : random.chance(0.4) ? random.from(0, 4) : random.from(5, 90);
    if (at >= steps.length) return;
    if (at >= until) break;
    call = planCall(random, random.weighted<Exclude<Call['what'], 'CREATE'>>(HABITS[believed]));
    believed = LEADS_TO[call.what] ?? believed;
  }
  steps[at]?.calls.push({ ...who, call: { what: 'STOP' }, isRepeated: false });
}

function planCall(random: Random, what: Exclude<Call['what'], 'CREATE'>): Call {
  switch (what) {
    case 'SCALE':
      return { what, replicas: random.from(1, 4) };
    case 'RESIZE':
      return { what, type: random.weighted(TYPES), replicas: random.from(1, 4) };
    case 'SCHEDULE':
      return { what, schedule: random.chance(0.3) ? null : planSchedule(random) };
    default:
      return { what };
  }
}

const ALL_DAYS: readonly Weekday[] = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
];

/** One window that may go on after midnight, or two on the same days. */
function planSchedule(random: Random): Schedule {
  const days = ALL_DAYS.filter(() => random.chance(0.8));
  if (days.length === 0) days.push('SATURDAY');
  if (random.chance(0.3)) {
    return { windows: [{ days, from: time(random.from(70, 95)), to: time(random.from(5, 30)) }] };
  }
  const [a = 0, b = 0, c = 0] = [random.from(0, 30), random.from(31, 50), random.from(51, 70)];
  const windows: ScheduleWindow[] = [{ days, from: time(a), to: time(b) }];
  if (random.chance(0.5)) windows.push({ days, from: time(random.chance(0.3) ? b : c), to: time(96) });
  return { windows };
}

/** A quarter of an hour of the day. */
function time(quarter: number): string {
  const [hours, minutes] = [Math.floor(quarter / 4), (quarter % 4) * 15];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

function planCredit(random: Random, steps: readonly PlannedStep[], team: number): void {
  // Some teams have far too little, so that credit ends again and again.
  const wealth = random.pick([3, 8, 20, 60]);
  for (let at = 0; at < steps.length; at += random.from(5, 45)) {
    const step = steps[at];
    const kind = random.weighted({ PREPAID: 4, GIFT: 2, EXPIRING: 4, GPU: 1, COMPUTE: 1, CHAT: 1 });
    const expires = kind === 'EXPIRING' || (kind !== 'PREPAID' && random.chance(0.3));
    step?.topUps.push({
      team,
      amountNano: BigInt(Math.floor((0.1 + random.next()) * wealth * CREDIT)) + 1n,
      isPrepaid: kind === 'PREPAID',
      product: kind === 'COMPUTE' ? 'compute' : kind === 'CHAT' ? 'chat' : null,
      gpuType: kind === 'GPU' ? random.pick(['L4', 'A100-80GB']) : null,
      priority: random.pick([10, 50, 50, 90]),
      expiresAt: expires ? step.at + random.from(1, 20 * 12) * 5 * MINUTE : null,
    });
  }
}

/** Of each type now and then: at once, or from an instant ahead. */
function planPrices(random: Random, steps: readonly PlannedStep[]): void {
  for (const [type, hourlyNano] of Object.entries(BASE_PRICES)) {
    let effectiveAt = 0;
    for (let at = random.from(10, 60); at < steps.length; at += random.from(20, 60)) {
      const step = steps[at];
      if (!step) return;
      const ahead = random.chance(0.4) ? 0 : random.from(1, 8 * 60) * MINUTE;
      effectiveAt = Math.max(effectiveAt, step.at + ahead);
      const factor = random.from(500, 1_700);
      step.prices.push({ type, hourlyNano: BigInt(hourlyNano * factor + random.from(0, 999)), effectiveAt });
    }
  }
}

/** In millionths of a credit. */
const BASE_PRICES = {
  'cpu-s': 80_000,
  'cpu-m': 160_000,
  'cpu-l': 320_000,
  'gpu-s': 600_000,
  'gpu-m': 1_800_000,
  'gpu-l': 3_500_000,
};

function planKills(random: Random, steps: readonly PlannedStep[], kills: number): void {
  const apart = Math.floor(steps.length / kills);
  for (let kill = 0; kill < kills; kill++) {
    const step = steps[kill * apart + random.from(2, Math.floor(apart / 4))];
    if (!step) return;
    const isBoth = kill % 2 === 0;
    step.kill = {
      victims: isBoth ? [0, 1] : [random.from(0, PROCESSES - 1)],
      afterMs: random.from(0, 30),
      // While nobody is there, hours go by.
      stepsDown: random.pick([0, 2, Math.floor(apart / 3), Math.floor(apart / 2)]),
    };
  }
}
