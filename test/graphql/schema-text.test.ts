import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RESOLVERS } from '../../src/graphql/resolvers.ts';
import { buildAppSchema, schemaText } from '../../src/graphql/schema.ts';
import { breakingChanges } from './breaking-changes.ts';

const FILE = 'schema/schema.graphql';

describe('the schema of the product', () => {
  const emitted = schemaText(buildAppSchema(RESOLVERS, new Map()));

  test('is the one that schema/schema.graphql shows; `npm run generate` writes it', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(emitted);
  });

  test('breaks no client of the last commit without a deprecation first', async () => {
    const shown = spawnSync('git', ['show', `HEAD:${FILE}`], { encoding: 'utf8', maxBuffer: 32_000_000 });
    // A copy without its history has no last commit to break.
    if (shown.status === 0) expect(await breakingChanges(shown.stdout, emitted)).toEqual([]);
  });
});

describe('breaking changes', () => {
  const before = `
    type Query { grants(first: Int): [Grant!]! old: String @deprecated(reason: "Use grants.") }
    type Grant { amount: String! state: State! }
    enum State { OPEN VOID }`;

  test.for([
    ['a field that is gone', 'amount: String! ', '', "Field 'amount' was removed"],
    [
      'a field that may be null now',
      'amount: String!',
      'amount: String',
      "Field 'Grant.amount' changed type",
    ],
    ['an argument that is needed now', '(first: Int)', '(first: Int!)', 'changed from'],
    ['an enum value that is gone', 'OPEN VOID', 'OPEN', "Enum value 'VOID' was removed"],
  ] as const)('%s is found', async ([, from, to, message]) => {
    expect((await breakingChanges(before, before.replace(from, to))).join()).toContain(message);
  });

  test.for([
    ['a field that was deprecated', ' old: String @deprecated(reason: "Use grants.")', ''],
    ['a new field', 'state: State!', 'state: State! note: String'],
    ['a new enum value', 'OPEN VOID', 'OPEN VOID EXPIRED'],
  ] as const)('%s is none', async ([, from, to]) => {
    expect(await breakingChanges(before, before.replace(from, to))).toEqual([]);
  });
});
