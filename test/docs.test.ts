import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { SandboxClock } from '../src/sandbox/sandbox-clock.ts';
import { useDemoApp } from './support/demo-app.ts';
import { markdownOf, type Part, partsOf, printJson, ShortNames } from './support/worked-example.ts';

/** When the page begins: on a Monday. Time stands still but for what the page itself advances. */
const START_MS = Date.UTC(2026, 7, 3, 8, 45);
const PAGE = fileURLToPath(new URL('../docs/metering.md', import.meta.url));

const running = useDemoApp({ DEMO_TRAFFIC: 'false' }, (db) => {
  return new SandboxClock(db, { warn: () => undefined }, () => START_MS);
});

/** An event of the page's subscription. */
const eventSchema = z.object({
  data: z.object({
    deploymentChanged: z.object({ kind: z.string(), seq: z.string(), events: z.array(z.unknown()) }),
  }),
});
const newestSchema = z.object({
  data: z.object({
    team: z.object({
      deploymentEvents: z.object({ edges: z.tuple([z.object({ node: z.object({ seq: z.string() }) })]) }),
    }),
  }),
});

/** The credentials that a comment at the top of an operation names: a gateway's, if there is none. */
function credentialsFor(operation: string): string {
  if (operation.startsWith('# operator key')) return running.authorization('OPERATOR');
  if (operation.startsWith("# owner's token")) return running.userAuthorization;
  return running.authorization('PLATFORM');
}

async function ask(query: string): Promise<{ data: unknown }> {
  const response = await fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: credentialsFor(query) },
    body: JSON.stringify({ query }),
  });
  const answer: unknown = await response.json();
  expect(answer, query).toEqual({ data: expect.anything() });
  return z.object({ data: z.unknown() }).parse(answer);
}

/** Follows the deployments of a team. */
class Follower {
  private readonly client = createClient({
    url: `${running.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: running.authorization('PLATFORM') },
  });
  private readonly frames: AsyncIterator<unknown>;
  private readonly newest: string;
  private isNew = true;

  constructor(query: string) {
    this.frames = this.client.iterate({ query });
    const teamId = /teamId: "([^"]+)"/.exec(query)?.[1] ?? '';
    this.newest = `query { team(id: "${teamId}") { deploymentEvents(last: 1) { edges { node { seq } } } } }`;
  }

  /** What came of the last operation, as one event: whether it came as one or as several is a matter of moments. */
  async next(): Promise<unknown> {
    let shown = await this.frame();
    // A heartbeat tells nothing.
    while (shown.events.length === 0 && !this.isNew) shown = await this.frame();
    this.isNew = false;
    const newest = newestSchema.parse(await ask(this.newest)).data.team.deploymentEvents.edges[0].node.seq;
    while (Number(shown.seq) < Number(newest)) {
      const { seq, events } = await this.frame();
      shown = { ...shown, seq, events: [...shown.events, ...events] };
    }
    return { deploymentChanged: shown };
  }

  async end(): Promise<void> {
    await this.client.dispose();
  }

  private async frame() {
    return eventSchema.parse((await this.frames.next()).value).data.deploymentChanged;
  }
}

/** The page as it would stand if its results were what the app answers now. */
class Rehearsal {
  private readonly names = new ShortNames();
  private follower: Follower | undefined;
  private answer: unknown;

  /** The part as it should be. A result is that of the operation before it, or what the subscription tells next. */
  async run(part: Part): Promise<Part> {
    if (part.kind === 'text') return part;
    if (part.kind === 'result') return { kind: 'result', text: await this.result() };
    expect(this.answer, `an answer that is not shown, before:\n${part.text}`).toBeUndefined();
    const query = this.names.lengthen(part.text);
    if (query.startsWith('subscription')) this.follower = new Follower(query);
    else this.answer = (await ask(query)).data;
    return part;
  }

  async end(): Promise<void> {
    await this.follower?.end();
  }

  private async result(): Promise<string> {
    const shown = this.answer ?? (await this.follower?.next());
    this.answer = undefined;
    return `${printJson(this.names.shorten(shown))}\n`;
  }
}

test('docs/metering.md shows what its operations answer, one after another', {
  timeout: 60_000,
}, async () => {
  const rehearsal = new Rehearsal();
  const rehearsed: string[] = [];
  for (const part of partsOf(readFileSync(PAGE, 'utf8')))
    rehearsed.push(markdownOf(await rehearsal.run(part)));
  await rehearsal.end();
  await expect(rehearsed.join('')).toMatchFileSnapshot(PAGE);
});

test('docs/metering.md leads to its own headings and to files that exist', () => {
  const page = readFileSync(PAGE, 'utf8');
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => anchorOf(text));
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
  for (const link of links.filter((one) => one.startsWith('#'))) expect(headings).toContain(link.slice(1));
  for (const link of links.filter((one) => !one.startsWith('#')))
    expect(() => readFileSync(new URL(link, pathToFileURL(PAGE))), link).not.toThrow();
});

test('docs/metering.md names nothing of the API that the API does not have', () => {
  const schema = readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8');
  const words = new Set(schema.match(/\w+/g));
  const prose = partsOf(readFileSync(PAGE, 'utf8')).filter(({ kind }) => kind === 'text');
  const spans = prose.flatMap(({ text }) => [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span));
  const names = spans.flatMap((span) => span.match(/\b[a-z]+[A-Z]\w*/g) ?? []);
  const constants = prose.flatMap(({ text }) => text.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? []);
  expect([...names, ...constants].filter((name) => !words.has(name))).toEqual([]);
});

/** What a heading is linked by. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
