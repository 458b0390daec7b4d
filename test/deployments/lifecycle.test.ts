import { describe, expect, test } from 'vitest';
import { callResultId, callResultOf } from '../../src/deployments/call-result.ts';
import {
  allowedActions,
  checkedKey,
  checkedName,
  checkedReason,
  DEPLOYMENT_ACTIONS,
  type DeploymentAction,
  type DeploymentState,
  demandTransition,
  firstSize,
  paused,
  scheduled,
  sizeAfter,
  transition,
} from '../../src/deployments/lifecycle.ts';
import { DomainError } from '../../src/domain-error.ts';
import { newUuid } from '../../src/id.ts';

const CREATED: DeploymentState = { status: 'CREATED', pauseReason: null };
const RUNNING: DeploymentState = { status: 'RUNNING', pauseReason: null };
const STOPPED: DeploymentState = { status: 'STOPPED', pauseReason: null };

const STATES: Readonly<Record<string, DeploymentState>> = {
  CREATED,
  RUNNING,
  STOPPED,
  USER: paused('USER'),
  SCHEDULE: paused('SCHEDULE'),
  OUT_OF_CREDITS: paused('OUT_OF_CREDITS'),
  SPEND_CAP: paused('SPEND_CAP'),
  BOOT_FAILED: paused('BOOT_FAILED'),
};
const NAMES = [
  'CREATED',
  'RUNNING',
  'STOPPED',
  'USER',
  'SCHEDULE',
  'OUT_OF_CREDITS',
  'SPEND_CAP',
  'BOOT_FAILED',
];

/** What each action makes of each state, in the order of NAMES, while the schedule is open: "=" no change, "-" refused. */
const TABLE: Readonly<Record<DeploymentAction, string>> = {
  START: 'RUNNING - RUNNING - - - - -',
  PAUSE: '- USER - - USER USER USER USER',
  RESUME: '- - - RUNNING RUNNING RUNNING RUNNING RUNNING',
  STOP: '- STOPPED - STOPPED STOPPED STOPPED STOPPED STOPPED',
  RESIZE: '= = = = = = = =',
  SCALE: '- = - = = = = =',
  SET_SCHEDULE: '= = = = RUNNING = = =',
  UPDATE: '= = = = = = = =',
  REPORT_BOOT_FAILURE: '- BOOT_FAILED = = = = = =',
};

const CASES = DEPLOYMENT_ACTIONS.flatMap((action) =>
  TABLE[action].split(' ').map((outcome, index) => ({ action, from: NAMES[index] ?? '', outcome })),
);

describe('what may be done to a deployment', () => {
  test.for(CASES)('$action when $from: $outcome', ({ action, from, outcome }) => {
    const state = STATES[from] ?? CREATED;
    const expected = outcome === '=' ? state : STATES[outcome];
    const result = transition(state, action);
    expect(result).toEqual(
      outcome === '-' ? { ok: false, allowed: allowedActions(state) } : { ok: true, next: expected },
    );
    expect(allowedActions(state).includes(action)).toBe(outcome !== '-');
  });

  test('a start outside of the windows waits for the next one, a resume does not', () => {
    expect(demandTransition(CREATED, 'START', false)).toEqual(paused('SCHEDULE'));
    expect(demandTransition(paused('SCHEDULE'), 'RESUME', false)).toEqual(RUNNING);
  });

  test('a new schedule holds at once', () => {
    expect(demandTransition(RUNNING, 'SET_SCHEDULE', false)).toEqual(paused('SCHEDULE'));
    expect(demandTransition(paused('SCHEDULE'), 'SET_SCHEDULE', true)).toEqual(RUNNING);
    expect(demandTransition(STOPPED, 'SET_SCHEDULE', true)).toEqual(STOPPED);
  });

  test('a schedule ends the pauses that it began, and no other', () => {
    const opened = Object.entries(STATES).filter(([, state]) => scheduled(state, true) !== state);
    expect(opened.map(([name]) => name)).toEqual(['SCHEDULE']);
    expect(scheduled(paused('SCHEDULE'), true)).toEqual(RUNNING);
    const closed = Object.entries(STATES).filter(([, state]) => scheduled(state, false) !== state);
    expect(closed.map(([name]) => name)).toEqual(['RUNNING']);
    expect(scheduled(RUNNING, false)).toEqual(paused('SCHEDULE'));
  });

  test('a refusal says the state and what is possible in it', () => {
    expect(() => demandTransition(STOPPED, 'PAUSE')).toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        details: {
          reason: 'WRONG_STATE',
          field: 'deploymentId',
          status: 'STOPPED',
          allowed: ['START', 'REPORT_BOOT_FAILURE', 'RESIZE', 'SET_SCHEDULE', 'UPDATE'],
        },
      }),
    );
  });
});

