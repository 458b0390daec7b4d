import { getNamedType, isObjectType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { UserErrorCode } from '../../src/graphql/user-error.ts';
import { settledState } from '../support/stored-state.ts';
import { ACTORS, expectedAnswer } from './access-oracle.ts';
import { useApp } from './app-over-http.ts';
import {
  type IsolationSetting,
  isolationSetting,
  operationFor,
  samplingOf,
  send,
} from './isolation-setting.ts';
import { type Operation, rootFields, routes, type Step, stepName } from './operations.ts';
import { INSIDE, type Refusal, refusalsIn } from './refusal.ts';
import { placesOf, takes } from './sample-arguments.ts';

const app = useApp();
const schema = buildAppSchema(RESOLVERS, new Map(RESOLVERS.map((resolver) => [resolver, {}])));
let setting: IsolationSetting;
beforeAll(async () => {
  setting = await isolationSetting(app);
});

/** Values of each scalar that fit its type, and that hardly any place can use. */
const ODD: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  String: ['', ' ', 'a\n\u0007b', "'; drop table teams; --", '__proto__', 'é💥'.repeat(4_000)],
  Credits: ['0', '-1', '9223372036.854775807', '-9223372036.854775808'],
  Decimal: ['0', '-1', '9'.repeat(60), `0.${'0'.repeat(35)}1`],
  DateTime: ['0001-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  Sequence: ['0', '9223372036854775807'],
  Cursor: ['bm90aGluZw', 'W10', 'WyJ0ZWFtLmNoYXJnZXMiXQ'],
};

interface Case {
  readonly place: string;
  readonly scalar: string;
  readonly way: readonly Step[];
  readonly name: string;
}

const roots = [...rootFields(schema, 'Query'), ...rootFields(schema, 'Mutation')].map((step) => [step]);
const nested = [...routes(schema).values()].flatMap(fieldsBehind);

function fieldsBehind(way: readonly Step[]): Step[][] {
  const type = way.at(-1) && getNamedType(way.at(-1)?.field.type);
  return isObjectType(type)
    ? Object.values(type.getFields()).map((field) => [...way, { type: type.name, field }])
    : [];
}

/** Each place through each root field that takes it, or through one field that is no root. */
function casesOf(scalar: string): Case[] {
  return placesOf(schema, scalar).flatMap((place) => {
    const ends = ([last]: Step[]) => last !== undefined && takes(last.type, last.field, place);
    const ways = roots.filter((way) => ends(way.slice(-1)));
    const inner = nested.find((way) => ends(way.slice(-1)));
    const found = ways.length > 0 ? ways : inner ? [inner] : [];
    return found.map((way) => ({ place, scalar, way, name: way.map(stepName).join(' → ') }));
  });
}

const cases = Object.keys(ODD).flatMap(casesOf);

/** Sends each odd value; what is wrong with the answers, if anything. */
async function faultsOf({ place, scalar, way }: Case): Promise<string[]> {
  const actor = ACTORS.find((one) => expectedAnswer(way.map(stepName), one) === 'YES') ?? 'operator';
  const faults: string[] = [];
  const refused: Operation[] = [];
  for (const value of ODD[scalar] ?? []) {
    const sampling = samplingOf(setting, setting.asked, actor, { path: place, value });
    const operation = await operationFor(schema, way, actor, sampling, 1);
    const answer = await send(setting, actor, operation);
    const refusals = refusalsIn(answer);
    if (refusals.length > 0) refused.push(operation);
    if (refusals.some(isDefect)) faults.push(`${JSON.stringify(value).slice(0, 80)}: ${answer.text}`);
  }
  const before = await stored(way);
  for (const operation of refused) await send(setting, actor, operation);
  return (await stored(way)) === before ? faults : [...faults, 'what was refused has been written'];
}

/** What a mutation might change. */
async function stored([root]: readonly Step[]): Promise<string> {
  return root?.type === 'Mutation' ? JSON.stringify(await settledState(app.database.ownerDb)) : '';
}

function isDefect({ code, says }: Refusal): boolean {
  const isTyped = code in ERROR_CODES || code in UserErrorCode;
  const isOurs = /INTERNAL|UNAVAILABLE|OVERLOADED|VALIDATION/.test(code);
  return !isTyped || isOurs || INSIDE.some((pattern) => pattern.test(says));
}

describe('an odd value is used, or refused by a typed error and nothing is written', () => {
  test.for(cases)('$scalar $place of $name', async (one) => {
    expect(await faultsOf(one)).toEqual([]);
  });

  test('in every place that takes one', () => {
    const scalars = Object.keys(ODD).flatMap((scalar) => placesOf(schema, scalar));
    const outside = scalars.filter((place) => !place.startsWith('Subscription.'));
    expect([...new Set(cases.map(({ place }) => place))].sort()).toEqual(outside.sort());
  });
});

test('nothing fails inside', () => {
  expect(app.failures).toEqual([]);
});
