import { expect, test, vi } from 'vitest';
import { newUuid } from '../../src/id.ts';
import { type Due, dueLoop, dueRows, enqueueAllDue } from '../../src/jobs/due.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';

const database = useDatabase();

test('What is due of one thing is enqueued although that of another cannot be', async () => {
  const done: Date[] = [];
  const told: object[] = [];
  const now = Date.UTC(2026, 10, 10);
  const nextAt = async () => undefined;
  const broken: Due = {
    name: 'broken',
    nextAt,
    enqueueDue: async () => {
      throw new Error('a row that nobody can read');
    },
  };
  const sound: Due = {
    name: 'sound',
    nextAt,
    enqueueDue: async (_tx, at) => {
      done.push(at);
      return 0;
    },
  };
  const loop = dueLoop({
    db: database.db,
    clock: movableClock(now),
    log: { warn: (fields) => told.push(fields) },
    dues: [broken, sound],
  });
  loop.start();
  await vi.waitFor(() => expect(done.map(Number)).toContain(now));
  await loop.stop();
  expect(told[0]).toMatchObject({ due: 'broken' });
});

test('What is looked at again within minutes is not tried again for an hour besides', async () => {
  const jobs = new JobQueue(database.db, { warn: () => undefined });
  const at = new Date(Date.UTC(2026, 10, 10));
  const team = newUuid();
  const dueOf = (table: string, job: 'top-up' | 'refund', againMs: number) =>
    dueRows(jobs, { name: table, table, job, dataOf: (teamId, id) => ({ teamId, id }), againMs });
  await database.db.sql`
    insert into top_ups (team_id, id, kind, flow, status, amount_cents, next_check_at, actor_kind, created_at, updated_at)
    values (${team}, ${newUuid()}, 'PURCHASE', 'CHECKOUT', 'PENDING', 2000, ${at}, 0, ${at}, ${at})`;
  await database.db.sql`
    insert into disputes (team_id, id, payment_id, stripe_id, status, amount_cents, reversed_cents, asked_nano,
      frozen_nano, reason, next_check_at, opened_at)
    values (${team}, ${newUuid()}, ${newUuid()}, 'dp_1', 'OPEN', 1, 1, 1, 1, 'general', ${at}, ${at})`;
  await enqueueAllDue(database.db, dueOf('top_ups', 'top-up', 60_000), at);
  await enqueueAllDue(database.db, dueOf('disputes', 'refund', 86_400_000), at);
  const rows = await database.db.sql<{ name: string; retry_limit: number }[]>`
    select name, retry_limit from jobs.job order by name`;
  expect([...rows]).toEqual([
    { name: 'refund', retry_limit: 20 },
    { name: 'top-up', retry_limit: 3 },
  ]);
  await jobs.stop();
});
