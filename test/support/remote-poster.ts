import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Poster, PosterOptions } from './poster.ts';

export interface PosterCall {
  readonly id: number;
  readonly method: keyof Poster;
  readonly args: readonly unknown[];
}

export interface PosterAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: { readonly code: string; readonly message: string };
}

const PROGRAM = fileURLToPath(new URL('poster-process.ts', import.meta.url));

/** A poster in a process of its own. */
export async function forkPoster(options: PosterOptions): Promise<Poster> {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
    // Requests and results hold bigints, maps and dates.
    serialization: 'advanced',
  });
  const [first]: unknown[] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => ['ended']),
  ]);
  if (first === 'ended') throw new Error('the poster process ended before it was ready');
  const call = caller(child);
  return {
    charge: (requests) => call('charge', [requests]),
    perform: (deed) => call('perform', [deed]),
    advance: (ms) => call('advance', [ms]),
    sweep: () => call('sweep', []),
    close: async () => {
      await call('close', []);
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

function caller(child: ChildProcess) {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  child.on('message', ({ id, value, failure }: PosterAnswer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (failure) call?.reject(Object.assign(new Error(failure.message), { code: failure.code }));
    // The other process ran the method that was named, so the value is of its type.
    else call?.resolve(value as never);
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the poster process ended'));
  });
  return <T>(method: keyof Poster, args: readonly unknown[]): Promise<T> => {
    const id = ++calls;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ id, method, args } satisfies PosterCall);
    });
  };
}
