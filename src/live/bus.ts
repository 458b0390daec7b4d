import type { Fact } from '../db/client.ts';
import { type DeploymentChanged, isDeploymentChanged } from '../deployments/changed.ts';
import { isLedgerPosted, type LedgerPosted } from '../ledger/posted.ts';
import { isTopUpChanged, type TopUpChanged } from '../payments/top-up-changed.ts';

/** What the processes of an installation tell each other. */
export type LiveFact = LedgerPosted | DeploymentChanged | TopUpChanged;
export type LiveListener = (fact: LiveFact) => void;

/** Whether feeds are about such a fact. */
export function isLiveFact(fact: Fact): fact is LiveFact {
  return isLedgerPosted(fact) || isDeploymentChanged(fact) || isTopUpChanged(fact);
}

/**
 * Carries facts from where they were committed to whoever watches, in this and other processes. It is a hint and may
 * lose, repeat and reorder; feeds repair themselves from the journals. `publish` never throws and never waits.
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
const WIRE_VERSION = 3;
/** Beyond this the range alone is sent, and whoever needs the lines reads them from the journal. */
const MAX_WIRE_LINES = 256;

/** A fact as text, for a bus between processes. */
export function toWire(fact: LiveFact): string {
  return JSON.stringify({ v: WIRE_VERSION, fact: packed(sendable(fact)) });
}

function sendable(fact: LiveFact): LiveFact {
  if (fact.type !== 'ledger.posted') {
    return fact.events.length > MAX_WIRE_LINES ? { ...fact, events: [] } : fact;
  }
  return fact.entries.length > MAX_WIRE_LINES ? { ...fact, entries: [], hours: new Set() } : fact;
}

/** The fact in a text of `toWire`; undefined when another release wrote it, or when it is none. */
export function fromWire(text: string): LiveFact | undefined {
  try {
    const message: unknown = JSON.parse(text, (_key, value: unknown) => unpacked(value));
    // A message of this version was written by `toWire`, which gives it this shape.
    const { v, fact } = message as { v: number; fact: LiveFact };
    return v === WIRE_VERSION ? fact : undefined;
  } catch {
    return undefined;
  }
}

/** A value with what JSON has no word for under names: whole numbers, instants and sets. */
function packed(value: unknown): unknown {
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { $d: value.getTime() };
  if (value instanceof Set) return { $s: [...value].map(packed) };
  if (Array.isArray(value)) return value.map(packed);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, packed(one)]));
}

/** What `packed` made a value of; parts of it are unpacked already. */
function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$n' in value && typeof value.$n === 'string') return BigInt(value.$n);
  if ('$d' in value && typeof value.$d === 'number') return new Date(value.$d);
  if ('$s' in value && Array.isArray(value.$s)) return new Set(value.$s);
  return value;
}
