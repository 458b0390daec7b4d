import 'reflect-metadata';
import { graphql } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import type { DomainError } from '../../src/domain-error.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { liveServer } from './live-server.ts';
import { audienceOf, codeOf, OPERATOR, ranges, schemaOn, start, take } from './subscribing.ts';

const database = useDatabase();

describe('a subscription', () => {
  test('answers balances, entries and spend as the API has them', async () => {
    const server = liveServer(database);
    const { world } = server;
    const key = `priced-${newUuid()}`;
    await world.model(key, { REQUEST: '0.25' }, { product: 'chat' });
    const teamId = await world.team();
    await world.grant(teamId, '2');
    await world.grant(teamId, '3', { scope: { product: 'images' } });
    const id = publicId('team', teamId);
    const balance = await start(
      server,
      `subscription { balanceChanged(teamId: "${id}") {
        fromSeq seq kind balance { available unrestricted seq } entries { kind amount availableAfter } } }`,
    );
    const log = await start(
      server,
      `subscription { ledgerEntryPosted(teamId: "${id}", after: "2") { fromSeq seq kind entries { seq kind } } }`,
    );
    const spend = await start(
      server,
      `subscription { spendUpdated(teamId: "${id}", after: "2") { fromSeq seq kind spend {
        seq thisHour today thisMonth burnRatePerHour
        all: runwaySeconds chat: runwaySeconds(scope: { product: "chat" })
        model: runwaySeconds(scope: { model: "${key}" }) } } }`,
    );
    const events = [take(balance, 2), take(log, 1), take(spend, 1)];
    const [charged] = await world.charge(usage(teamId, key, { REQUEST: 1 }));
    expect(charged?.ok).toBe(true);
    const [balances, logs, spends] = await Promise.all(events);
    expect(balances).toEqual([
      {
        balanceChanged: {
          fromSeq: '1',
          seq: '2',
          kind: 'SNAPSHOT',
          balance: { available: '5', unrestricted: '2', seq: '2' },
          entries: [],
        },
      },
      {
        balanceChanged: {
          fromSeq: '3',
          seq: '3',
          kind: 'CHANGE',
          balance: { available: '4.75', unrestricted: '1.75', seq: '3' },
          entries: [{ kind: 'CHARGE', amount: '0.25', availableAfter: '4.75' }],
        },
      },
    ]);
    expect(logs).toEqual([
      {
        ledgerEntryPosted: {
          fromSeq: '3',
          seq: '3',
          kind: 'CHANGE',
          entries: [{ seq: '3', kind: 'CHARGE' }],
        },
      },
    ]);
    expect(spends).toMatchObject([
      {
        spendUpdated: {
          fromSeq: '3',
          seq: '3',
          kind: 'CHANGE',
          spend: { seq: '3', thisHour: '0.25', today: '0.25', thisMonth: '0.25' },
        },
      },
    ]);
    const [shown] = spends as { spendUpdated: { spend: { all: number; chat: number; model: number } } }[];
    const { all, chat, model } = shown?.spendUpdated.spend ?? expect.fail();
    // 4.75 against 1.75: the runway is longer in that proportion, but for rounding.
    expect(all / chat).toBeCloseTo(4.75 / 1.75, 3);
    expect(model).toBe(chat);
  });

  test.for(['balanceChanged', 'ledgerEntryPosted', 'spendUpdated'])(
    '%s is refused before it begins',
    async (field) => {
      const server = liveServer(database);
      const teamId = await server.world.team();
      const user: Actor = { kind: 'USER', userId: newUuid() };
      const key = (scopes: string[], of?: Uuid): Actor => ({
        kind: 'KEY',
        keyId: newUuid(),
        keyType: 'TEAM',
        scopes,
        ...(of && { teamId: of }),
      });
      const codes = [
        await start(server, ranges(teamId, field), { kind: 'ANONYMOUS' }),
        await start(server, ranges(teamId, field), user),
        await start(server, ranges(teamId, field), user, 'MEMBER'),
        await start(server, ranges(teamId, field), key([], teamId)),
        await start(server, ranges(teamId, field), key(['billing:read'], newUuid())),
        await start(server, ranges(teamId, field, ', after: "1"')),
        await start(server, ranges(newUuid(), field)),
        await start(server, ranges(teamId, field), user, 'ADMIN'),
        await start(server, ranges(teamId, field), key(['billing:read'], teamId)),
      ].map(codeOf);
      const refused = [
        'UNAUTHENTICATED',
        'NOT_FOUND',
        'FORBIDDEN',
        'FORBIDDEN',
        'NOT_FOUND',
        'BAD_USER_INPUT',
        'NOT_FOUND',
      ];
      expect(codes).toEqual([...refused, 'STARTED', 'STARTED']);
    },
  );

  test('says how many events a second it wants, within limits', async () => {
    const server = liveServer(database);
    const teamId = await server.world.team();
    const open = (rate: number) => start(server, ranges(teamId, 'balanceChanged', `, maxPerSecond: ${rate}`));
    expect([codeOf(await open(1)), codeOf(await open(0)), codeOf(await open(11))]).toEqual([
      'STARTED',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
    ]);
  });
});

test('the source of a subscription tells who shares its payloads: those of one role, never of two', async () => {
  const server = liveServer(database);
  const teamId = await server.world.team();
  const user = (): Actor => ({ kind: 'USER', userId: newUuid() });
  const of = (actor: Actor, role?: Role) => audienceOf(server, 'balanceChanged', teamId, actor, role);
  const [owner, otherOwner, admin] = [
    await of(user(), 'OWNER'),
    await of(user(), 'OWNER'),
    await of(user(), 'ADMIN'),
  ];
  expect(owner).toBe(otherOwner);
  expect(new Set([owner, admin, undefined]).size).toBe(3);
  expect(await of(OPERATOR)).toBeUndefined();
});

describe('the spend of a team in the API', () => {
  test('is read with its models, by who may see billing', async () => {
    const server = liveServer(database);
    const { world } = server;
    const key = `spent-${newUuid()}`;
    const modelId = await world.model(key, { REQUEST: '2' });
    const teamId = await world.team();
    await world.grant(teamId, '10');
    await world.charge(usage(teamId, key, { REQUEST: 2 }));
    const source = `{ team(id: "${publicId('team', teamId)}") {
      spend { seq thisMonth runwaySeconds }
      spendByModel { modelId amount charges } hour: spendByModel(period: HOUR) { amount } } }`;
    const run = (actor: Actor) =>
      graphql({ schema: schemaOn(server), source, contextValue: createContext(actor, 'trace') });
    const { data } = await run(OPERATOR);
    expect(JSON.parse(JSON.stringify(data?.team))).toMatchObject({
      spend: { seq: '2', thisMonth: '4', runwaySeconds: expect.any(Number) },
      spendByModel: [{ modelId: publicId('model', modelId), amount: '4', charges: 1 }],
      hour: [{ amount: '4' }],
    });
    const { errors } = await run({ kind: 'KEY', keyId: newUuid(), keyType: 'TEAM', teamId, scopes: [] });
    expect(new Set(errors?.map((error) => (error.originalError as DomainError).code))).toEqual(
      new Set(['FORBIDDEN']),
    );
  });

  test('has a rule on each field', () => {
    const { world, live, db } = liveServer(database);
    const rules = accessOf(schemaOn({ world, live, db }));
    const open = [...rules].filter(
      ([field, rule]) => !rule && /^(Subscription|Spend|ModelSpend|\w+Change)\./.test(field),
    );
    expect(open).toEqual([]);
  });
});
