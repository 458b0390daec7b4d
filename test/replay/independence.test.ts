import { describe, expect, test } from 'vitest';
import { parseSource, type SourceFile, sourceFiles } from '../support/source-file.ts';

const OWN = /^(replay|client)\//;

/** Imports that leave what a program of somebody else's could have written against the API. */
function foreignImports(file: SourceFile): string[] {
  return file.imports
    .filter(({ relative, target }) => relative && !OWN.test(target))
    .map(({ target }) => `${file.path} imports ${target}`);
}

describe('what proves the product right shares no code with it', () => {
  test('the replay and the client import nothing of the product', () => {
    const files = sourceFiles('replay', 'client');
    expect(files.map(({ path }) => path)).toContain('replay/recompute.ts');
    expect(files.flatMap(foreignImports)).toEqual([]);
  });

  test.for([
    "import { rate } from '../src/catalog/rate.ts';",
    "import type { Decimal } from '../src/decimal.ts';",
    "const { rate } = await import('../src/catalog/rate.ts');",
    "export { rate } from '../src/catalog/rate.ts';",
    "import { expected } from '../test/support/expected-payment.ts';",
  ])('would be noticed: %s', (text) => {
    expect(foreignImports(parseSource('replay/recompute.ts', text))).not.toEqual([]);
  });

  test('the recomputation imports nothing but its own arithmetic', () => {
    const byPath = new Map(sourceFiles('replay').map((file) => [file.path, file]));
    const reached = new Set(['replay/recompute.ts']);
    for (const path of reached) {
      for (const { target } of byPath.get(path)?.imports ?? []) reached.add(target);
    }
    expect([...reached].sort()).toEqual([
      'replay/difference.ts',
      'replay/expected-books.ts',
      'replay/expected-grants.ts',
      'replay/expected-price.ts',
      'replay/fraction.ts',
      'replay/listed-prices.ts',
      'replay/recompute.ts',
      'replay/reported.ts',
    ]);
  });
});
