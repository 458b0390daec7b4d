import { SingleBar } from 'cli-progress';

/** Tells how far a run is. */
export interface Progress {
  add(count: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly total: number;
  readonly output: NodeJS.WriteStream;
  /** What else is worth telling. */
  readonly note: () => string;
}

/** A bar on a terminal; elsewhere a line for each tenth. */
export function showProgress(options: ProgressOptions): Progress {
  return options.output.isTTY ? showBar(options) : printTenths(options);
}

function showBar({ total, output, note }: ProgressOptions): Progress {
  const format = '{bar} {percentage} %  {value}/{total}  {note}  {eta_formatted} left';
  const blocks = { barCompleteChar: '█', barIncompleteChar: '░', barsize: 30 };
  const bar = new SingleBar({ stream: output, format, hideCursor: true, etaBuffer: 100, ...blocks });
  bar.start(total, 0, { note: note() });
  return {
    add: (count) => bar.increment(count, { note: note() }),
    stop: () => bar.stop(),
  };
}

function printTenths({ total, output, note }: ProgressOptions): Progress {
  let done = 0;
  return {
    add: (count) => {
      const before = Math.floor((10 * done) / total);
      done += count;
      const after = Math.floor((10 * done) / total);
      if (after > before) output.write(`${10 * after} %  ${done}/${total}  ${note()}\n`);
    },
    stop: () => undefined,
  };
}
