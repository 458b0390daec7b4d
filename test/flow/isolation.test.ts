import { isObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessOf } from '../../src/graphql/auth.ts';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { publicId } from '../../src/id.ts';
import { settledState } from '../support/stored-state.ts';
import { ACTORS, type ActorName, expectedAnswer, NODES, ORACLE } from './access-oracle.ts';
import { type HttpAnswer, useApp } from './app-over-http.ts';
import { IDS, type Sampling } from './id-places.ts';
import { INHERITED } from './inherited-fields.ts';
import {
  answerOf,
  DEPTH,
  type IsolationSetting,
  isolationSetting,
  operationFor,
  samplingOf,
  samplingOfNothing,
  secretsFrom,
  send,
  withoutIds,
} from './isolation-setting.ts';
import { type Operation, rootFields, routes, type Step, stepName } from './operations.ts';
import { placesOf, takes } from './sample-arguments.ts';
import { type IdName, idsOf, type OfEach, unknownIds, WORKERS } from './tenants.ts';

const app = useApp();
const schema = buildAppSchema(RESOLVERS, new Map(RESOLVERS.map((resolver) => [resolver, {}])));
const STRANGERS: readonly ActorName[] = ['outsider', 'outsiderKey', 'former'];
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
}
const named = (...steps: Step[]): Case => ({ name: steps.map(stepName).join(' → '), steps });
const rulesOn = (steps: readonly Step[], actor: ActorName) => expectedAnswer(steps.map(stepName), actor);

const queries = rootFields(schema, 'Query')
  .filter(({ field }) => field.name !== 'node' && field.name !== 'nodes')
  .map((step) => named(step));
/** What lies too deep to be reached by the query of the root field that leads there. */
const deep = [...routes(schema).values()]
  .filter(([root, ...way]) => root?.type === 'Query' && way.length === DEPTH.Query)
  .map((way) => named(...way));
const mutations = rootFields(schema, 'Mutation').map((step) => named(step));
const subscriptions = rootFields(schema, 'Subscription').map((step) => named(step));
/** The fields with a rule of their own that are no root fields, each behind the shortest way to its type. */
const guarded = [...routes(schema)].flatMap(([type, way]): Case[] => {
  const object = schema.getType(type);
  if (!isObjectType(object) || way.length === 0) return [];
  const fields = Object.values(object.getFields()).filter(
    ({ name }) => ORACLE[`${type}.${name}`] !== INHERITED,
  );
  return fields.map((field) => named(...way, { type, field }));
});

describe('the oracle', () => {
  test('has a rule for each field of the schema, and for no other', () => {
    expect(Object.keys(ORACLE).sort()).toEqual([...accessOf(schema).keys()].sort());
  });

  test('has a rule of its own for each field that the schema guards', () => {
    const rules = [...accessOf(schema)].filter(([, access]) => access?.rule !== 'INHERITS');
    const ruled = Object.keys(ORACLE).filter((name) => ORACLE[name] !== INHERITED);
    expect(ruled.sort()).toEqual(rules.map(([name]) => name).sort());
  });

  test('knows every type that "node" answers', () => {
    const node = schema.getType('Node');
    const types = node && 'resolveType' in node ? schema.getPossibleTypes(node) : [];
    expect(Object.keys(NODES).sort()).toEqual(types.map(({ name }) => name).sort());
  });

  test('knows every place that takes an id', () => {
    expect(Object.keys(IDS).sort()).toEqual(placesOf(schema, 'ID').sort());
  });
});

test('every field is asked for by somebody who may see it', async () => {
  const fields = new Set(['Query.node', 'Query.nodes']);
  for (const { steps } of [...queries, ...deep, ...mutations, ...subscriptions]) {
    for (const actor of ACTORS) {
      // Each case begins at a root.
      const depth = DEPTH[steps[0]?.type as keyof typeof DEPTH];
      const operation = await operationFor(schema, steps, actor, samplingOfNothing(actor), depth);
      for (const field of operation.fields) fields.add(field);
    }
  }
  expect([...fields].sort()).toEqual(Object.keys(ORACLE).sort());
});

/** What an answer tells that this actor may not know and has not sent. */
async function toldSecrets(answer: HttpAnswer, actor: ActorName, { ids }: Sampling): Promise<string[]> {
  const given = new Set(Object.values(ids));
  const secrets = (await secretsFrom(setting, actor)).filter((secret) => !given.has(secret));
  return secrets
    .filter((secret) => answer.text.includes(secret))
    .map((secret) => `${actor} is told ${secret}`);
}

