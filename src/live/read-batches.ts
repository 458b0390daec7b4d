import type { Uuid } from '../id.ts';

interface Batch<T> {
  readonly ids: Set<Uuid>;
  readonly result: Promise<ReadonlyMap<Uuid, T>>;
}

/**
 * Reads by team that share statements: one batch is under way, and who asks meanwhile gets what the next one reads. An
 * answer was read after it was asked for, and thousands of subscribers who come back at once cost a few statements.
 */
export class ReadBatches<T> {
  private running: Promise<unknown> = Promise.resolve();
  private gathering: Batch<T> | undefined;

  constructor(
    private readonly read: (ids: readonly Uuid[]) => Promise<ReadonlyMap<Uuid, T>>,
    private readonly maxSize: number,
  ) {}

  /** Undefined: there is no such team. */
  async load(id: Uuid): Promise<T | undefined> {
    if (!this.gathering || this.gathering.ids.size >= this.maxSize) this.gathering = this.gather();
    const batch = this.gathering;
    batch.ids.add(id);
    return (await batch.result).get(id);
  }

  private gather(): Batch<T> {
    const ids = new Set<Uuid>();
    const before = this.running;
    const run = async (): Promise<ReadonlyMap<Uuid, T>> => {
      await before;
      if (this.gathering?.ids === ids) this.gathering = undefined;
      return this.read([...ids]);
    };
    const result = run();
    this.running = result.catch(() => undefined);
    return { ids, result };
  }
}
