import { invalidRequest, parameterMissing, parameterUnknown } from './problem.ts';

type Given = Readonly<Record<string, unknown>>;

/**
 * The parameters of a request, or one bracketed part of them. Each read notes that the name is known; `demandAllRead`
 * then refuses what nobody asked for, as Stripe refuses unknown parameters. An empty text unsets, as in Stripe's API.
 */
export class Params {
  private readonly read = new Set<string>();
  private readonly parts: Params[] = [];

  constructor(
    private readonly given: Given,
    /** `items[0]`, for a part of a request. */
    private readonly prefix = '',
  ) {}

  /** The name as Stripe's errors say it: `card[exp_month]`. */
  path(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}[${name}]`;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  /** Known, and without an effect here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.read.add(name);
  }

  /** @throws StripeProblem `parameter_missing` when absent or empty. */
  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw parameterMissing(this.path(name));
    return value;
  }

  /** The text; undefined when absent or empty. */
  optional(name: string): string | undefined {
    return this.nullable(name) ?? undefined;
  }

  /** The text; null when empty, which unsets; undefined when absent. */
  nullable(name: string): string | null | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw invalidRequest('Invalid string', { param: this.path(name) });
    if (value.length > 5000) {
      throw invalidRequest(`Invalid string: ${value.slice(0, 20)}…; must be at most 5000 characters`, {
        param: this.path(name),
      });
    }
    return value === '' ? null : value;
  }

  /** @throws StripeProblem `parameter_missing`, `parameter_invalid_integer`. */
  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw parameterMissing(this.path(name));
    return value;
  }

  optionalInteger(name: string): number | undefined {
    const text = this.optional(name);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(text)) {
      throw invalidRequest(`Invalid integer: ${text}`, {
        code: 'parameter_invalid_integer',
        param: this.path(name),
      });
    }
    return Number(text);
  }

  boolean(name: string): boolean | undefined {
    const text = this.optional(name);
    if (text === undefined || text === 'true' || text === 'false') return text && text === 'true';
    throw invalidRequest(`Invalid boolean: ${text}`, { param: this.path(name) });
  }

  /** One of `values`; undefined when absent. */
  oneOf<const V extends string>(name: string, values: readonly V[]): V | undefined {
    const text = this.optional(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    if (found === undefined) {
      const list =
        values.length > 1 ? `one of ${values.slice(0, -1).join(', ')}, or ${values.at(-1)}` : values[0];
      throw invalidRequest(`Invalid ${name}: must be ${list}`, { param: this.path(name) });
    }
    return found;
  }

  /** A bracketed part: `automatic_payment_methods[enabled]`. */
  part(name: string): Params | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidRequest('Invalid object', { param: this.path(name) });
    }
    // What qs makes of brackets, and not an array, is a record of texts, arrays and records.
    return this.partOf(value as Given, this.path(name));
  }

  /** Bracketed parts in a list: `items[0][price]`. */
  partList(name: string): Params[] | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (!Array.isArray(value)) throw invalidRequest('Invalid array', { param: this.path(name) });
    return value.map((item: unknown, at) => {
      if (typeof item !== 'object' || item === null) {
        throw invalidRequest('Invalid object', { param: `${this.path(name)}[${at}]` });
      }
      // As above.
      return this.partOf(item as Given, `${this.path(name)}[${at}]`);
    });
  }

  /** Texts in a list: `expand[]`. */
  texts(name: string): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined || value === '') return undefined;
    if (!Array.isArray(value)) throw invalidRequest('Invalid array', { param: this.path(name) });
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw invalidRequest('Invalid string', { param: this.path(name) });
      return item;
    });
  }

  /** `metadata` merged into `current`: a key given as empty text is removed, the whole given as empty text clears. */
  metadata(current: Readonly<Record<string, string>> = {}, name = 'metadata'): Record<string, string> {
    const value = this.raw(name);
    if (value === undefined) return { ...current };
    if (value === '') return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidRequest('Invalid object', { param: this.path(name) });
    }
    const merged = new Map(Object.entries(current));
    for (const [key, text] of Object.entries(value)) this.mergeOne(merged, name, key, text);
    if (merged.size > 50) {
      throw invalidRequest('Metadata can have up to 50 keys.', { param: this.path(name) });
    }
    return Object.fromEntries(merged);
  }

  /** @throws StripeProblem `parameter_unknown` for the first name that nobody has read. */
  demandAllRead(): void {
    const unknown = Object.keys(this.given).find((name) => !this.read.has(name));
    if (unknown !== undefined) throw parameterUnknown(this.path(unknown));
    for (const part of this.parts) part.demandAllRead();
  }

  private raw(name: string): unknown {
    this.read.add(name);
    return Object.hasOwn(this.given, name) ? this.given[name] : undefined;
  }

  private partOf(value: Given, path: string): Params {
    const part = new Params(value, path);
    this.parts.push(part);
    return part;
  }

  private mergeOne(merged: Map<string, string>, name: string, key: string, text: unknown): void {
    const param = `${this.path(name)}[${key}]`;
    if (typeof text !== 'string') throw invalidRequest('Metadata values must be strings.', { param });
    if (key.length > 40 || text.length > 500) {
      throw invalidRequest('Metadata keys have up to 40 characters and values up to 500.', { param });
    }
    if (text === '') merged.delete(key);
    else merged.set(key, text);
  }
}
