import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { SandboxClock } from '../src/sandbox/sandbox-clock.ts';
import { useDemoApp } from './support/demo-app.ts';
import { deadLinks, unknownNames } from './support/page-checks.ts';
import { askAsPage, type PageFollower, rehearse } from './support/page-rehearsal.ts';

/** When the page begins: on a Monday. Time stands still but for what the page itself advances. */
const START_MS = Date.UTC(2026, 7, 3, 8, 45);
const PAGE = new URL('../docs/metering.md', import.meta.url);

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

/** Follows the deployments of a team. */
class Follower implements PageFollower {
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
    const answer = await askAsPage(running, this.newest);
    const newest = newestSchema.parse(answer).data.team.deploymentEvents.edges[0].node.seq;
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

test('docs/metering.md shows what its operations answer, one after another', {
  timeout: 60_000,
}, async () => {
  const follow = (query: string) => new Follower(query);
  const rehearsed = await rehearse(readFileSync(PAGE, 'utf8'), running, { follow });
  await expect(rehearsed).toMatchFileSnapshot(fileURLToPath(PAGE));
});

test('docs/metering.md leads to its own headings and to files that exist', () => {
  expect(deadLinks(PAGE)).toEqual([]);
});

test('docs/metering.md names nothing of the API that the API does not have', () => {
  expect(unknownNames(PAGE)).toEqual([]);
});