describe('a query', () => {
  test.for([...queries, ...deep, ...guarded])(
    '$name answers each actor what the rules say',
    async ({ steps }) => {
      const faults: string[] = [];
      for (const actor of ACTORS) {
        const sampling = samplingOf(setting, setting.asked, actor);
        const answer = await send(
          setting,
          actor,
          await operationFor(schema, steps, actor, sampling, DEPTH.Query),
        );
        if (answerOf(answer) !== rulesOn(steps, actor)) faults.push(`${actor}: ${answer.text.slice(0, 300)}`);
        faults.push(...(await toldSecrets(answer, actor, sampling)));
      }
      expect(faults).toEqual([]);
    },
  );
});

describe('a mutation', () => {
  test.for(mutations)('$name does for each actor what the rules say, and else nothing', async ({ steps }) => {
    const faults: string[] = [];
    const denied: (() => Promise<void>)[] = [];
    for (const actor of ACTORS) {
      const expected = rulesOn(steps, actor);
      const sampling = samplingOf(setting, setting.asked, actor);
      const operation = await operationFor(schema, steps, actor, sampling, DEPTH.Mutation);
      const act = async () => {
        const answer = await send(setting, actor, operation);
        const isRefused = /"userErrors":\[\{/.test(answer.text);
        if (answerOf(answer) !== expected || isRefused) faults.push(`${actor}: ${answer.text.slice(0, 300)}`);
        faults.push(...(await toldSecrets(answer, actor, sampling)));
      };
      if (expected === 'YES') await act();
      else denied.push(act);
    }
    const before = await settledState(app.database.ownerDb);
    for (const act of denied) await act();
    expect(await settledState(app.database.ownerDb)).toEqual(before);
    expect(faults).toEqual([]);
  });
});

describe('what belongs to another team', () => {
  test.for([...queries, ...mutations])('is for $name like what does not exist', async ({ steps }) => {
    const faults: string[] = [];
    for (const actor of STRANGERS) {
      const answers: string[] = [];
      for (const sampling of [samplingOf(setting, setting.asked, actor), samplingOfNothing(actor)]) {
        const operation = await operationFor(schema, steps, actor, sampling, 1);
        const isAboutTeams = JSON.stringify(operation.variables).includes('_0');
        if (isAboutTeams) answers.push(withoutIds(await send(setting, actor, operation), operation));
      }
      if (answers[0] !== answers[1]) faults.push(`${actor}: ${answers.join('\n')}`);
    }
    expect(faults).toEqual([]);
  });

  const beside = Object.entries(IDS).flatMap(([place, { ofNamedTeam }]) => {
    const cases = [...queries, ...mutations, ...guarded].filter(({ steps }) => {
      const last = steps.at(-1);
      return last && takes(last.type, last.field, place);
    });
    return ofNamedTeam ? cases.map(({ name, steps }) => ({ name, steps, place, of: ofNamedTeam })) : [];
  });

  test.for(beside)(
    'is not found beside a team of your own: $place of $name',
    async ({ steps, place, of }) => {
      const actor = IDS[place]?.by ?? ACTORS.find((one) => rulesOn(steps, one) === 'YES') ?? 'operator';
      const operations: Operation[] = [];
      for (const id of [idsOf(setting.other)[of], unknownIds()[of]]) {
        const sampling = samplingOf(setting, setting.asked, actor, { path: place, value: id });
        operations.push(await operationFor(schema, steps, actor, sampling, 1));
      }
      const before = await settledState(app.database.ownerDb);
      const answers: string[] = [];
      for (const operation of operations)
        answers.push(withoutIds(await send(setting, actor, operation), operation));
      expect(answers[0]).toBe(answers[1]);
      expect(await settledState(app.database.ownerDb)).toEqual(before);
    },
  );

  test('is covered: an id beside a team is tried wherever there is one', () => {
    const places = Object.keys(IDS).filter((place) => IDS[place]?.ofNamedTeam);
    expect([...new Set(beside.map(({ place }) => place))].sort()).toEqual(places.sort());
  });
});

describe('what somebody else in the team does', () => {
  const actors = ['member', 'teamKey', 'teamKeyPlain'] as const;
  const kinds = { charge: 'charges', hold: 'holds', run: 'runs' } as const;
  const cases = actors.flatMap((actor) =>
    (['charge', 'hold', 'run'] as const).map((kind) => ({ actor, kind, of: kinds[kind] })),
  );

  test.for(cases)('is not found by a $actor: a $kind', async ({ actor, kind, of }) => {
    const query = `query ($id: ID!) { ${kind}(id: $id) { id } }`;
    const all: OfEach = setting.asked[of];
    for (const who of WORKERS) {
      const answer = await send(setting, actor, { query, variables: { id: all[who] } });
      expect([who, answerOf(answer)]).toEqual([who, who === actor ? 'YES' : 'NOT_FOUND']);
      if (who === actor) continue;
      const unknown = { query, variables: { id: unknownIds()[kind] } };
      const answers = [withoutIds(answer, { query, variables: { id: all[who] } })];
      answers.push(withoutIds(await send(setting, actor, unknown), unknown));
      expect(answers[0]).toBe(answers[1]);
    }
  });

  test.for(actors)('is seen by a %s without what it costs: a deployment', async (actor) => {
    const query = `query ($id: ID!) {
      deployment(id: $id) { status spent charges { edges { node { amount } } } } }`;
    for (const who of WORKERS) {
      const { body } = await send(setting, actor, {
        query,
        variables: { id: setting.asked.deployments[who] },
      });
      const cost =
        who === actor
          ? { spent: '0.000001', charges: { edges: [{ node: { amount: '0.000001' } }] } }
          : { spent: null, charges: null };
      expect([who, body]).toEqual([who, { data: { deployment: { status: 'RUNNING', ...cost } } }]);
    }
  });
});

describe('node', () => {
  const KIND: Readonly<Record<string, IdName>> = {
    Team: 'team',
    User: 'user',
    ApiKey: 'apiKey',
    Grant: 'grant',
    LedgerEntry: 'entry',
    Charge: 'charge',
    Hold: 'hold',
    Run: 'run',
    RunQuote: 'quote',
    SpendCap: 'cap',
    Deployment: 'deployment',
    PaymentMethod: 'paymentMethod',
    TopUp: 'topUp',
    RechargeAttempt: 'rechargeAttempt',
    Payment: 'payment',
    Refund: 'refund',
    Dispute: 'dispute',
    PlanSubscription: 'subscription',
    SandboxMail: 'mail',
  };

  async function idOf(type: string, actor: ActorName): Promise<string> {
    const kind = KIND[type];
    if (kind) return samplingOf(setting, setting.asked, actor).ids[kind];
    const { sql } = app.database.db;
    if (type === 'Plan') return publicId('plan', (await sql`select id from plan_versions limit 1`)[0]?.id);
    if (type === 'PromoCode')
      return publicId('promoCode', (await sql`select id from promo_codes limit 1`)[0]?.id);
    const [row] = await sql`
      select m.id as model, p.id as version from models m join price_versions p on p.model_id = m.id
      where (m.instance is not null) = ${type === 'InstanceType'} limit 1`;
    if (type === 'PriceVersion') return publicId('priceVersion', row?.version);
    return publicId(type === 'Model' ? 'model' : 'instanceType', row?.model);
  }

  test.for(Object.keys(NODES))('answers a %s to whom the rules show it, and to nobody else', async (type) => {
    const query = 'query ($id: ID!) { node(id: $id) { __typename id } }';
    const faults: string[] = [];
    for (const actor of ACTORS) {
      const id = await idOf(type, actor);
      const answer = await send(setting, actor, { query, variables: { id } });
      const expected = NODES[type]?.[actor];
      const isRight =
        expected === 'YES'
          ? answer.text.includes(`"__typename":"${type}"`)
          : answerOf(answer) === 'NOTHING' || (answerOf(answer) === expected && expected !== 'NOT_FOUND');
      if (!isRight) faults.push(`${actor}: ${answer.text}`);
    }
    expect(faults).toEqual([]);
  });

  test('answers several at once as it answers each', async () => {
    const ids = Object.values(idsOf(setting.asked));
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }';
    for (const actor of STRANGERS) {
      const { body } = await send(setting, actor, { query, variables: { ids } });
      expect(body).toEqual({ data: { nodes: ids.map(() => null) } });
    }
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
