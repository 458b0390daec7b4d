import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import Stripe from 'stripe';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { openPayments } from '../src/app-payments.ts';
import { readConfig } from '../src/config.ts';
import { createLogger } from '../src/graphql/logger.ts';
import { useDatabase } from './support/database.ts';
import { useDemoApp } from './support/demo-app.ts';
import { movableClock } from './support/movable-clock.ts';
import { deadLinks } from './support/page-checks.ts';

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

  test('names only commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const commands = [...README.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name);
    for (const name of commands) expect(scripts, `npm run ${name}`).toHaveProperty(name);
  });
});

describe('the pages of documentation', () => {
  const root = new URL('../', import.meta.url);
  const rooms = readdirSync(new URL('src', root)).map((room) => `src/${room}/README.md`);
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...rooms];

  test.for(pages.filter((page) => existsSync(new URL(page, root))))(
    'lead to files and headings that exist: %s',
    (page) => {
      expect(deadLinks(new URL(page, root))).toEqual([]);
    },
  );
});

describe('the README on Stripe', () => {
  const database = useDatabase();
  const stripe = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' };

  test('lists exactly the events that have an effect', async () => {
    const config = readConfig({ ...stripe, PORT: '0' });
    const payments = await openPayments(database.db, config, movableClock(0), createLogger('silent'));
    onTestFinished(() => payments.stop());
    const listed = /```events\n(.*?)```/s
      .exec(README)?.[1]
      ?.split(/\s+/)
      .filter((type) => type !== '');
    expect(listed).toEqual(payments.inbox.types);
  });

  test('names the version of the API that the stripe package speaks', () => {
    expect(/API version `([^`]+)`/.exec(README)?.[1]).toBe(Stripe.API_VERSION);
  });

  test.for([
    { STRIPE_SECRET_KEY: 'sk_test_1' },
    { ...stripe, STRIPE_SECRET_KEY: 'pk_test_1' },
    { ...stripe, STRIPE_WEBHOOK_SECRET: 'secret' },
    { STRIPE_WEBHOOK_SECRET: 'whsec_1' },
    { STRIPE_PUBLISHABLE_KEY: 'sk_test_1' },
    { SANDBOX: 'false' },
    { ...stripe, STRIPE_SECRET_KEY: 'sk_live_1', SANDBOX: 'true' },
  ])('says what a start is refused with, with %j', (env) => {
    const refusal = /\n\s+(?<what>\w+: [^.]+)/.exec(messageOf(() => readConfig(env)))?.groups?.what;
    expect(README).toContain(refusal);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('This was to be refused.');
}
