import { expect, test } from 'vitest';
import { Delivery, type Outlet } from '../../src/graphql/delivery.ts';

interface Sent {
  readonly texts: string[];
  readonly outlet: Outlet;
}

function outletOf(bufferedAmount = 0): Sent {
  const texts: string[] = [];
  const send = (text: string) => void texts.push(text);
  return {
    texts,
    outlet: { bufferedAmount, send, flush: async (text) => send(text), close: () => undefined },
  };
}

function deliver(source: AsyncIterable<unknown>, outlet: Outlet) {
  let ends = 0;
  const delivery = new Delivery({
    id: '1',
    source,
    outlet,
    limits: { pauseBytes: 1_000, closeBytes: 10_000 },
    payloadOf: (event) => JSON.stringify(event),
    onSent: () => undefined,
    onEnd: () => {
      ends += 1;
    },
  });
  return { delivery, ends: () => ends };
}

test('sends each event with the id of its subscription, and is done when its source is', async () => {
  const { outlet, texts } = outletOf();
  async function* source() {
    yield { n: 1 };
    yield { n: 2 };
  }
  const { delivery, ends } = deliver(source(), outlet);
  expect(await delivery.next()).toEqual({ done: true, value: undefined });
  expect(texts).toEqual([1, 2].map((n) => `{"id":"1","type":"next","payload":{"n":${n}}}`));
  expect(ends()).toBe(1);
});

test('ends at once, once, while its source waits for an event that never comes', async () => {
  const { outlet, texts } = outletOf();
  async function* source() {
    yield await new Promise(() => undefined);
  }
  const { delivery, ends } = deliver(source(), outlet);
  const running = delivery.next();
  delivery.end(new Error('lost'));
  await delivery.return();
  await expect(running).rejects.toThrow('lost');
  expect([texts, ends()]).toEqual([[], 1]);
});

test('sends nothing that was still being made when it ended', async () => {
  const { outlet, texts } = outletOf();
  const made = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  async function* source() {
    yield 1;
  }
  const delivery = new Delivery({
    id: '1',
    source: source(),
    outlet,
    limits: { pauseBytes: 1, closeBytes: 1 },
    payloadOf: () => {
      asked.resolve();
      return made.promise;
    },
    onSent: () => undefined,
    onEnd: () => undefined,
  });
  const running = delivery.next();
  await asked.promise;
  await delivery.return();
  made.resolve('late');
  await running;
  await made.promise;
  expect(texts).toEqual([]);
});

test('that ended before it was started says so when it is', async () => {
  async function* source() {
    yield 1;
  }
  const { delivery } = deliver(source(), outletOf().outlet);
  delivery.end(new Error('revoked'));
  await expect(delivery.next()).rejects.toThrow('revoked');
});
