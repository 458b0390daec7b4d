import type { ActorRef } from '../actor.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import { type ImportOutcome, importPriceList } from './import-price-list.ts';
import { type PriceList, parsePriceList } from './import-prices.ts';
import type { PriceListReport } from './import-report.ts';

export interface ImportPricesOptions {
  /** The content of the file. */
  readonly text: string;
  /** RFC 3339; default now. Models that are new have their price since ever. */
  readonly effectiveAt?: string | undefined;
  readonly actor: ActorRef;
  readonly reason: string;
  readonly now: Date;
}

/**
 * `import-prices FILE [--effective-at INSTANT]`: brings the catalogue up to a price list.
 * @returns what changed and what became of every field, to be printed.
 * @throws DomainError BAD_USER_INPUT that says what cannot be used; nothing is changed then.
 */
export async function importPricesCommand(db: Db, options: ImportPricesOptions): Promise<string> {
  const list = parsePriceList(options.text);
  const { actor, reason, now } = options;
  const effectiveAt = readInstant(options.effectiveAt);
  const outcome = await inTransaction(db, (tx) =>
    importPriceList(tx, list, { actor, reason, now, effectiveAt }),
  );
  return describeImport(list, outcome);
}

/** The report of an import for people, warnings first. */
export function describeImport({ models, report }: PriceList, outcome: ImportOutcome): string {
  const { created, repriced, updated, unchanged, leftToSupplier } = outcome;
  return [
    ...warnings(report),
    `${models.length} models: ${created.length} new, ${repriced.length} with a new price, ` +
      `${updated.length} with other facts, ${unchanged.length} unchanged.`,
    ...leftToSupplier.map((key) => `Left the price of ${key} to its supplier.`),
    ...report.skipped.map(({ model, reason }) => `Skipped ${model}: ${reason}.`),
    'Fields (models that have it):',
    ...report.fields.map(({ field, kind, as, models: count }) => `  ${field} (${count}): ${kind} ${as}`),
  ].join('\n');
}

function warnings({ unknownPrices }: PriceListReport): string[] {
  if (unknownPrices.length === 0) return [];
  return [
    `WARNING: ${unknownPrices.length} fields that may be prices are unknown and were NOT imported:`,
    ...unknownPrices.map(({ model, field, value }) => `  ${model}.${field} = ${value}`),
  ];
}

function readInstant(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const instant = new Date(text);
  const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  if (rfc3339 && !Number.isNaN(instant.getTime())) return instant;
  throw badInput('effective-at', 'must be an instant such as 2026-12-01T00:00:00Z.');
}
