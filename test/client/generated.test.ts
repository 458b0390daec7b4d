import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the typed documents are those of the committed schema and operations', () => {
  const run = spawnSync('node_modules/.bin/graphql-codegen', ['--config', 'codegen.ts', '--check'], {
    encoding: 'utf8',
  });
  expect(run.status, `run "npm run generate"\n${run.stdout}${run.stderr}`).toBe(0);
});
