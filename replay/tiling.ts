/** A range of ledger numbers, as a live event brings it. */
export interface SeqRange {
  readonly fromSeq: string;
  readonly seq: string;
}

/** Checks that the ranges one subscriber gets tile 1 … N: each begins right after the one before it. */
export class Tiling {
  private reached = 0n;
  private fault: string | undefined;

  /** The last number that was covered. */
  get seq(): bigint {
    return this.reached;
  }

  /** What is wrong with the first range that does not fit; undefined while all do. */
  get problem(): string | undefined {
    return this.fault;
  }

  add({ fromSeq, seq }: SeqRange): void {
    const [from, to] = [BigInt(fromSeq), BigInt(seq)];
    if (from !== this.reached + 1n || to < from - 1n) {
      this.fault ??= `${from}–${to} came after ${this.reached}`;
    }
    this.reached = to;
  }
}
