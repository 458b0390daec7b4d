import { type Client, createClient } from 'graphql-ws';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { inTransaction } from '../../src/db/client.ts';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { publicId } from '../../src/id.ts';
import { revokeApiKey } from '../../src/teams/keys.ts';
import { removeMember, updateMemberRole } from '../../src/teams/memberships.ts';
import { ACTORS, type ActorName, expectedAnswer } from './access-oracle.ts';
import { useApp } from './app-over-http.ts';
import {
  DEPTH,
  type IsolationSetting,
  isolationSetting,
  operationFor,
  samplingOf,
  samplingOfNothing,
  secretsFrom,
} from './isolation-setting.ts';
import { type Operation, rootFields, stepName } from './operations.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
const schema = buildAppSchema(RESOLVERS, new Map(RESOLVERS.map((resolver) => [resolver, {}])));
const subscriptions = rootFields(schema, 'Subscription').map((step) => ({ name: stepName(step), step }));
const SYSTEM = { kind: 'SYSTEM' } as const;
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

/** A socket of this actor, which stays closed once it is. */
function socketOf(authorization: string | undefined): Client {
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: authorization === undefined ? {} : { authorization },
  });
  onTestFinished(() => void client.dispose());
  return client;
}

/** What comes first: an event, a refusal, or the end of the socket. */
async function firstEvent(events: AsyncIterator<unknown>): Promise<string> {
  try {
    const { value, done } = await events.next();
    return done ? 'DONE' : JSON.stringify(value);
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): string {
  if (Array.isArray(error)) return JSON.stringify(error);
  if (typeof error === 'object' && error !== null && 'code' in error) return `closed with ${error.code}`;
  throw error;
}

/** YES for an event, else the code. 4401 is how a socket says UNAUTHENTICATED. */
function answerOf(text: string): string {
  if (text === 'closed with 4401') return 'UNAUTHENTICATED';
  return /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? (text.startsWith('{"data"') ? 'YES' : text);
}

async function follow(actor: ActorName, operation: Operation): Promise<string> {
  const client = socketOf(setting.credentials.get(actor));
  const events = client.iterate({ ...operation });
  const first = await firstEvent(events);
  await events.return?.();
  return first;
}

describe('a subscription', () => {
  test.for(subscriptions)('to $name starts for whom the rules say', async ({ name, step }) => {
    const faults: string[] = [];
    for (const actor of ACTORS) {
      const sampling = samplingOf(setting, setting.asked, actor);
      const first = await follow(
        actor,
        await operationFor(schema, [step], actor, sampling, DEPTH.Subscription),
      );
      if (answerOf(first) !== expectedAnswer([name], actor)) faults.push(`${actor}: ${first.slice(0, 300)}`);
      const given = new Set(Object.values(sampling.ids));
      const secrets = (await secretsFrom(setting, actor)).filter((secret) => !given.has(secret));
      for (const secret of secrets) if (first.includes(secret)) faults.push(`${actor} is told ${secret}`);
    }
    expect(faults).toEqual([]);
  });

  test.for(subscriptions)('to $name of another team is refused like one of no team', async ({ step }) => {
    const faults: string[] = [];
    for (const actor of ['outsider', 'outsiderKey', 'former'] as const) {
      const answers: string[] = [];
      for (const sampling of [samplingOf(setting, setting.asked, actor), samplingOfNothing(actor)]) {
        const operation = await operationFor(schema, [step], actor, sampling, 1);
        answers.push((await follow(actor, operation)).replaceAll(sampling.ids.team, '(id)'));
      }
      if (answers[0] !== answers[1]) faults.push(`${actor}: ${answers.join('\n')}`);
    }
    expect(faults).toEqual([]);
  });

  test('hears nothing of another team that is charged at the same time', async () => {
    const { asked, other, platform } = setting;
    const query = 'subscription ($id: ID!) { ledgerEntryPosted(teamId: $id) { kind entries { id } } }';
    const events = socketOf(other.owner.authorization).iterate({
      query,
      variables: { id: publicId('team', other.teamId) },
    });
    expect(await firstEvent(events)).toContain('SNAPSHOT');
    await platform.charge(asked.teamId);
    await platform.charge(other.teamId);
    const next = await firstEvent(events);
    expect(next).toContain(publicId('entry', other.teamId));
    expect(next).not.toContain(publicId('entry', asked.teamId));
  });

  test('to deployments hears nothing of those of another team, not even by their id', async () => {
    const { asked, other, platform } = setting;
    const query = `subscription ($id: ID!, $deployment: ID) {
      deploymentChanged(teamId: $id, deploymentId: $deployment) { kind events { deploymentId } } }`;
    const id = publicId('team', other.teamId);
    const answers: string[] = [];
    for (const deployment of [asked.deployments.owner, unknownIds().deployment]) {
      const events = socketOf(other.owner.authorization).iterate({ query, variables: { id, deployment } });
      answers.push((await firstEvent(events)).replaceAll(deployment, '(id)'));
    }
    expect(answers[0]).toBe(answers[1]);
    expect(answerOf(answers[0] ?? '')).toBe('NOT_FOUND');

    const events = socketOf(other.owner.authorization).iterate({ query, variables: { id } });
    expect(await firstEvent(events)).toContain('SNAPSHOT');
    const theirs = await platform.deployment(asked.teamId);
    const own = await platform.deployment(other.teamId);
    const next = await firstEvent(events);
    expect(next).toContain(own);
    expect(next).not.toContain(theirs);
  });

  test('to deployments tells what is missing only to those who may see the money', async () => {
    const { asked, platform } = setting;
    const query = `subscription ($id: ID!) {
      deploymentChanged(teamId: $id) { kind events { deploymentId shortBy } } }`;
    const operation = { query, variables: { id: publicId('team', asked.teamId) } };
    const follow = (actor: ActorName) => socketOf(setting.credentials.get(actor)).iterate(operation);
    const feeds = { owner: follow('owner'), member: follow('member'), teamKeyPlain: follow('teamKeyPlain') };
    for (const events of Object.values(feeds)) expect(await firstEvent(events)).toContain('SNAPSHOT');
    const id = await platform.deployment(asked.teamId);
    expect(await firstEvent(feeds.owner)).not.toContain('FORBIDDEN');
    for (const events of [feeds.member, feeds.teamKeyPlain]) {
      const event = await firstEvent(events);
      expect(event).toContain(id);
      expect(answerOf(event)).toBe('FORBIDDEN');
    }
  });

  test('to deployments ends when its user leaves the team', async () => {
    const { asked, tenants } = setting;
    const leaver = await tenants.member(asked.teamId, 'leaver', 'MEMBER');
    const query = 'subscription ($id: ID!) { deploymentChanged(teamId: $id) { seq } }';
    const operation = { query, variables: { id: publicId('team', asked.teamId) } };
    const events = socketOf(leaver.authorization).iterate(operation);
    expect(answerOf(await firstEvent(events))).toBe('YES');
    await tenants.do((tx, now) => removeMember(tx, { teamId: asked.teamId, userId: leaver.id }, SYSTEM, now));
    expect(answerOf(await firstEvent(events))).toBe('FORBIDDEN');
  });

  test('ends when its user may see the money no more', async () => {
    const { asked, tenants } = setting;
    const { id: userId, authorization } = await tenants.member(asked.teamId, 'demoted', 'ADMIN');
    const query = 'subscription ($id: ID!) { balanceChanged(teamId: $id) { seq } }';
    const events = socketOf(authorization).iterate({
      query,
      variables: { id: publicId('team', asked.teamId) },
    });
    expect(answerOf(await firstEvent(events))).toBe('YES');
    const change = { teamId: asked.teamId, userId, role: 'MEMBER' } as const;
    await tenants.do((tx, now) => updateMemberRole(tx, change, SYSTEM, now));
    expect(answerOf(await firstEvent(events))).toBe('FORBIDDEN');
  });

  test('ends with its socket when its key is revoked', async () => {
    const { asked, tenants } = setting;
    const key = await tenants.key('TEAM', 'leaked', asked.teamId);
    const query = 'subscription ($id: ID!) { balanceChanged(teamId: $id) { seq } }';
    const events = socketOf(key.authorization).iterate({
      query,
      variables: { id: publicId('team', asked.teamId) },
    });
    expect(answerOf(await firstEvent(events))).toBe('YES');
    await inTransaction(app.database.db, (tx) =>
      revokeApiKey(tx, { keyId: key.id, reason: 'leaked' }, SYSTEM, new Date()),
    );
    expect(await firstEvent(events)).toBe('closed with 4401');
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
