import { hash } from 'node:crypto';

/** A whole number from 0 up to but not including `bound`: the same for the same words, on every machine. */
export function chance(bound: number, ...words: readonly (string | number)[]): number {
  return Number.parseInt(hash('sha256', words.join('/'), 'hex').slice(0, 8), 16) % bound;
}

/** Chooses among `count` so that the first are chosen most: a few large customers and many small ones. */
export function skewedChoice(count: number): (...words: readonly (string | number)[]) => number {
  const ends: number[] = [];
  for (let i = 0; i < count; i++) ends.push((ends.at(-1) ?? 0) + Math.floor(1_000_000 / (i + 5)));
  const total = ends.at(-1) ?? 1;
  return (...words) => {
    const point = chance(total, ...words);
    return ends.findIndex((end) => point < end);
  };
}
