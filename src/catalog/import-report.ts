import { type ExactJson, formatExactJson } from './exact-json.ts';
import { describeMeaning, type FieldMeaning } from './price-fields.ts';

/** What became of one field: `models` entries of the list carry it. */
export interface FieldReport {
  readonly field: string;
  readonly kind: FieldMeaning['kind'] | 'IGNORED';
  /** What it was mapped to, or why it was not. */
  readonly as: string;
  readonly models: number;
}

/** What became of everything in a list: nothing is left out silently. */
export interface PriceListReport {
  readonly fields: readonly FieldReport[];
  /** Fields that we do not know and that may carry a price: to be read before anybody is charged by the list. */
  readonly unknownPrices: readonly {
    readonly model: string;
    readonly field: string;
    readonly value: string;
  }[];
  /** Entries that are no models that can be charged. */
  readonly skipped: readonly { readonly model: string; readonly reason: string }[];
}

/** Collects the report while a list is read. */
export class ReportBuilder {
  readonly #fields = new Map<string, FieldReport>();
  readonly #unknownPrices: { model: string; field: string; value: string }[] = [];
  readonly #skipped: { model: string; reason: string }[] = [];

  /** A field whose meaning was looked up. */
  met(model: string, field: string, meaning: FieldMeaning, value: ExactJson): void {
    this.#count({ field, kind: meaning.kind, as: describeMeaning(meaning) });
    if (meaning.kind !== 'UNKNOWN' || !meaning.maybePrice) return;
    this.#unknownPrices.push({ model, field, value: formatExactJson(value) });
  }

  /** A field that says nothing. */
  ignored(field: string, reason: string): void {
    this.#count({ field, kind: 'IGNORED', as: reason });
  }

  skipped(model: string, reason: string): void {
    this.#skipped.push({ model, reason });
  }

  build(): PriceListReport {
    const fields = [...this.#fields.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
    return { fields, unknownPrices: this.#unknownPrices, skipped: this.#skipped };
  }

  #count(field: Omit<FieldReport, 'models'>): void {
    const key = `${field.kind} ${field.field}`;
    this.#fields.set(key, { ...field, models: (this.#fields.get(key)?.models ?? 0) + 1 });
  }
}
