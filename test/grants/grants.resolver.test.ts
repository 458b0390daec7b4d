import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage } from '../support/world.ts';
import { type CreditApi, creditApi, key, member, operator } from './credit-api.ts';

const database = useDatabase();
const clock = movableClock();
const MINUTE = 60_000;
let api: CreditApi;
beforeAll(async () => {
  api = creditApi(database.db, clock);
  await api.world.model('chat-model', { REQUEST: '1' }, { product: 'chat' });
  await api.world.model('image-model', { REQUEST: '1' }, { product: 'image', gpuType: 'A100' });
});

interface Payload {
  readonly grant: Record<string, unknown> & { readonly id: string };
  readonly balance: Record<string, unknown>;
  readonly replayed: boolean;
  readonly userErrors: readonly {
    readonly code: string;
    readonly message: string;
    readonly path: string[];
  }[];
}

const FIELDS = `grant { id status amount remaining expired voided priority expiresAt costBasis scope { product model gpuType } actor { type id } reason }
  balance { available unpaid seq } replayed userErrors { code message path }`;

type Verb = 'issueGrant' | 'voidGrant' | 'extendGrant';

function call(
  verb: Verb,
  input: Record<string, unknown>,
  actor: Actor = operator,
): Promise<Answer<Record<Verb, Payload>>> {
  const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
  const source = `mutation ($input: ${type}!) { ${verb}(input: $input) { ${FIELDS} } }`;
  return ask(api.schema, database.db, actor, source, { input });
}

/** The payload of a call that gets one. */
async function payload(
  verb: Verb,
  input: Record<string, unknown>,
  actor: Actor = operator,
): Promise<Payload> {
  const { data, errors } = await call(verb, input, actor);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data[verb];
}

const inMinutes = (n: number) => new Date(clock.now().getTime() + n * MINUTE).toISOString();
const why = () => ({ reason: 'because', idempotencyKey: newUuid() });
const issue = (teamId: Uuid, changes: Record<string, unknown> = {}) => ({
  ...{ teamId: publicId('team', teamId), kind: 'PROMOTIONAL', source: 'GOODWILL', amount: '5' },
  ...why(),
  ...changes,
});

async function entriesOf(teamId: Uuid): Promise<number> {
  const [row] = await database.db.sql`select count(*)::int as entries from entries where team_id = ${teamId}`;
  return row?.entries;
}

