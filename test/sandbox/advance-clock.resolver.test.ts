import { graphql } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { systemClock, systemMillis } from '../../src/clock.ts';
import { DomainError } from '../../src/domain-error.ts';
import { createContext } from '../../src/graphql/context.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid } from '../../src/id.ts';
import { ClockResolver, type ClockServices } from '../../src/sandbox/advance-clock.resolver.ts';
import { openSandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { useDatabase } from '../support/database.ts';
import { dueList } from './due-list.ts';

const database = useDatabase();
const log = { warn: () => undefined };
const OPERATOR: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };
const PLATFORM: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'PLATFORM', scopes: ['usage:write'] };

const ADVANCE = `mutation ($input: AdvanceClockInput!) {
  advanceClock(input: $input) { now steps ran { name times } replayed userErrors { code path message } }
}`;

/** The data of an operation, or the code of its first error. */
async function ask(services: ClockServices, actor: Actor, source: string, input?: object): Promise<unknown> {
  const schema = buildAppSchema([ClockResolver], new Map([[ClockResolver, new ClockResolver(services)]]));
  const contextValue = createContext(actor, 'trace');
  const { data, errors } = await graphql({ schema, source, contextValue, variableValues: { input } });
  if (!errors) return JSON.parse(JSON.stringify(data));
  const [error] = errors;
  return error?.originalError instanceof DomainError ? error.originalError.code : error?.message;
}

async function sandbox(): Promise<ClockServices> {
  const clock = await openSandboxClock(database.db, log);
  const inAnHour = new Date(clock.now().getTime() + 3_600_000);
  const due = [dueList('deployments', [inAnHour], clock, [])];
  return { clock, sandbox: { db: database.db, clock, due } };
}

const inDays = (services: ClockServices, days: number) =>
  new Date(services.clock.now().getTime() + days * 86_400_000).toISOString();

describe('advanceClock', () => {
  test('answers the time it is then and what was done on the way', async () => {
    const services = await sandbox();
    const to = inDays(services, 1);
    const answer = await ask(services, OPERATOR, ADVANCE, { to, reason: 'to see it' });
    expect(answer).toEqual({
      advanceClock: {
        now: expect.any(String),
        steps: 1,
        ran: [{ name: 'deployments', times: 1 }],
        replayed: false,
        userErrors: [],
      },
    });
    expect(services.clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse(to));
    const clock = await ask(services, PLATFORM, '{ clock { now isSandbox } }');
    const now = expect.stringMatching(new RegExp(`^${to.slice(0, 10)}`));
    expect(clock).toEqual({ clock: { now, isSandbox: true } });
  });

  test.for([
    ['an instant that has passed', -1, 'INVALID_INPUT', ['to']],
    ['more than five years', 5 * 366 + 1, 'INVALID_INPUT', ['to']],
  ] as const)('refuses %s as data that names the field', async ([, days, code, path]) => {
    const services = await sandbox();
    const answer = await ask(services, OPERATOR, ADVANCE, { to: inDays(services, days), reason: 'test' });
    expect(answer).toMatchObject({ advanceClock: { now: null, userErrors: [{ code, path }] } });
  });

  test('is refused as data outside of sandbox mode', async () => {
    const services = { clock: systemClock, sandbox: undefined };
    const input = { to: new Date(systemMillis() + 1_000).toISOString(), reason: 'test' };
    expect(await ask(services, OPERATOR, ADVANCE, input)).toMatchObject({
      advanceClock: { now: null, userErrors: [{ code: 'CONFLICT', path: [] }] },
    });
    expect(await ask(services, OPERATOR, '{ clock { isSandbox } }')).toEqual({ clock: { isSandbox: false } });
  });

  test('is for operators, who say why', async () => {
    const services = await sandbox();
    const to = inDays(services, 1);
    expect(await ask(services, PLATFORM, ADVANCE, { to, reason: 'test' })).toBe('FORBIDDEN');
    expect(await ask(services, { kind: 'ANONYMOUS' }, ADVANCE, { to, reason: 'test' })).toBe(
      'UNAUTHENTICATED',
    );
    expect(await ask(services, OPERATOR, ADVANCE, { to, reason: ' ' })).toBe('BAD_USER_INPUT');
  });
});
