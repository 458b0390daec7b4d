import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { expect, test } from 'vitest';
import { EXAMPLES, PLACEHOLDER_IDS } from '../../web/graphiql/examples.ts';
import newestCharge from '../../web/graphiql/newest-charge.graphql?raw';

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'));

const operationOf = (query: string) => {
  const operation = getOperationAST(parse(query));
  if (!operation) throw new Error('there is one operation in an example');
  return operation;
};

test.for(EXAMPLES)('the example $name has one operation, named like its tab', ({ name, query }) => {
  expect(operationOf(query).name?.value).toBe(name);
});

test.for([...EXAMPLES, { name: 'NewestCharge', query: newestCharge }])(
  'the operation $name is valid',
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
