import { expect } from 'vitest';
import type { LiveEvent } from '../../src/live/event.ts';
import type { Feed } from '../../src/live/feed.ts';

/** The next event of a feed. */
export async function nextOf<E extends LiveEvent>(feed: Feed<E>): Promise<E> {
  const { done, value } = await feed.next();
  if (done) throw new Error('The feed has ended.');
  return value;
}

/** Events of a feed until one gets to `seq`; the last of them gets there exactly. */
export async function followTo<E extends LiveEvent>(feed: Feed<E>, seq: bigint): Promise<E[]> {
  const events: E[] = [];
  while ((events.at(-1)?.seq ?? -1n) < seq) events.push(await nextOf(feed));
  expect(events.at(-1)?.seq).toBe(seq);
  return events;
}

/** What an event says of its range, in short: `CHANGE 3..4`. */
export function rangeOf({ kind, fromSeq, seq }: LiveEvent): string {
  return `${kind} ${fromSeq}..${seq}`;
}

/** Checks that the ranges of events follow each other and begin after `after`, and what each kind promises. */
export function expectTiles(events: readonly LiveEvent[], after: bigint): void {
  let seq = after;
  for (const event of events) {
    expect(event.fromSeq, `${rangeOf(event)} after ${seq}`).toBe(seq + 1n);
    expect(event.seq).toBeGreaterThanOrEqual(seq);
    const numbers = event.entries.map((entry) => entry.seq);
    const listed = event.kind === 'CHANGE' ? numbers : [];
    expect(numbers).toEqual(listed);
    seq = event.seq;
  }
}
