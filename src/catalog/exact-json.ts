import { assert } from '../domain-error.ts';

/** A JSON number as it was written. A float would have rounded `3.3333333333333335e-05`. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

export type ExactJson = null | boolean | string | ExactNumber | readonly ExactJson[] | ExactObject;
export interface ExactObject {
  readonly [name: string]: ExactJson;
}

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Reads JSON and keeps each number's own text.
 * @throws SyntaxError when `text` is no JSON.
 */
export function parseExactJson(text: string): ExactJson {
  // TypeScript's library does not know the third argument of the reviver yet (ES2026, in Node since 21).
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
  const value = parse(text, (_name, member, context) => {
    if (typeof member !== 'number') return member;
    assert(context?.source !== undefined, 'JSON.parse tells the source text of numbers');
    return new ExactNumber(context.source);
  });
  // The reviver replaced the numbers; everything else is what JSON can hold.
  return value as ExactJson;
}

/** Whether the value is an object with members. */
export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  const nested = typeof value === 'object' && value !== null;
  return nested && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The JSON text of a value, numbers as they were written. */
export function formatExactJson(value: ExactJson): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(formatExactJson).join(',')}]`;
  if (!isExactObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${formatExactJson(member)}`,
  );
  return `{${members.join(',')}}`;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/**
 * The path of each member that its object names twice, in valid JSON. JSON.parse keeps the last one silently, and with
 * it one of two prices.
 */
export function duplicateMembers(text: string): string[][] {
  const found: string[][] = [];
  const open: { names: Set<string> | undefined; last: string }[] = [];
  let pending = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const top = open.at(-1);
    if (token === '{') open.push({ names: new Set(), last: '' });
    else if (token === '[') open.push({ names: undefined, last: '[]' });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && top?.names) {
      top.last = JSON.parse(pending);
      if (top.names.has(top.last)) found.push(open.map(({ last }) => last));
      top.names.add(top.last);
    } else if (token !== ',') pending = token;
  }
  return found;
}
