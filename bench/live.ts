import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { systemMillis } from '../src/clock.ts';
import { publicId, type Uuid } from '../src/id.ts';
import { anyOf } from './core.ts';
import { body, sender } from './http.ts';
import { load, median, percentile } from './load.ts';
import { residentBytesOf } from './processes.ts';
import { format, printHeading, printRow } from './report.ts';
import { type BenchServer, createKey, startServer } from './server.ts';
import type { Setting } from './setting.ts';

const SOCKETS_A_KEY = 900;
const MEGABYTE = 2 ** 20;
const SUBSCRIPTION = `subscription ($teamId: ID!) {
  balanceChanged(teamId: $teamId) { kind fromSeq seq balance { available asOf } }
}`;

export interface LiveOptions {
  readonly seconds: number;
  /** Subscribers of the runs that fan out, ascending; the last is also the number of idle ones. */
  readonly subscribers: readonly number[];
}

/** Push latency, fan-out and memory of live feeds, with the product in a process of its own. */
export async function benchLive(setting: Setting, options: LiveOptions): Promise<void> {
  printHeading('Live feeds');
  await pushLatency(setting, options.seconds);
  for (const count of options.subscribers) await fanOut(setting, count);
  await idleMemory(setting, options.subscribers.at(-1) ?? 1000);
}

interface Change {
  readonly kind: 'SNAPSHOT' | 'CHANGE' | 'COALESCED';
  readonly seq: string;
  readonly balance: { readonly asOf: string };
}

/** From the posting (before its commit) to the message at the client, while the server works at half of what it can. */
async function pushLatency(setting: Setting, seconds: number): Promise<void> {
  const server = await startServer(setting);
  const latencies: number[] = [];
  try {
    const watched = setting.teams.slice(0, 500);
    const sockets = await subscribeAll(setting, server, watched, (change) => {
      if (change.kind === 'CHANGE') latencies.push(systemMillis() - Date.parse(change.balance.asOf));
    });
    const send = sender(server, 64);
    const charge = () => send(body(setting, 1, anyOf(watched)));
    await load(64, seconds / 2, charge);
    const full = await load(64, seconds, charge);
    latencies.length = 0;
    await atRate(full.perSecond / 2, seconds * 2, charge);
    latencies.sort((a, b) => a - b);
    const p99 = percentile(latencies, 0.99);
    printRow({
      what: `posting → socket at ${format(full.perSecond / 2)} charges/s, 500 subscribers`,
      figure: `p50 ${format(percentile(latencies, 0.5))} ms  p99 ${format(p99)} ms  (${latencies.length} events)`,
      ratio: p99 / 25,
      to: 'of 25 ms',
      atMost: 1,
    });
    closeAll(sockets);
  } finally {
    await server.close();
  }
}

/** One team's change to many sockets: messages a second from its arrival to its last delivery. */
async function fanOut(setting: Setting, count: number): Promise<void> {
  const server = await startServer(setting);
  const rates: number[] = [];
  const delays: number[] = [];
  try {
    let delivered = 0;
    let whenAll: () => void = () => undefined;
    const hot = Array.from({ length: count }, () => setting.hotTeam);
    const sockets = await subscribeAll(setting, server, hot, (change) => {
      if (change.kind === 'SNAPSHOT') return;
      delivered += 1;
      if (delivered === count) whenAll();
    });
    const send = sender(server, 1);
    for (let event = 0; event < 12; event++) {
      delivered = 0;
      const all = new Promise<void>((resolve) => {
        whenAll = resolve;
      });
      // Apart, so that none is held back to keep to ten events a second.
      await delay(300);
      const start = performance.now();
      await Promise.all([send(body(setting, 1, setting.hotTeam)), all]);
      const elapsed = performance.now() - start;
      if (event < 2) continue;
      delays.push(elapsed);
      rates.push((count * 1000) / elapsed);
    }
    printRow({
      what: `one change to ${count.toLocaleString('en-US')} sockets`,
      figure: `${format(median(rates))} messages/s, the last after ${format(median(delays))} ms`,
    });
    closeAll(sockets);
  } finally {
    await server.close();
  }
}

/** What the server's process holds when everybody listens and nothing happens. */
async function idleMemory(setting: Setting, count: number): Promise<void> {
  const server = await startServer(setting);
  try {
    const before = residentBytesOf(server.pid);
    const teams = Array.from(
      { length: count },
      (_, i) => setting.teams[i % setting.teams.length] ?? setting.hotTeam,
    );
    const sockets = await subscribeAll(setting, server, teams, () => undefined);
    const after = residentBytesOf(server.pid);
    printRow({
      what: `${count.toLocaleString('en-US')} idle subscribers in one process`,
      figure: `${format(after / MEGABYTE)} MB in all, ${format((after - before) / 1024 / count)} KB each`,
      ratio: after / MEGABYTE / 500,
      to: 'of 500 MB',
      atMost: 1,
    });
    closeAll(sockets);
  } finally {
    await server.close();
  }
}

/** Opens a socket a team and resolves when each has its snapshot. */
async function subscribeAll(
  setting: Setting,
  server: BenchServer,
  teams: readonly Uuid[],
  onChange: (change: Change) => void,
): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (let i = 0; i < teams.length; i += SOCKETS_A_KEY) {
    const key = await createKey(setting, 'OPERATOR');
    const group = teams.slice(i, i + SOCKETS_A_KEY);
    // Some at a time: a listener takes only so many connections that wait.
    for (let j = 0; j < group.length; j += 100) {
      sockets.push(
        ...(await Promise.all(group.slice(j, j + 100).map((team) => subscribe(server, key, team, onChange)))),
      );
    }
  }
  return sockets;
}

function subscribe(
  server: BenchServer,
  key: string,
  team: Uuid,
  onChange: (change: Change) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  const send = (message: object) => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
    socket.on('message', (data) => {
      // The protocol's messages; what the server sends is this bench's own subscription.
      const message = JSON.parse(String(data)) as {
        type: string;
        payload?: { data?: { balanceChanged: Change } };
      };
      if (message.type === 'connection_ack') {
        const payload = { query: SUBSCRIPTION, variables: { teamId: publicId('team', team) } };
        send({ id: '1', type: 'subscribe', payload });
      } else if (message.type === 'ping') send({ type: 'pong' });
      else if (message.type === 'next' && message.payload?.data) {
        onChange(message.payload.data.balanceChanged);
        if (message.payload.data.balanceChanged.kind === 'SNAPSHOT') resolve(socket);
      } else if (message.type === 'error') reject(new Error(String(data)));
    });
  });
}

function closeAll(sockets: readonly WebSocket[]): void {
  for (const socket of sockets) socket.terminate();
}

/** Starts calls evenly at a rate, whether or not the ones before are done. */
async function atRate(perSecond: number, seconds: number, call: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const running = new Set<Promise<unknown>>();
  for (let started = 0; ; ) {
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed >= seconds) break;
    for (; started < elapsed * perSecond; started++) {
      const done = call().finally(() => running.delete(done));
      running.add(done);
    }
    await delay(1);
  }
  await Promise.all(running);
}
