import { expect, test, vi } from 'vitest';
import { type Due, dueLoop } from '../../src/jobs/due.ts';
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
