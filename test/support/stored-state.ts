import { vi } from 'vitest';
import { textArrayOf } from '../../src/db/arrays.ts';
import type { Db } from '../../src/db/client.ts';
import { JOBS } from '../../src/jobs/job-names.ts';

/** Made from other tables by workers at their own time, or by signing what is there. */
const DERIVED = [
  ...['spend_buckets', 'spend_cursors', 'checkpoints', 'hold_sweeps'],
  // How Stripe is watched, and what was guessed: neither moves anything.
  ...['payment_method_watches', 'promo_guesses'],
];

/** A digest of all rows of each table, whatever their order; when a key was last used, and what is looked at again when, is left out. */
export async function storedState({ sql }: Pick<Db, 'sql'>): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' order by table_name`;
  const kept = tables.filter(({ name }) => !DERIVED.includes(name));
  const digests = await Promise.all(
    kept.map(async ({ name }) => {
      const [row] = await sql<{ digest: string }[]>`
        select count(*) || ' rows ' || md5(coalesce(string_agg(line, '' order by line), '')) as digest
        from (select md5((to_jsonb(t) - 'last_used_at' - 'next_check_at')::text) as line from ${sql(name)} t) lines`;
      return [name, row?.digest ?? ''] as const;
    }),
  );
  return Object.fromEntries(digests);
}

/** The same of a server that runs, once it has done what follows from what it was asked. */
export async function settledState(db: Pick<Db, 'sql'>): Promise<Record<string, string>> {
  await vi.waitUntil(async () => (await underWay(db)) === 0, { timeout: 20_000, interval: 20 });
  return storedState(db);
}

/** Jobs that are not done, and events of the Stripe sandbox that are not delivered. */
async function underWay({ sql }: Pick<Db, 'sql'>): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select (select count(*)::int4 from jobs.job where state < 'completed' and name = any(${textArrayOf(Object.keys(JOBS))}::text[]))
      + (select count(*)::int4 from sandbox_stripe_deliveries where next_at is not null) as count`;
  return row?.count ?? 0;
}
