import type { Db } from '../../src/db/client.ts';

/** Made from other tables by workers at their own time, or by signing what is there. */
const DERIVED = ['spend_buckets', 'spend_cursors', 'checkpoints', 'hold_sweeps'];

/** A digest of all rows of each table, whatever their order; the time when a key was last used is left out. */
export async function storedState({ sql }: Pick<Db, 'sql'>): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' order by table_name`;
  const kept = tables.filter(({ name }) => !DERIVED.includes(name));
  const digests = await Promise.all(
    kept.map(async ({ name }) => {
      const [row] = await sql<{ digest: string }[]>`
        select count(*) || ' rows ' || md5(coalesce(string_agg(line, '' order by line), '')) as digest
        from (select md5((to_jsonb(t) - 'last_used_at')::text) as line from ${sql(name)} t) lines`;
      return [name, row?.digest ?? ''] as const;
    }),
  );
  return Object.fromEntries(digests);
}
