import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage } from '../support/world.ts';
import { key, member, operator } from './credit-api.ts';
import { type PromoApi, promoApi, type UserErrorAnswer } from './promo-api.ts';

const database = useDatabase();
const clock = movableClock();
let api: PromoApi;
beforeAll(async () => {
  api = promoApi(database.db, clock);
  await api.world.model('chat-model', { REQUEST: '1' });
});

interface Answered {
  readonly limit: string | null;
  readonly balance: { readonly unpaid: string } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserErrorAnswer[];
}

const SET = `mutation ($input: SetDebtLimitInput!) { setDebtLimit(input: $input) {
  limit balance { unpaid } replayed userErrors { __typename code message path } } }`;

function call(input: Record<string, unknown>, actor: Actor): Promise<Answer<{ setDebtLimit: Answered }>> {
  return ask(api.schema, database.db, actor, SET, { input });
}

async function set(teamId: Uuid, changes: Record<string, unknown> = {}): Promise<Answered> {
  const input = { limit: '20', reason: 'a good customer', idempotencyKey: newUuid(), ...changes };
  const { data, errors } = await call({ teamId: publicId('team', teamId), ...input }, operator);
  expect(errors).toEqual({});
  if (!data) throw new Error('nothing was answered');
  return data.setDebtLimit;
}

const charge = async (teamId: Uuid) => {
  const [result] = await api.world.charge(
    usage(teamId, 'chat-model', { REQUEST: 10 }, { afterTheFact: true }),
  );
  return result?.ok && result.charge.status;
};

describe('setDebtLimit', () => {
  test('is how far usage after the fact may go into debt from then on', async () => {
    const teamId = await api.world.team();
    const before = await charge(teamId);
    expect(await set(teamId)).toEqual({
      limit: '20',
      balance: { unpaid: '0' },
      replayed: false,
      userErrors: [],
    });
    const after = [await charge(teamId), await charge(teamId), await charge(teamId)];
    expect([before, ...after]).toEqual(['UNBILLED', 'CHARGED', 'CHARGED', 'UNBILLED']);
    await expectHealthy(database.db);
  });

  test('leaves what is owed, also above the limit', async () => {
    const teamId = await api.world.team({ debtLimit: '10' });
    await charge(teamId);
    expect(await set(teamId, { limit: '0' })).toMatchObject({ limit: '0', balance: { unpaid: '10' } });
    expect(await charge(teamId)).toBe('UNBILLED');
    await expectHealthy(database.db);
  });

  test('is done once a key, and recorded with its reason', async () => {
    const teamId = await api.world.team({ debtLimit: '5' });
    const idempotencyKey = newUuid();
    await set(teamId, { idempotencyKey });
    await set(teamId, { limit: '7' });
    expect(await set(teamId, { idempotencyKey })).toMatchObject({ limit: '7', replayed: true });
    const { userErrors } = await set(teamId, { idempotencyKey, limit: '8' });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT' }]);
    const events = await database.db.sql`
      select action, details from audit_events where team_id = ${teamId} order by id`;
    expect(events.map(({ action }) => action)).toEqual(['debt-limit.set', 'debt-limit.set']);
    expect(events.map(({ details }) => details)).toContainEqual({
      from: '5',
      to: '20',
      reason: 'a good customer',
    });
  });

  test.for<[string, Record<string, unknown>, string]>([
    ['a negative limit', { limit: '-1' }, 'limit'],
    ['more than anybody may owe', { limit: '9223372.036854776' }, 'limit'],
    ['a long reason', { reason: 'x'.repeat(501) }, 'reason'],
    ['an empty key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['an id of something else', { teamId: publicId('grant', newUuid()) }, 'teamId'],
  ])('refuses %s and says where', async ([, changes, field]) => {
    const teamId = await api.world.team({ debtLimit: '5' });
    const { userErrors, limit } = await set(teamId, changes);
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', path: [field] }]);
    expect(limit).toBeNull();
  });

  test('refuses a team that does not exist', async () => {
    expect((await set(newUuid())).userErrors).toMatchObject([{ code: 'NOT_FOUND', path: ['teamId'] }]);
  });

  test('is the operators’; who sees the billing of a team sees its limit', async () => {
    const teamId = await api.world.team({ debtLimit: '5' });
    const owner = await member(database.db, teamId, 'OWNER');
    const input = { teamId: publicId('team', teamId), limit: '9', reason: 'why', idempotencyKey: newUuid() };
    for (const actor of [owner, key('PLATFORM', ['billing:read']), key('TEAM', ['billing:read'], teamId)])
      expect((await call(input, actor)).errors).toEqual({ setDebtLimit: 'FORBIDDEN' });
    const LIMIT = 'query ($id: ID!) { team(id: $id) { debtLimit } }';
    const see = (actor: Actor) =>
      ask(api.schema, database.db, actor, LIMIT, { id: publicId('team', teamId) });
    expect((await see(owner)).data).toEqual({ team: { debtLimit: '5' } });
    const plain = await member(database.db, teamId, 'MEMBER');
    expect((await see(plain)).errors).toEqual({ 'team.debtLimit': 'FORBIDDEN' });
  });
});
