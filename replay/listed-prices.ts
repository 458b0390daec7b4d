/** The fields of one model of a price list, nested ones joined by dots; numbers as the text they have in the file. */
export type PriceFields = ReadonlyMap<string, string>;

/** Numbers are kept as text: what a float makes of them is not what the file says. */
const NUMBER = '\u0000number:';

/**
 * Reads a price list in the LiteLLM format: the fields of each model, by its key.
 * @throws Error when the text is no JSON object of objects.
 */
export function readPriceList(text: string): Map<string, PriceFields> {
  const list: unknown = JSON.parse(text, keepNumbers);
  if (!isObject(list)) throw new Error('The price list must be a JSON object.');
  const models = Object.entries(list).filter(([key]) => key !== 'sample_spec');
  return new Map(models.map(([key, fields]) => [key, new Map(fieldsOf(fields, ''))]));
}

function keepNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  if (context?.source === undefined)
    throw new Error('This Node cannot read numbers exactly: use 22 or newer.');
  return NUMBER + context.source;
}

function* fieldsOf(value: unknown, path: string): Generator<[string, string]> {
  if (typeof value === 'string') yield [path, value.replace(NUMBER, '')];
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) yield* fieldsOf(inner, path ? `${path}.${name}` : name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
