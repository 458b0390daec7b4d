import { expect, test } from 'vitest';
import { newUuid } from '../../src/id.ts';
import { ledgerJournal } from '../../src/live/ledger-journal.ts';
import { LogTopic } from '../../src/live/log-topic.ts';
import { ReadBatches } from '../../src/live/read-batches.ts';
import { useDatabase } from '../support/database.ts';
import { postedFact } from './posted-fact.ts';

const database = useDatabase();

test('a journal keeps the last thousand entries at hand, and no more however many are posted', () => {
  const teamId = newUuid();
  const journal = ledgerJournal(database.db, new ReadBatches(() => expect.fail(), 1));
  const topic = new LogTopic(teamId, journal, () => expect.fail());
  const facts = Array.from({ length: 20 }, (_, i) =>
    postedFact({ teamId, fromSeq: BigInt(i) * 100n + 1n, entries: 100 }),
  );
  for (const fact of [...facts, ...facts.slice(-3)]) topic.posted(fact);
  const kept = facts.map(({ fromSeq }) => topic.keptAfter(fromSeq - 1n)?.entries.length ?? 0);
  expect(kept).toEqual([...Array(10).fill(0), ...Array(10).fill(100)]);
  expect(topic.keptAfter(1_950n)).toBeUndefined();
});
