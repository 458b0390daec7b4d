import type { Db, Reader, Tx } from '../db/client.ts';
import { newId } from './new-id.ts';

/** What goes wrong with requests, before anything is done or after all is done. */
export const REQUEST_FAULTS = [
  'RATE_LIMIT',
  'SERVER_ERROR',
  'TIMEOUT_BEFORE',
  'SERVER_ERROR_AFTER',
  'LOSE_RESPONSE',
] as const;
/** What goes wrong with events on their way. */
export const WEBHOOK_FAULTS = [
  'DELAY_WEBHOOK',
  'DUPLICATE_WEBHOOK',
  'REORDER_WEBHOOK',
  'DROP_WEBHOOK',
] as const;
export const FAULT_KINDS = [...REQUEST_FAULTS, ...WEBHOOK_FAULTS] as const;

export type RequestFault = (typeof REQUEST_FAULTS)[number];
export type WebhookFault = (typeof WEBHOOK_FAULTS)[number];
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that goes wrong on demand. */
export interface Fault<K extends FaultKind = FaultKind> {
  readonly id: string;
  readonly kind: K;
  /**
   * `POST /v1/payment_intents` or `payment_intent.succeeded`; `*` stands for anything, `:id` for one part of a path.
   */
  readonly target: string;
  /** How many more requests or events it hits. */
  readonly remaining: number;
  /** How long a webhook is late by the business clock, or how long a request hangs by the machine's before it is cut. */
  readonly delayMs: number;
}

interface Row {
  readonly id: string;
  readonly kind: FaultKind;
  readonly target: string;
  readonly remaining: bigint;
  readonly options: { readonly delayMs?: number };
}

/** Asks for a fault. */
export async function addFault(tx: Tx, fault: Omit<Fault, 'id'>): Promise<Fault> {
  const id = newId('fault');
  await tx.sql`
    insert into sandbox_stripe_faults (id, kind, target, remaining, options)
    values (${id}, ${fault.kind}, ${fault.target}, ${fault.remaining},
      ${JSON.stringify({ delayMs: fault.delayMs })}::text::jsonb)`;
  return { id, ...fault };
}

/** Every fault that still waits, the oldest first. */
export async function waitingFaults(reader: Pick<Reader, 'sql'>): Promise<Fault[]> {
  const rows = await reader.sql<Row[]>`
    select id, kind, target, remaining, options from sandbox_stripe_faults where remaining > 0 order by seq`;
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    target: row.target,
    remaining: Number(row.remaining),
    delayMs: row.options.delayMs ?? 0,
  }));
}

/** Calls off one fault, or all of them. */
export async function removeFaults(tx: Tx, id: string | undefined): Promise<void> {
  await tx.sql`delete from sandbox_stripe_faults where ${id === undefined ? tx.sql`true` : tx.sql`id = ${id}`}`;
}

/** The first fault of these kinds that hits `what`, used up by one. `waiting`: faults as they were read just now. */
export async function takeFault<const K extends FaultKind>(
  db: Pick<Db, 'sql'> | Tx,
  kinds: readonly K[],
  what: string,
  waiting?: readonly Fault[],
): Promise<Fault<K> | undefined> {
  for (const fault of waiting ?? (await waitingFaults(db))) {
    const kind = kinds.find((one) => one === fault.kind);
    if (kind !== undefined && hits(fault.target, what) && (await spendOne(db, fault.id)))
      return { ...fault, kind };
  }
  return undefined;
}

async function spendOne(db: Pick<Db, 'sql'> | Tx, id: string): Promise<boolean> {
  const used = await db.sql`
    update sandbox_stripe_faults set remaining = remaining - 1 where id = ${id} and remaining > 0 returning 1`;
  return used.length > 0;
}

/** Whether a target means this request or event. */
export function hits(target: string, what: string): boolean {
  const pattern = target
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replace(/:[a-z_]+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(what);
}
