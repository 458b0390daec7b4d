import { describe, expect, test } from 'vitest';
import { LEAF_FILES, PURE_FILES } from './support/import-ranks.ts';
import { parseSource, pathsBelow, sourceFiles } from './support/source-file.ts';
import { nameFault, RULES } from './support/tidy-rules.ts';

const FOLDERS = ['src', 'test', 'bench', 'replay'];
const files = sourceFiles(...FOLDERS);

const asCase = ([path, text]: readonly [string, string]) => ({
  path,
  text,
  title: `${path}: ${text.trim().replace(/\s+/g, ' ')}`,
});

describe.for(RULES)('$name', ({ broken, planted, fine }) => {
  test('in every file', () => {
    expect(files.flatMap((file) => broken(file).map((fault) => `${file.path}: ${fault}`))).toEqual([]);
  });

  test.for(planted.map(asCase))('would be noticed in $title', ({ path, text }) => {
    expect(broken(parseSource(path, text))).not.toEqual([]);
  });

  test.for(fine.map(asCase))('is kept by $title', ({ path, text }) => {
    expect(broken(parseSource(path, text))).toEqual([]);
  });
});

test('the rules name only files that exist', () => {
  expect(files.length).toBeGreaterThan(100);
  const paths = new Set(files.map((file) => file.path));
  expect([...PURE_FILES, ...LEAF_FILES].filter((path) => !paths.has(path))).toEqual([]);
});

test('every file and folder has a kebab-case name that says what is inside', () => {
  const named = pathsBelow(...FOLDERS, 'drizzle').filter(
    (path) => /^(src|test|bench|replay)\//.test(path) && !/\.md$/.test(path),
  );
  expect(named.map(nameFault).filter((fault) => fault !== undefined)).toEqual([]);
});
