import { existsSync, readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { describe, expect, test } from 'vitest';
import { EXAMPLES, PLACEHOLDER_IDS } from '../../web/graphiql/examples.ts';

const SCHEMA = new URL('../../schema/schema.graphql', import.meta.url);

test.for(EXAMPLES)('the example $name has one operation, named like its tab', ({ name, query }) => {
  expect(getOperationAST(parse(query))?.name?.value).toBe(name);
});

test('no line of an example is too long for the editor at 1,400 pixels', () => {
  const lines = EXAMPLES.flatMap(({ query }) => query.split('\n'));
  expect(lines.filter((line) => line.length > 52)).toEqual([]);
});

describe.skipIf(!existsSync(SCHEMA))('with schema/schema.graphql', () => {
  const schema = existsSync(SCHEMA)
    ? buildSchema(readFileSync(SCHEMA, 'utf8'))
    : buildSchema('type Query { a: Int }');

  test.for(EXAMPLES)('the example $name is valid', ({ query }) => {
    expect(validate(schema, parse(query))).toEqual([]);
  });

  test.for(EXAMPLES)('the variables of the example $name fit its operation', ({ query, variables }) => {
    const definitions = getOperationAST(parse(query))?.variableDefinitions ?? [];
    const { errors } = getVariableValues(schema, definitions, variables(PLACEHOLDER_IDS));
    expect(errors).toBeUndefined();
  });
});
