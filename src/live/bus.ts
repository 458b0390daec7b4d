import type { LedgerPosted } from '../ledger/posted.ts';

/** What the processes of an installation tell each other. */
export type LiveFact = LedgerPosted;
export type LiveListener = (fact: LiveFact) => void;

/**
 * Carries facts from where they were committed to whoever watches, in this and other processes. It is a hint and may
 * lose, repeat and reorder; feeds repair themselves from the ledger. `publish` never throws and never waits.
 */
export interface Bus {
  publish(facts: readonly LiveFact[]): void;
  subscribe(listener: LiveListener): () => void;
  close(): Promise<void>;
}

/** The bus of a single process. */
export class MemoryBus implements Bus {
  private readonly listeners = new Set<LiveListener>();

  publish(facts: readonly LiveFact[]): void {
    for (const fact of facts) for (const listener of this.listeners) listener(fact);
  }

  subscribe(listener: LiveListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }
}

/** Grows when the text changes its meaning: processes of two releases run side by side while one replaces the other. */
const WIRE_VERSION = 1;
/** Beyond this the range alone is sent, and whoever needs the entries reads them from the ledger. */
const MAX_WIRE_ENTRIES = 256;

/** A fact as text, for a bus between processes. */
export function toWire(fact: LiveFact): string {
  const entries = fact.entries.length > MAX_WIRE_ENTRIES ? [] : fact.entries;
  return JSON.stringify({ v: WIRE_VERSION, fact: { ...fact, entries } }, (_key, value: unknown) =>
    typeof value === 'bigint' ? { $n: value.toString() } : value,
  );
}

/** The fact in a text of `toWire`; undefined when another release wrote it, or when it is none. */
export function fromWire(text: string): LiveFact | undefined {
  try {
    const message: unknown = JSON.parse(text, (_key, value: unknown) =>
      isNumber(value) ? BigInt(value.$n) : value,
    );
    // A message of this version was written by `toWire`, which gives it this shape.
    const { v, fact } = message as { v: number; fact: LiveFact };
    return v === WIRE_VERSION ? fact : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is { $n: string } {
  return typeof value === 'object' && value !== null && '$n' in value && typeof value.$n === 'string';
}
