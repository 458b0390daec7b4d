import { readFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { useDemoApp } from './support/demo-app.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Each operation of the first screen with the output printed beneath it. */
const EXAMPLES = [...README.matchAll(/```graphql\n(.*?)```\s+```json\n(.*?)```/gs)].map(
  ([, query = '', output = '']) => ({
    query,
    output: JSON.parse(output) as unknown,
  }),
);

describe('the README', () => {
  const running = useDemoApp();

  test('shows a mutation and its output as a fresh installation answers it', async () => {
    const example = EXAMPLES.find(({ query }) => query.startsWith('mutation'));
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: running.authorization('PLATFORM') },
      body: JSON.stringify({ query: example?.query, variables: { teamId: running.teamId } }),
    });
    expect(await response.json()).toEqual({ data: example?.output });
  });

  test('shows a subscription and its first event as the charge before left it', async () => {
    const example = EXAMPLES.find(({ query }) => query.startsWith('subscription'));
    const client = createClient({
      url: `${running.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: running.authorization('TEAM') },
    });
    const events = client.iterate({ query: example?.query ?? '', variables: { teamId: running.teamId } });
    const first = await events.next();
    await client.dispose();
    expect(first.value).toEqual({ data: example?.output });
  });

  test('names only files and commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const commands = [...README.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name);
    for (const name of commands) expect(scripts, `npm run ${name}`).toHaveProperty(name);
    const links = [...README.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = '']) => path);
    for (const path of links)
      expect(() => readFileSync(new URL(`../${path}`, import.meta.url)), path).not.toThrow();
  });
});