const field = (name: string) => expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: name } });

describe('a size', () => {
  const size = { replicas: 2, minReplicas: 1, maxReplicas: 4 };

  test('stays as it is where nothing is said of it', () => {
    expect(sizeAfter(size, {})).toEqual(size);
    expect(sizeAfter(size, { replicas: 4 })).toEqual({ ...size, replicas: 4 });
    expect(sizeAfter(size, { minReplicas: 2, maxReplicas: 1000 })).toEqual({
      replicas: 2,
      minReplicas: 2,
      maxReplicas: 1000,
    });
  });

  test('of a new deployment is one replica, and the bounds keep what was asked for', () => {
    expect(firstSize({})).toEqual({ replicas: 1, minReplicas: 1, maxReplicas: 1 });
    expect(firstSize({ replicas: 3 })).toEqual({ replicas: 3, minReplicas: 1, maxReplicas: 3 });
    expect(firstSize({ replicas: 3, maxReplicas: 9 })).toEqual({
      replicas: 3,
      minReplicas: 1,
      maxReplicas: 9,
    });
    expect(firstSize({ minReplicas: 2 })).toEqual({ replicas: 2, minReplicas: 2, maxReplicas: 2 });
    expect(() => firstSize({ replicas: 1, minReplicas: 2 })).toThrow(field('replicas'));
  });

  test.for([
    [{ replicas: 0 }, 'replicas'],
    [{ replicas: -1 }, 'replicas'],
    [{ replicas: 1.5 }, 'replicas'],
    [{ replicas: Number.NaN }, 'replicas'],
    [{ replicas: 1001, maxReplicas: 1000 }, 'replicas'],
    [{ replicas: 5 }, 'replicas'],
    [{ minReplicas: 3 }, 'replicas'],
    [{ maxReplicas: 1 }, 'replicas'],
    [{ minReplicas: 0 }, 'minReplicas'],
    [{ minReplicas: 5 }, 'minReplicas'],
    [{ maxReplicas: 1001 }, 'maxReplicas'],
    [{ maxReplicas: 0 }, 'maxReplicas'],
  ] as const)('is refused when out of bounds, with its name: %j → %s', ([change, name]) => {
    expect(() => sizeAfter(size, change)).toThrow(field(name));
  });

  test('of zero is refused with what to do instead', () => {
    expect(() => sizeAfter(size, { replicas: 0 })).toThrow(/stop the deployment instead/);
  });
});

test('texts are kept without spaces around them, and refused when they cannot be kept', () => {
  expect(checkedName('  chat server ')).toBe('chat server');
  for (const name of [' ', 'a'.repeat(101), 'a\nb']) expect(() => checkedName(name)).toThrow(field('name'));
  expect(checkedReason(null)).toBeNull();
  expect(checkedReason('  ')).toBeNull();
  expect(checkedReason(' night ')).toBe('night');
  expect(() => checkedReason('a'.repeat(501))).toThrow(field('reason'));
  expect(checkedKey('k')).toBe('k');
  for (const key of ['', 'a'.repeat(201)]) expect(() => checkedKey(key)).toThrow(field('idempotencyKey'));
  expect(() => checkedKey('')).toThrow(DomainError);
});

test('the result of a call is found again by its id', () => {
  const deploymentId = newUuid();
  for (const seq of [1n, 0xffffn, 0x1_0000n, 2n ** 63n - 1n]) {
    const id = callResultId({ kind: 'EVENT', seq });
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(callResultOf(id)).toEqual({ kind: 'EVENT', seq });
  }
  expect(callResultOf(callResultId({ kind: 'UNCHANGED', deploymentId }))).toEqual({
    kind: 'UNCHANGED',
    deploymentId,
  });
});
