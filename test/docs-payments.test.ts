import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import type { Clock } from '../src/clock.ts';
import { SandboxClock } from '../src/sandbox/sandbox-clock.ts';
import { useDemoApp } from './support/demo-app.ts';
import { deadLinks, unknownNames } from './support/page-checks.ts';
import { rehearse } from './support/page-rehearsal.ts';

/** When the page begins. Time stands still but for what the page itself advances. */
const START_MS = Date.UTC(2026, 8, 1, 9);
const PAGE = new URL('../docs/payments.md', import.meta.url);

let clock: Clock | undefined;
const running = useDemoApp({}, (db) => {
  clock = new SandboxClock(db, { warn: () => undefined }, () => START_MS);
  return clock;
});

/** How many things go on by themselves: jobs, events on their way from the sandbox, recharges that are due. */
async function underWay(): Promise<number> {
  const { sql } = running.database.db;
  const now = clock?.now().toISOString() ?? '';
  const [row] = await sql<{ count: number }[]>`
    select (
      (select count(*) from jobs.job where state in ('created', 'retry', 'active'))
      + (select count(*) from sandbox_stripe_deliveries where next_at <= ${now}::timestamptz)
      + (select count(*) from wallets w join auto_recharges a on a.team_id = w.team_id
        where w.recharge_due_at is not null and a.next_check_at is null)
    )::int as count`;
  return row?.count ?? 0;
}

const settled = () => vi.waitFor(async () => expect(await underWay()).toBe(0), { timeout: 20_000 });

test('docs/payments.md shows what its operations answer, one after another', {
  timeout: 120_000,
}, async () => {
  const rehearsed = await rehearse(readFileSync(PAGE, 'utf8'), running, { settled });
  await expect(rehearsed).toMatchFileSnapshot(fileURLToPath(PAGE));
});

test('docs/payments.md leads to its own headings and to files that exist', () => {
  expect(deadLinks(PAGE)).toEqual([]);
});

test('docs/payments.md names nothing that neither the API nor the configuration has', () => {
  expect(unknownNames(PAGE)).toEqual([]);
});
