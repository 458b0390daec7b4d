import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import { createContext } from '../../src/graphql/context.ts';
import { sampleSchema } from './sample-schema.ts';

const { schema } = sampleSchema();

interface Page {
  numbers: number[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

async function page(args: string): Promise<Page> {
  const selection =
    'edges { cursor node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const contextValue = createContext({ kind: 'ANONYMOUS' }, 'trace');
  const { data, errors } = await graphql({
    schema,
    contextValue,
    source: `{ items${args} { ${selection} } }`,
  });
  if (errors) throw new Error(errors[0]?.message);
  // The shape is that of the selection above.
  const items = data?.items as { edges: { node: { number: number } }[]; pageInfo: Page['pageInfo'] };
  return { numbers: items.edges.map(({ node }) => node.number), pageInfo: items.pageInfo };
}

test('answers twenty items when no size is given', async () => {
  const { numbers, pageInfo } = await page('');
  expect(numbers).toHaveLength(20);
  expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
});

test('reads a list forward to its end without gap or repeat', async () => {
  const seen: number[] = [];
  let current = await page('(first: 100)');
  for (;;) {
    seen.push(...current.numbers);
    if (!current.pageInfo.hasNextPage) break;
    current = await page(`(first: 100, after: "${current.pageInfo.endCursor}")`);
  }
  expect(seen).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  expect(current.numbers).toHaveLength(50);
  expect(current.pageInfo.hasPreviousPage).toBe(true);
});

test('reads a list backward, each page in list order', async () => {
  const last = await page('(last: 3)');
  expect(last.numbers).toEqual([248, 249, 250]);
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  const before = await page(`(last: 3, before: "${last.pageInfo.startCursor}")`);
  expect(before.numbers).toEqual([245, 246, 247]);
  expect(before.pageInfo.hasNextPage).toBe(true);
  const start = await page(`(before: "${(await page('(first: 3)')).pageInfo.endCursor}")`);
  expect(start.numbers).toEqual([1, 2]);
  expect(start.pageInfo.hasPreviousPage).toBe(false);
});

test('a page beyond the end is empty and has no cursors', async () => {
  const { numbers, pageInfo } = await page(`(after: "${(await page('(last: 1)')).pageInfo.endCursor}")`);
  expect(numbers).toEqual([]);
  expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null });
});

test.for([
  ['(first: 101)', 'first: must be from 1 to 100'],
  ['(first: 0)', 'first: must be from 1 to 100'],
  ['(last: -1)', 'last: must be from 1 to 100'],
  ['(first: 1, last: 1)', 'not both'],
  ['(first: 1, before: "abc")', 'not both'],
  ['(last: 1, after: "abc")', 'not both'],
  ['(after: "abc")', 'after: must be a cursor'],
  ['(before: "abc")', 'before: must be a cursor'],
] as const)('refuses %s', async ([args, message]) => {
  await expect(page(args)).rejects.toThrow(message);
});
