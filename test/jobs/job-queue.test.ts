import { describe, expect, test, vi } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const log = { warn: (fields: object, message: string) => console.warn(message, fields) };

describe('The job queue', () => {
  test('does what a transaction enqueued once it commits, with the data it was given', async () => {
    const queue = new JobQueue(database.db, log);
    const done: unknown[] = [];
    queue.handle('mail', async (data) => {
      done.push(data);
    });
    await inTransaction(database.db, (tx) => queue.enqueue(tx, 'mail', { mailId: 'one' }));
    expect(done).toEqual([]);
    expect(await queue.drain()).toBe(1);
    expect(done).toEqual([{ mailId: 'one' }]);
    await queue.stop();
  });

  test('forgets what a transaction enqueued that was rolled back', async () => {
    const queue = new JobQueue(database.db, log);
    const done: unknown[] = [];
    queue.handle('mail', async (data) => {
      done.push(data);
    });
    const failing = inTransaction(database.db, async (tx) => {
      await queue.enqueue(tx, 'mail', { mailId: 'two' });
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await queue.drain()).toBe(0);
    expect(done).toEqual([]);
    await queue.stop();
  });

  test('begins within a second what its own process commits, and does again what fails', async () => {
    const queue = new JobQueue(database.db, log);
    let attempts = 0;
    queue.handle('top-up', async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('not yet');
    });
    queue.start();
    await inTransaction(database.db, (tx) => queue.enqueue(tx, 'top-up', { topUpId: 'x' }));
    await vi.waitFor(() => expect(attempts).toBe(1), { timeout: 1_000 });
    await vi.waitFor(() => expect(attempts).toBe(2), { timeout: 15_000 });
    await queue.stop();
  });

  test('is kept by the database: another process does what the first one left', async () => {
    const first = new JobQueue(database.db, log);
    await inTransaction(database.db, (tx) => first.enqueue(tx, 'refund', { refundId: 'r' }));
    await first.stop();
    const second = new JobQueue(database.db, log);
    const done: unknown[] = [];
    second.handle('refund', async (data) => {
      done.push(data);
    });
    await second.drain();
    expect(done).toEqual([{ refundId: 'r' }]);
    await second.stop();
  });
});
