import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { DEMO_MODEL } from '../../src/sandbox/demo-grants.ts';
import type { Example } from '../../web/graphiql/example.ts';
import { EXAMPLES } from '../../web/graphiql/examples.ts';
import { FILL_INS, filledIn } from '../../web/graphiql/fill-ins.ts';
import { useDemoApp } from '../support/demo-app.ts';

const running = useDemoApp();

async function post(authorization: string, query: string, variables: unknown): Promise<string> {
  const response = await fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  });
  return response.text();
}

/** The first event of a subscription, as text. */
async function subscribe(authorization: string, query: string, variables: Record<string, unknown>) {
  const client = createClient({
    url: `${running.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
  });
  const event = await client.iterate({ query, variables }).next();
  await client.dispose();
  return JSON.stringify(event.value);
}

/** What a tab shows when it is opened and run as it is. */
async function runTab({ query, keyType, variables }: Example): Promise<string> {
  const ids = { teamId: running.teamId, model: DEMO_MODEL };
  const asked = JSON.stringify(variables(ids));
  const filled = await filledIn(asked, (lookUp) =>
    post(running.authorization('PLATFORM'), lookUp, { teamId: running.teamId }),
  );
  expect(FILL_INS.filter(({ placeholder }) => filled.includes(placeholder))).toEqual([]);
  const send = query.includes('\nsubscription') ? subscribe : post;
  return send(running.authorization(keyType), query, JSON.parse(filled));
}

test.for(EXAMPLES)('after the tabs before it, $name runs as it opens', async (example) => {
  const answer = await runTab(example);
  expect(answer).toMatch(/^\{"data":\{/);
  expect(answer).not.toMatch(/"errors":|"error":\{|"userErrors":\[\{/);
});
