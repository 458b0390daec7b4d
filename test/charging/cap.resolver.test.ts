import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { Catalog } from '../../src/catalog/catalog-cache.ts';
import { capNodes, SpendCapResolver } from '../../src/charging/cap.resolver.ts';
import { inTransaction } from '../../src/db/client.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { addMember } from '../../src/teams/memberships.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage } from '../support/world.ts';
import { asUser, newTeam, newUser, SYSTEM, wallet } from '../teams/people.ts';
import { type CappedTeam, cappedTeam, ONE, placeHold } from './capped-team.ts';
import { ask } from './charge-api.ts';

const database = useDatabase();
const TEN = new Date('2026-11-24T10:00:00.000Z');

const SET = `mutation ($input: SetSpendCapInput!) {
  setSpendCap(input: $input) { cap { ...Cap } replayed userErrors { code path message } }
}
fragment Cap on SpendCap {
  id subject memberId apiKeyId modelKey period limit spent held remaining resetsAt createdAt
}`;
const LIST = `query ($id: ID!, $first: Int, $after: Cursor) {
  team(id: $id) { spendCaps(first: $first, after: $after) {
    edges { node { ...Cap } cursor } pageInfo { hasNextPage }
  } }
}
fragment Cap on SpendCap { id subject modelKey limit spent held remaining }`;

