import { expect, test } from 'vitest';
import { follow, type Numbered } from '../../client/follow.ts';
import { ApiError } from '../../client/http-client.ts';
import { SocketClosed } from '../../client/live-client.ts';

type Step = Numbered | Error;
const event = (fromSeq: number, seq: number): Numbered => ({ fromSeq: String(fromSeq), seq: String(seq) });

/** A feed that yields and fails as it is told, and then waits until it is told to end. */
function feed(steps: readonly Step[]): AsyncIterableIterator<Numbered> {
  const left = [...steps];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    next: async () => {
      const step = left.shift();
      if (step instanceof Error) throw step;
      if (step) return { done: false, value: step };
      await ended;
      return { done: true, value: undefined };
    },
    return: async () => {
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Follows the feeds, one after each loss, up to the last number. */
async function followed(last: string, ...feeds: (readonly Step[])[]) {
  const got: Numbered[] = [];
  const opened: (string | undefined)[] = [];
  const losses: unknown[] = [];
  const leaving = new AbortController();
  await follow({
    open: (after) => {
      opened.push(after);
      return feed(feeds.shift() ?? []);
    },
    onEvent: (one) => {
      got.push(one);
      if (one.seq === last) leaving.abort();
    },
    onLoss: (error) => void losses.push(error),
    signal: leaving.signal,
  });
  return { got, opened, losses };
}

test('goes on behind the last number after each loss that may pass, and ends when it is told to', async () => {
  const { got, opened, losses } = await followed(
    '9',
    [event(1, 4), new SocketClosed(1006, '')],
    [new SocketClosed(4403, 'The token has expired')],
    [event(5, 7), new ApiError([{ message: 'no database', extensions: { code: 'UNAVAILABLE' } }])],
    [event(8, 9)],
  );
  expect(got).toEqual([event(1, 4), event(5, 7), event(8, 9)]);
  expect(opened).toEqual([undefined, '4', '4', '7']);
  expect(losses).toHaveLength(3);
});

test.for([
  ['credentials that are not good', new SocketClosed(4401, 'Unauthorized')],
  ['too many sockets', new SocketClosed(4429, 'Too many')],
  ['a role that was lost', new ApiError([{ message: 'no', extensions: { code: 'FORBIDDEN' } }])],
  ['a defect', new Error('a defect')],
] as const)('does not come back after %s', async ([, error]) => {
  await expect(followed('9', [event(1, 4), error])).rejects.toBe(error);
});
