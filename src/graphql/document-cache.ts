/** The bound of a cache: how many entries, and how many characters of documents they stand for. */
export interface CacheBound {
  readonly entries: number;
  readonly chars: number;
}

/** Keeps what was used last, up to a bound in number and size. */
export class DocumentCache<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly chars: number }>();
  private chars = 0;

  constructor(private readonly bound: CacheBound) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    // A Map keeps the order of insertion: the first entry is the one not used for the longest time.
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, chars: number): void {
    this.delete(key);
    this.entries.set(key, { value, chars });
    this.chars += chars;
    while (this.entries.size > this.bound.entries || this.chars > this.bound.chars) this.dropOldest();
  }

  private dropOldest(): void {
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.delete(oldest.value);
  }

  private delete(key: string): void {
    this.chars -= this.entries.get(key)?.chars ?? 0;
    this.entries.delete(key);
  }
}