interface Cap {
  readonly id: string;
  readonly remaining: string;
}
interface Set {
  readonly setSpendCap: { readonly cap: Cap | null; readonly userErrors: readonly object[] };
}
interface List {
  readonly team: {
    readonly spendCaps: {
      readonly edges: readonly { readonly node: Cap; readonly cursor: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
  };
}

async function setting() {
  const { db } = database;
  const clock = movableClock(TEN.getTime());
  const team = await cappedTeam(db, clock);
  const services = { db, clock, catalog: new Catalog(db), openLedger: wallet };
  const schema = buildAppSchema(
    [TeamResolver, SpendCapResolver, NodeResolver],
    new Map<new (...args: never[]) => object, object>([
      [TeamResolver, new TeamResolver(services)],
      [SpendCapResolver, new SpendCapResolver(services)],
      [NodeResolver, new NodeResolver(capNodes(services))],
    ]),
  );
  const asking = <T>(actor: Actor, source: string, variables: object) =>
    ask<T>(schema, db, actor, source, { ...variables });
  const set = (actor: Actor, input: object) =>
    asking<Set>(actor, SET, { input: { teamId: publicId('team', team.teamId), period: 'DAY', ...input } });
  return { clock, team, asking, set, owner: asUser(team.memberId) };
}

const member = ({ memberId }: CappedTeam) => ({ memberId: publicId('user', memberId) });
const teamKey = ({ teamId }: CappedTeam, scopes: string[]): Actor => {
  return { kind: 'KEY', keyId: newUuid(), keyType: 'TEAM', teamId, scopes };
};

describe('setSpendCap', () => {
  test('answers the cap with what the period has seen', async () => {
    const { team, set, owner } = await setting();
    const { memberId, teamId, model } = team;
    await team.world.charge(usage(teamId, model, { REQUEST: 2 }, { memberId }));
    await team.world.batcher().holds([placeHold(team, 1, { memberId })]);
    const { data } = await set(owner, { subject: member(team), limit: '2.5' });
    expect(data?.setSpendCap).toEqual({
      cap: {
        id: expect.stringMatching(/^cap_/),
        subject: 'MEMBER',
        ...member(team),
        apiKeyId: null,
        modelKey: null,
        period: 'DAY',
        limit: '2.5',
        spent: '2',
        held: '1',
        remaining: '0',
        resetsAt: '2026-11-25T00:00:00.000Z',
        createdAt: TEN.toISOString(),
      },
      replayed: false,
      userErrors: [],
    });
  });

  test('caps a key and a model, by the month, too', async () => {
    const { team, set, owner } = await setting();
    const apiKeyId = publicId('apiKey', team.apiKeyId);
    const ofKey = await set(owner, { subject: { apiKeyId }, limit: '1', period: 'MONTH' });
    const resetsAt = '2026-12-01T00:00:00.000Z';
    expect(ofKey.data?.setSpendCap.cap).toMatchObject({
      subject: 'API_KEY',
      apiKeyId,
      period: 'MONTH',
      resetsAt,
    });
    const ofModel = await set(owner, { subject: { model: team.model }, limit: '0' });
    expect(ofModel.data?.setSpendCap.cap).toMatchObject({ subject: 'MODEL', modelKey: team.model });
  });

  test('removes the cap when the limit is null or left out', async () => {
    const { team, set, owner } = await setting();
    for (const removing of [{ limit: null }, {}]) {
      await set(owner, { subject: member(team), limit: '1' });
      const { data } = await set(owner, { subject: member(team), ...removing });
      expect(data?.setSpendCap).toEqual({ cap: null, replayed: false, userErrors: [] });
    }
  });

  test.for([
    ['an unknown member', { memberId: publicId('user', newUuid()) }, '1', 'NOT_FOUND', 'subject.memberId'],
    ['no id of a member', { memberId: 'me' }, '1', 'INVALID_INPUT', 'subject.memberId'],
    ['an unknown key', { apiKeyId: publicId('apiKey', newUuid()) }, '1', 'NOT_FOUND', 'subject.apiKeyId'],
    ['an unknown model', { model: 'no-such-model' }, '1', 'NOT_FOUND', 'subject.model'],
    ['a negative limit', undefined, '-1', 'INVALID_INPUT', 'limit'],
  ] as const)('refuses %s as data that names the field', async ([, subject, limit, code, field]) => {
    const { team, set, owner } = await setting();
    const { data } = await set(owner, { subject: subject ?? member(team), limit });
    const refusal = { code, path: field.split('.'), message: expect.stringContaining(field) };
    expect(data?.setSpendCap).toEqual({ cap: null, replayed: false, userErrors: [refusal] });
  });

  test('demands exactly one subject', async () => {
    const { team, set, owner } = await setting();
    for (const subject of [{}, { ...member(team), model: team.model }, { model: null }]) {
      await expect(set(owner, { subject, limit: '1' })).rejects.toThrow(
        /OneOf type "SpendCapSubjectInput"|must be non-null/,
      );
    }
  });

  test('is for owners and admins; a key with billing:read may look', async () => {
    const { team, set, asking, owner } = await setting();
    const { teamId } = team;
    const people = await Promise.all(
      (['ADMIN', 'MEMBER'] as const).map(async (role) => {
        const userId = await newUser(database.db);
        await inTransaction(database.db, (tx) => addMember(tx, { teamId, userId, role }, owner, TEN));
        return asUser(userId);
      }),
    );
    const [admin = SYSTEM, plain = SYSTEM] = people;
    const reading = teamKey(team, ['billing:read']);
    const input = { subject: member(team), limit: '1' };
    expect((await set(admin, input)).data?.setSpendCap.userErrors).toEqual([]);
    for (const actor of [plain, reading])
      expect((await set(actor, input)).errors).toEqual({ setSpendCap: 'FORBIDDEN' });
    const id = publicId('team', teamId);
    const seen = await asking<List>(reading, LIST, { id });
    expect(seen.data?.team.spendCaps.edges).toHaveLength(1);
    for (const actor of [plain, teamKey(team, [])])
      expect((await asking(actor, LIST, { id })).errors).toEqual({ 'team.spendCaps': 'FORBIDDEN' });
  });
});

describe('the caps of a team', () => {
  test('are listed in the order in which they were set, page by page, with their figures of now', async () => {
    const { clock, team, asking, owner } = await setting();
    const { memberId, apiKeyId, modelId, teamId, model } = team;
    await team.set({ subject: 'MODEL', subjectId: modelId });
    clock.advance(1_000);
    await team.set({ subject: 'MEMBER', subjectId: memberId });
    clock.advance(1_000);
    await team.set({ subject: 'API_KEY', subjectId: apiKeyId });
    await team.world.charge(usage(teamId, model, { REQUEST: 2 }, { memberId }));
    const id = publicId('team', teamId);
    const first = (await asking<List>(owner, LIST, { id, first: 2 })).data?.team.spendCaps;
    const [ofModel, ofMember] = first?.edges.map(({ node }) => node) ?? [];
    expect(ofModel).toMatchObject({ subject: 'MODEL', modelKey: model, spent: '2', remaining: '18' });
    expect(ofMember).toMatchObject({ subject: 'MEMBER', spent: '2', held: '0', remaining: '18' });
    expect(first?.pageInfo).toEqual({ hasNextPage: true });
    const after = first?.edges.at(-1)?.cursor;
    const rest = (await asking<List>(owner, LIST, { id, first: 2, after })).data?.team.spendCaps;
    expect(rest?.edges.map(({ node }) => node)).toMatchObject([{ subject: 'API_KEY', spent: '0' }]);
    clock.advance(86_400_000);
    const tomorrow = (await asking<List>(owner, LIST, { id, first: 1 })).data?.team.spendCaps;
    expect(tomorrow?.edges[0]?.node).toMatchObject({ spent: '0', remaining: '20' });
  });

  test('are nodes for those who may see the billing of their team', async () => {
    const { team, asking, owner } = await setting();
    const { cap } = await team.set({ limitNano: ONE });
    const node = '{ node(id: "ID") { id ... on SpendCap { limit } } }'.replace(
      'ID',
      publicId('cap', cap?.id ?? ''),
    );
    expect((await asking(owner, node, {})).data).toEqual({
      node: { id: publicId('cap', cap?.id ?? ''), limit: '1' },
    });
    const { owner: stranger } = await newTeam(database.db);
    for (const actor of [asUser(stranger), teamKey(team, [])])
      expect((await asking(actor, node, {})).data).toEqual({ node: null });
    await team.set({ limitNano: null });
    expect((await asking(owner, node, {})).data).toEqual({ node: null });
  });
});
