import { Agent, request as httpRequest } from 'node:http';
import { newUuid, publicId, type Uuid } from '../src/id.ts';
import { anyOf } from './core.ts';
import { type LoadResult, load, median } from './load.ts';
import { figures, printHeading, printRow } from './report.ts';
import { type BenchServer, startServer } from './server.ts';
import { MODEL, request, type Setting } from './setting.ts';

const MUTATION = `mutation ($input: RecordUsageInput!) {
  recordUsage(input: $input) { results { replayed charge { id amount } balance { available seq } error { code message } } }
}`;

export interface HttpOptions {
  readonly seconds: number;
  readonly rounds: number;
}

/** Charges through GraphQL over HTTP, as a gateway sends them, in a process of its own, against the core of the same run. */
export async function benchHttp(setting: Setting, options: HttpOptions): Promise<void> {
  printHeading('Charges through GraphQL over HTTP');
  const server = await startServer(setting);
  const batcher = setting.batcher();
  const core = () => load(256, options.seconds, () => batcher.charge([request(anyOf(setting.teams))]));
  try {
    await core();
    for (const { items, callers } of [
      { items: 1, callers: 1 },
      { items: 1, callers: 64 },
      { items: 1, callers: 256 },
      { items: 100, callers: 8 },
    ]) {
      const send = sender(server, callers);
      const charge = () => send(body(setting, items));
      await load(callers, options.seconds / 2, charge, items);
      const rounds: { http: LoadResult; core: LoadResult }[] = [];
      for (let round = 0; round < options.rounds; round++) {
        rounds.push({ http: await load(callers, options.seconds, charge, items), core: await core() });
      }
      const [{ http } = { http: NOTHING }] = rounds;
      printRow({
        what: `${items === 1 ? 'one item' : `${items} items`} a mutation, ${callers} callers`,
        figure: figures({ ...http, perSecond: median(rounds.map((round) => round.http.perSecond)) }),
        ratio: median(rounds.map((round) => round.http.perSecond / round.core.perSecond)),
        to: 'the core at 256 callers',
        ...(items === 100 ? { atLeast: 0.6 } : {}),
      });
    }
  } finally {
    await Promise.all([server.close(), batcher.drain()]);
  }
}

const NOTHING: LoadResult = { perSecond: 0, p50Ms: 0, p99Ms: 0, count: 0 };

/** Sends a body over kept connections and gives up on any answer that is not data. */
export function sender(server: BenchServer, connections: number): (body: string) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const options = {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.platformKey}` },
  };
  return (text) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${server.url}/graphql`, options, (response) => {
        let head = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          head ||= chunk;
        });
        response.on('end', () => {
          if (head.startsWith('{"data":{') && !head.includes('"charge":null')) resolve();
          else reject(new Error(`The server answered ${head.slice(0, 500)}`));
        });
      });
      request.on('error', reject);
      request.end(text);
    });
}

/** A mutation that charges `items` things to as many teams, or to `team`. */
export function body(setting: Setting, items: number, team?: Uuid): string {
  const parts: string[] = [];
  for (let i = 0; i < items; i++) {
    const teamId = publicId('team', team ?? anyOf(setting.teams));
    parts.push(
      `{"idempotencyKey":"${newUuid()}","teamId":"${teamId}","model":"${MODEL}","quantities":[{"meter":"INPUT_TOKEN","quantity":"374"},{"meter":"OUTPUT_TOKEN","quantity":"44"}]}`,
    );
  }
  return `{"query":${JSON.stringify(MUTATION)},"variables":{"input":{"items":[${parts.join(',')}]}}}`;
}
