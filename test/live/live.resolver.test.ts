import 'reflect-metadata';
import { type ExecutionResult, graphql, parse, subscribe } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { DomainError } from '../../src/domain-error.ts';
import { accessOf } from '../../src/graphql/auth.ts';
import { createContext } from '../../src/graphql/context.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { LiveResolver } from '../../src/live/live.resolver.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { SpendResolver, TeamSpendResolver } from '../../src/usage/spend.resolver.ts';
import { useDatabase } from '../support/database.ts';
import { usage } from '../support/world.ts';
import { type LiveServer, liveServer, noDeployments } from './live-server.ts';

const database = useDatabase();
const OPERATOR: Actor = { kind: 'KEY', keyId: newUuid(), keyType: 'OPERATOR', scopes: [] };

/** The schema of the live feeds of a server. */
function schemaOn({ live, db, world }: LiveServer) {
  const { clock, catalog } = world;
  const team = new TeamResolver({ db, clock, openLedger: () => expect.fail() });
  return buildAppSchema(
    [TeamResolver, LiveResolver, TeamSpendResolver, SpendResolver],
    new Map<new (...args: never[]) => object, object>([
      [TeamResolver, team],
      [LiveResolver, new LiveResolver(live)],
      [TeamSpendResolver, new TeamSpendResolver({ db, clock, catalog, committedRates: noDeployments })],
      [SpendResolver, new SpendResolver({ db, clock, catalog, committedRates: noDeployments })],
    ]),
  );
}

type Outcome = AsyncGenerator<ExecutionResult> | ExecutionResult;

/** Starts a subscription, as `actor` with `role` in every team. */
async function start(
  server: LiveServer,
  source: string,
  actor: Actor = OPERATOR,
  role?: Role,
): Promise<Outcome> {
  const contextValue = createContext(actor, 'trace', async (_, teamIds) =>
    role ? new Map(teamIds.map((teamId) => [teamId, role])) : new Map(),
  );
  return (await subscribe({ schema: schemaOn(server), document: parse(source), contextValue })) as Outcome;
}

/** The data of the next events. */
async function take(outcome: Outcome, count: number): Promise<unknown[]> {
  if (!(Symbol.asyncIterator in outcome)) throw outcome.errors?.[0];
  const found: unknown[] = [];
  while (found.length < count) {
    const { value } = await outcome.next();
    expect(value?.errors).toBeUndefined();
    found.push(JSON.parse(JSON.stringify(value?.data)));
  }
  await outcome.return(undefined);
  return found;
}

function codeOf(outcome: Outcome): unknown {
  if (Symbol.asyncIterator in outcome) return 'STARTED';
  const cause = outcome.errors?.[0]?.originalError;
  return cause instanceof DomainError ? cause.code : cause;
}

const ranges = (teamId: Uuid, field: string, args = '') =>
  `subscription { ${field}(teamId: "${publicId('team', teamId)}"${args}) { fromSeq seq kind } }`;

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
  const schema = schemaOn(server);
  const teamId = await server.world.team();
  const audienceOf = async (actor: Actor, role?: Role) => {
    const context = createContext(actor, 'trace', async () => (role ? new Map([[teamId, role]]) : new Map()));
    const source = await schema
      .getSubscriptionType()
      ?.getFields()
      .balanceChanged?.subscribe?.(undefined, { teamId: publicId('team', teamId) }, context, {
        schema,
      } as never);
    return (source as { audience?: string }).audience;
  };
  const user = (): Actor => ({ kind: 'USER', userId: newUuid() });
  const [owner, otherOwner, admin] = [
    await audienceOf(user(), 'OWNER'),
    await audienceOf(user(), 'OWNER'),
    await audienceOf(user(), 'ADMIN'),
  ];
  expect(owner).toBe(otherOwner);
  expect(new Set([owner, admin, undefined]).size).toBe(3);
  expect(await audienceOf(OPERATOR)).toBeUndefined();
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
    const rules = accessOf(schemaOn({ world, live, db, bus: { publish: () => undefined } as never }));
    const open = [...rules].filter(
      ([field, rule]) => !rule && /^(Subscription|Spend|ModelSpend|\w+Change)\./.test(field),
    );
    expect(open).toEqual([]);
  });
});