describe('issueGrant', () => {
  test('gives credit, and answers the grant and the new balance', async () => {
    const teamId = await api.world.team();
    const scope = { product: 'image', model: 'image-model', gpuType: 'A100' };
    const by = key('OPERATOR');
    const expiresAt = inMinutes(9);
    const answer = await payload('issueGrant', issue(teamId, { scope, priority: 3, expiresAt }), by);
    expect(answer).toEqual({
      grant: {
        id: expect.stringMatching(/^grant_/),
        ...{
          status: 'OPEN',
          amount: '5',
          remaining: '5',
          expired: '0',
          voided: '0',
          priority: 3,
          costBasis: '0',
        },
        ...{ expiresAt, scope, reason: 'because' },
        actor: { type: 'KEY', id: publicId('apiKey', by.kind === 'KEY' ? by.keyId : '') },
      },
      balance: { available: '5', unpaid: '0', seq: '1' },
      replayed: false,
      userErrors: [],
    });
    await expectHealthy(database.db);
  });

  test('schedules credit that starts later', async () => {
    const teamId = await api.world.team();
    const answer = await payload('issueGrant', issue(teamId, { effectiveAt: inMinutes(5) }));
    expect(answer).toMatchObject({ grant: { status: 'SCHEDULED' }, balance: { available: '0', seq: '0' } });
  });

  test('pays debt first with prepaid credit', async () => {
    const teamId = await api.world.team({ debtLimit: '3' });
    await api.world.charge(usage(teamId, 'chat-model', { REQUEST: 3 }, { afterTheFact: true }));
    const bought = issue(teamId, { kind: 'PREPAID', source: 'PURCHASE', amount: '10', costBasis: '8' });
    expect(await payload('issueGrant', bought)).toMatchObject({
      grant: { remaining: '7', costBasis: '8' },
      balance: { available: '7', unpaid: '0' },
    });
  });

  test('answers a repeat with the first grant as it is now, and posts nothing', async () => {
    const teamId = await api.world.team();
    const input = issue(teamId);
    const first = await payload('issueGrant', input);
    await api.world.charge(usage(teamId, 'chat-model', { REQUEST: 1 }));
    const again = await payload('issueGrant', input);
    expect(again).toMatchObject({ replayed: true, grant: { id: first.grant.id, remaining: '4' } });
    expect(await entriesOf(teamId)).toBe(2);
  });

  test('issues once however many repeats come at the same time', async () => {
    const teamId = await api.world.team();
    const input = issue(teamId);
    const answers = await Promise.all(Array.from({ length: 12 }, () => payload('issueGrant', input)));
    expect(new Set(answers.map(({ grant }) => grant.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await entriesOf(teamId)).toBe(1);
  });

  test('refuses a key that was used with other input', async () => {
    const teamId = await api.world.team();
    const input = issue(teamId);
    await payload('issueGrant', input);
    const { userErrors, grant } = await payload('issueGrant', { ...input, amount: '6' });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
    expect(grant).toBeNull();
  });

  test('leaves a key free when it refuses', async () => {
    const teamId = await api.world.team();
    const input = issue(teamId, { source: 'PURCHASE' });
    expect((await payload('issueGrant', input)).userErrors).toMatchObject([{ path: ['source'] }]);
    expect(await payload('issueGrant', { ...input, source: 'BONUS' })).toMatchObject({ replayed: false });
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['an amount of zero', { amount: '0' }, 'amount'],
    ['a negative amount', { amount: '-1' }, 'amount'],
    ['more than any grant may have', { amount: '9223372.036854776' }, 'amount'],
    ['a priority below 0', { priority: -1 }, 'priority'],
    ['a priority above 100', { priority: 101 }, 'priority'],
    ['a source of the other kind', { source: 'PURCHASE' }, 'source'],
    ['a start in the past', { effectiveAt: '2020-01-01T00:00:00Z' }, 'effectiveAt'],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [
      'an expiry before the start',
      { effectiveAt: '2031-01-02T00:00:00Z', expiresAt: '2031-01-01T00:00:00Z' },
      'expiresAt',
    ],
    [
      'prepaid credit that expires',
      { kind: 'PREPAID', source: 'PURCHASE', expiresAt: '2031-01-01T00:00:00Z' },
      'expiresAt',
    ],
    [
      'prepaid credit that is restricted',
      { kind: 'PREPAID', source: 'PURCHASE', scope: { product: 'chat' } },
      'scope',
    ],
    ['an unknown model', { scope: { model: 'none' } }, 'scope.model'],
    ['an unknown product', { scope: { product: 'none' } }, 'scope.product'],
    [
      'a product that the model is not of',
      { scope: { model: 'image-model', product: 'chat' } },
      'scope.product',
    ],
    [
      'a GPU that no model of the product has',
      { scope: { product: 'chat', gpuType: 'A100' } },
      'scope.gpuType',
    ],
    ['a long reason', { reason: 'x'.repeat(501) }, 'reason'],
    ['a reason that cannot be stored', { reason: 'half a \ud83d' }, 'reason'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['a long key', { idempotencyKey: 'k'.repeat(256) }, 'idempotencyKey'],
    ['an id of something else', { teamId: publicId('grant', newUuid()) }, 'teamId'],
  ])('refuses %s and says where', async ([, changes, field]) => {
    const teamId = await api.world.team();
    const answer = await payload('issueGrant', issue(teamId, changes));
    expect(answer.userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: field.split('.') }]);
    expect(answer).toMatchObject({ grant: null, balance: null, replayed: false });
    expect(await entriesOf(teamId)).toBe(0);
  });

  test('refuses a team that does not exist', async () => {
    const { userErrors } = await payload('issueGrant', issue(newUuid()));
    expect(userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });

  test('takes the largest grant there may be', async () => {
    const answer = await payload(
      'issueGrant',
      issue(await api.world.team(), { amount: '9223372.036854775' }),
    );
    expect(answer.userErrors).toEqual([]);
  });
});

describe('voidGrant', () => {
  test('takes back what is left, once', async () => {
    const teamId = await api.world.team();
    const grantId = publicId('grant', await api.world.grant(teamId, '5'));
    await api.world.charge(usage(teamId, 'chat-model', { REQUEST: 2 }));
    const input = { grantId, ...why() };
    expect(await payload('voidGrant', input)).toMatchObject({
      grant: { id: grantId, status: 'VOIDED', remaining: '0', voided: '3' },
      balance: { available: '0', seq: '3' },
      replayed: false,
    });
    expect(await payload('voidGrant', input)).toMatchObject({ replayed: true, grant: { status: 'VOIDED' } });
    const { userErrors } = await payload('voidGrant', { grantId, ...why() });
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: ['grantId'] }]);
    await expectHealthy(database.db);
  });

  test('takes back a grant that has not started, without an entry', async () => {
    const teamId = await api.world.team();
    const grantId = publicId(
      'grant',
      await api.world.grant(teamId, '5', { effectiveAt: new Date(inMinutes(5)) }),
    );
    expect(await payload('voidGrant', { grantId, ...why() })).toMatchObject({
      grant: { status: 'VOIDED', voided: '0' },
    });
    expect(await entriesOf(teamId)).toBe(0);
    await expectHealthy(database.db);
  });

  test.for([
    ['SPENT', 2],
    ['EXPIRED', 0],
  ] as const)('refuses a grant that is %s', async ([status, requests]) => {
    const teamId = await api.world.team();
    const id = await api.world.grant(teamId, '2', { expiresAt: new Date(inMinutes(1)) });
    if (requests > 0) await api.world.charge(usage(teamId, 'chat-model', { REQUEST: requests }));
    clock.advance(MINUTE);
    const { userErrors } = await payload('voidGrant', { grantId: publicId('grant', id), ...why() });
    expect(userErrors[0]?.message).toContain(`the grant is ${status}`);
  });
});

