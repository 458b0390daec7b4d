import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { createContext } from '../../src/graphql/context.ts';
import { newUuid, publicId } from '../../src/id.ts';
import { GRANT_ID, sampleSchema } from './sample-schema.ts';

const { schema } = sampleSchema();

async function ask(source: string, variableValues: Record<string, unknown> = {}) {
  const contextValue = createContext({ kind: 'ANONYMOUS' }, 'trace');
  return graphql({ schema, source, variableValues, contextValue });
}

test('answers an object by its id, with its own type', async () => {
  const { data, errors } = await ask(`{ node(id: "${GRANT_ID}") { __typename id ... on Grant { amount } } }`);
  expect(errors).toBeUndefined();
  expect(data?.node).toEqual({ __typename: 'Grant', id: GRANT_ID, amount: '12.5' });
});

test('answers null for an id that nothing has', async () => {
  const { data, errors } = await ask(`{ node(id: "${publicId('grant', newUuid())}") { id } }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ node: null });
});

test('answers several ids in their order, null where there is nothing', async () => {
  const ids = [publicId('grant', newUuid()), GRANT_ID, GRANT_ID];
  const { data } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(data).toEqual({ nodes: [null, { id: GRANT_ID }, { id: GRANT_ID }] });
});

test.for(['nothing', '', publicId('team', newUuid()), 'grant_x', newUuid()])(
  'refuses "%s", naming the prefixes there are',
  async (id) => {
    const { errors } = await ask('query ($id: ID!) { node(id: $id) { id } }', { id });
    expect(errors?.[0]?.message).toContain('id: must be an id that starts with one of "grant_"');
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  },
);

test('refuses more than a hundred ids', async () => {
  const ids = Array.from({ length: 101 }, () => GRANT_ID);
  const { errors } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(errors?.[0]?.message).toContain('at most 100 ids');
});
