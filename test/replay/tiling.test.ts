import { expect, test } from 'vitest';
import { Tiling } from '../../replay/tiling.ts';

function tile(...ranges: readonly (readonly [number, number])[]): Tiling {
  const tiling = new Tiling();
  for (const [fromSeq, seq] of ranges) tiling.add({ fromSeq: String(fromSeq), seq: String(seq) });
  return tiling;
}

test('ranges that follow each other tile, also across a heartbeat, which stands for nothing', () => {
  const tiling = tile([1, 4], [5, 5], [6, 5], [6, 9]);
  expect(tiling.problem).toBeUndefined();
  expect(tiling.seq).toBe(9n);
});

test.for([
  [
    'a gap',
    [
      [1, 4],
      [6, 7],
    ],
    '6–7 came after 4',
  ],
  [
    'a repeat',
    [
      [1, 4],
      [4, 5],
    ],
    '4–5 came after 4',
  ],
  ['a late start', [[2, 3]], '2–3 came after 0'],
  [
    'a range that ends before it begins',
    [
      [1, 4],
      [5, 3],
    ],
    '5–3 came after 4',
  ],
] as const)('%s is a problem', ([, ranges, problem]) => {
  expect(tile(...ranges).problem).toBe(problem);
});

test('the first problem is the one that is told', () => {
  expect(tile([1, 1], [3, 3], [5, 5]).problem).toBe('3–3 came after 1');
});
