/** One fenced block of a page, or the text between two. */
export interface Part {
  readonly kind: 'text' | 'operation' | 'result';
  readonly text: string;
}

const BLOCK = /```(graphql|json)\n(.*?)```/gs;
const ID = /\b([a-z]+)_[0-9a-hjkmnp-tv-z]{26}\b/g;
const WIDTH = 110;

/** The text, the operations and the results of a Markdown page, in order; put together they are the page again. */
export function partsOf(page: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const block of page.matchAll(BLOCK)) {
    const [whole, language, text = ''] = block;
    parts.push({ kind: 'text', text: page.slice(end, block.index) });
    parts.push({ kind: language === 'json' ? 'result' : 'operation', text });
    end = block.index + whole.length;
  }
  return [...parts, { kind: 'text', text: page.slice(end) }];
}

/** The part as it stands in the page. */
export function markdownOf({ kind, text }: Part): string {
  if (kind === 'text') return text;
  return `\`\`\`${kind === 'operation' ? 'graphql' : 'json'}\n${text}\`\`\``;
}

/**
 * What a page shows in place of ids and cursors, which are other ones every time: `hold_1` is the first hold that any
 * result names. Each keeps its short name from there on, in results and in operations.
 */
export class ShortNames {
  private readonly shorts = new Map<string, string>();
  private readonly fulls = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  /** A result with short names instead of ids and cursors. */
  shorten(value: unknown): unknown {
    if (typeof value === 'string') return value.replaceAll(ID, (id, kind: string) => this.shortOf(id, kind));
    if (Array.isArray(value)) return value.map((item) => this.shorten(item));
    if (typeof value !== 'object' || value === null) return value;
    const shortened = Object.entries(value).map(([name, inner]) => [name, this.shortenField(name, inner)]);
    return Object.fromEntries(shortened);
  }

  /** An operation with what its short names stand for. */
  lengthen(operation: string): string {
    return operation.replaceAll(/"([a-z]+_\d+)"/g, (text, short: string) => {
      const full = this.fulls.get(short);
      return full === undefined ? text : `"${full}"`;
    });
  }

  private shortenField(name: string, value: unknown): unknown {
    return name === 'endCursor' && typeof value === 'string'
      ? this.shortOf(value, 'cursor')
      : this.shorten(value);
  }

  private shortOf(full: string, kind: string): string {
    const known = this.shorts.get(full);
    if (known !== undefined) return known;
    const count = (this.counts.get(kind) ?? 0) + 1;
    const short = `${kind}_${count}`;
    this.counts.set(kind, count);
    this.shorts.set(full, short);
    this.fulls.set(short, full);
    return short;
  }
}

/** JSON as pages show it: what fits into a line is one. */
export function printJson(value: unknown, indent = ''): string {
  const line = inOneLine(value);
  const isSmall = typeof value !== 'object' || value === null;
  if (isSmall || (indent !== '' && indent.length + line.length <= WIDTH)) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = Object.entries(value).map(([name, item]) => {
    const text = printJson(item, inner);
    return Array.isArray(value) ? inner + text : `${inner}${JSON.stringify(name)}: ${text}`;
  });
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function inOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`;
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${inOneLine(item)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
