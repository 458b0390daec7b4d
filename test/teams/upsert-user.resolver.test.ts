import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor, KeyType } from '../../src/actor.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { newUuid } from '../../src/id.ts';
import { UpsertUserResolver } from '../../src/teams/upsert-user.resolver.ts';
import { ViewerResolver } from '../../src/teams/viewer.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { useDatabase } from '../support/database.ts';
import { at, newUser } from './people.ts';

const database = useDatabase();
let schema: GraphQLSchema;
beforeAll(() => {
  const { db } = database;
  const instances = new Map<ResolverClass, object>([
    [ViewerResolver, new ViewerResolver(db)],
    [UpsertUserResolver, new UpsertUserResolver({ db, clock: { now: () => at } })],
  ]);
  schema = buildAppSchema([ViewerResolver, UpsertUserResolver], instances);
});

const UPSERT = `mutation ($input: UpsertUserInput!) { upsertUser(input: $input) {
  user { id email name } userErrors { code path } } }`;

const call = (actor: Actor, input: Record<string, unknown>) =>
  ask<{ upsertUser: { user: { id: string } | null } }>(schema, database.db, actor, UPSERT, { input });

const key = (keyType: KeyType, ...scopes: string[]): Actor => ({
  kind: 'KEY',
  keyId: newUuid(),
  keyType,
  scopes,
});
const platform = key('PLATFORM', 'users:write');

describe('upsertUser in the API', () => {
  test('makes a person known to a platform', async () => {
    const subject = newUuid();
    const input = { subject, email: 'ada@example.org', emailVerified: true, name: 'Ada' };
    const { data, errors } = await call(platform, input);
    expect(errors).toEqual({});
    expect(data).toEqual({
      upsertUser: {
        user: { id: expect.stringMatching(/^user_/), email: 'ada@example.org', name: 'Ada' },
        userErrors: [],
      },
    });
    const again = await call(platform, { subject, email: null, name: null });
    expect(again.data).toEqual(data);
  });

  test('takes an e-mail for unverified unless it is said to be', async () => {
    const { data } = await call(platform, { subject: newUuid(), email: 'ada@example.org' });
    expect(data).toMatchObject({ upsertUser: { user: { email: null } } });
  });

  test('tells what cannot be used', async () => {
    const { data } = await call(platform, { subject: newUuid(), email: 'ada' });
    expect(data).toEqual({
      upsertUser: { user: null, userErrors: [{ code: 'INVALID_INPUT', path: ['email'] }] },
    });
  });

  test('is for platform keys with its scope', async () => {
    const user: Actor = { kind: 'USER', userId: await newUser(database.db) };
    const others = [user, key('PLATFORM', 'teams:write'), key('OPERATOR'), key('PARTNER', 'users:write')];
    for (const actor of others)
      expect((await call(actor, { subject: newUuid() })).errors).toEqual({ upsertUser: 'FORBIDDEN' });
    const { errors } = await call({ kind: 'ANONYMOUS' }, { subject: newUuid() });
    expect(errors).toEqual({ upsertUser: 'UNAUTHENTICATED' });
  });
});