describe('extendGrant', () => {
  test('brings back what has expired', async () => {
    const teamId = await api.world.team();
    const id = await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(1)) });
    const grantId = publicId('grant', id);
    clock.advance(2 * MINUTE);
    const expiresAt = inMinutes(5);
    expect(await payload('extendGrant', { grantId, expiresAt, ...why() })).toMatchObject({
      grant: { status: 'OPEN', remaining: '5', expired: '0', expiresAt },
      balance: { available: '5', seq: '3' },
    });
    expect(await payload('extendGrant', { grantId, expiresAt: null, ...why() })).toMatchObject({
      grant: { expiresAt: null },
      balance: { seq: '3' },
    });
    await expectHealthy(database.db);
  });

  test('answers a repeat with the same grant', async () => {
    const teamId = await api.world.team();
    const id = await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(1)) });
    const input = { grantId: publicId('grant', id), expiresAt: inMinutes(5), ...why() };
    expect(await payload('extendGrant', input)).toMatchObject({ replayed: false });
    expect(await payload('extendGrant', input)).toMatchObject({ replayed: true });
    const other = { ...input, expiresAt: inMinutes(6) };
    expect((await payload('extendGrant', other)).userErrors).toMatchObject([
      { code: 'IDEMPOTENCY_CONFLICT' },
    ]);
  });

  test.for<[string, () => Record<string, unknown>]>([
    ['the past', () => ({ expiresAt: inMinutes(-1) })],
    ['an earlier instant', () => ({ expiresAt: inMinutes(4) })],
    ['nothing', () => ({})],
  ])('refuses %s as the new expiry', async ([, changes]) => {
    const teamId = await api.world.team();
    const id = await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(5)) });
    const input = { grantId: publicId('grant', id), ...why(), ...changes() };
    const { userErrors } = await payload('extendGrant', input);
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: ['expiresAt'] }]);
  });

  test('refuses a grant that never expires, and a voided one', async () => {
    const teamId = await api.world.team();
    const lasting = publicId('grant', await api.world.grant(teamId, '5'));
    const voided = publicId(
      'grant',
      await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(5)) }),
    );
    await payload('voidGrant', { grantId: voided, ...why() });
    for (const grantId of [lasting, voided]) {
      const { userErrors } = await payload('extendGrant', { grantId, expiresAt: inMinutes(9), ...why() });
      expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
    }
  });
});

describe('what operators do to grants', () => {
  const verbs: [Verb, (teamId: Uuid, grantId: string) => Record<string, unknown>][] = [
    ['issueGrant', (teamId) => issue(teamId)],
    ['voidGrant', (_, grantId) => ({ grantId, ...why() })],
    ['extendGrant', (_, grantId) => ({ grantId, expiresAt: null, ...why() })],
  ];

  test.for(verbs)('nobody else does: %s', async ([verb, input]) => {
    const teamId = await api.world.team();
    const grantId = publicId(
      'grant',
      await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(5)) }),
    );
    const others: Actor[] = [
      await member(database.db, teamId, 'OWNER'),
      key('PLATFORM', ['usage:write', 'billing:read', 'teams:write']),
      key('TEAM', ['billing:read'], teamId),
    ];
    for (const actor of others) {
      expect((await call(verb, input(teamId, grantId), actor)).errors).toEqual({ [verb]: 'FORBIDDEN' });
    }
    const nobody = await call(verb, input(teamId, grantId), { kind: 'ANONYMOUS' });
    expect(nobody.errors).toEqual({ [verb]: 'UNAUTHENTICATED' });
    expect(await entriesOf(teamId)).toBe(1);
  });

  test.for(verbs)('needs a reason: %s', async ([verb, input]) => {
    const teamId = await api.world.team();
    const grantId = publicId(
      'grant',
      await api.world.grant(teamId, '5', { expiresAt: new Date(inMinutes(5)) }),
    );
    const { errors } = await call(verb, { ...input(teamId, grantId), reason: '  ' });
    expect(errors).toEqual({ [verb]: 'BAD_USER_INPUT' });
  });

  test.for(verbs.slice(1))('needs a grant that exists: %s', async ([verb, input]) => {
    const teamId = await api.world.team();
    const unknown = await payload(verb, input(teamId, publicId('grant', newUuid())));
    expect(unknown.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    const other = await payload(verb, input(teamId, publicId('team', teamId)));
    expect(other.userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: ['grantId'] }]);
  });
});
