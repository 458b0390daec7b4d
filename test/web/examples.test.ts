import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { expect, test } from 'vitest';
import { EXAMPLES } from '../../web/graphiql/examples.ts';
import { FILL_INS, filledIn } from '../../web/graphiql/fill-ins.ts';
import { IN_AN_HOUR, PLACEHOLDER_IDS, PLACEHOLDERS, TAG } from '../../web/graphiql/placeholders.ts';

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'));

const operationOf = (query: string) => {
  const operation = getOperationAST(parse(query));
  if (!operation) throw new Error('there is one operation in an example');
  return operation;
};

test.for(EXAMPLES)('the example $name has one operation, named like its tab', ({ name, query }) => {
  expect(operationOf(query).name?.value).toBe(name);
});

test.for([...EXAMPLES, ...FILL_INS.map(({ placeholder: name, query }) => ({ name, query }))])(
  'the operation for $name is valid',
  ({ query }) => {
    expect(schema.getRootType(operationOf(query).operation)).toBeDefined();
    expect(validate(schema, parse(query))).toEqual([]);
  },
);

test.for(EXAMPLES)('the variables of the example $name fit its operation', ({ query, variables }) => {
  const definitions = operationOf(query).variableDefinitions ?? [];
  const { errors } = getVariableValues(schema, definitions, variables(PLACEHOLDER_IDS));
  expect(errors).toBeUndefined();
});

test('no comment in an example is too long for the editor at 1,400 pixels', () => {
  const comments = EXAMPLES.flatMap(({ query }) => query.split('\n')).filter((line) => line.startsWith('#'));
  expect(comments.filter((line) => line.length > 54)).toEqual([]);
});

test('a tab settles the hold that a tab has placed, and not one of the demo traffic', async () => {
  const theirs = { id: 'hold_theirs', tags: [{ name: 'app', value: 'writer' }] };
  const mine = { id: 'hold_mine', tags: [TAG] };
  const edges = [{ node: theirs }, { node: mine }, { node: { ...mine, id: 'hold_older' } }];
  const answer = JSON.stringify({ data: { team: { holds: { edges } } } });
  expect(await filledIn(PLACEHOLDERS.hold, async () => answer)).toBe('hold_mine');
});

test('what cannot be found stays open', async () => {
  const open = JSON.stringify([PLACEHOLDERS, IN_AN_HOUR]);
  expect(await filledIn(open, async () => '{"errors":[{"message":"UNAUTHENTICATED"}]}')).toBe(open);
});
