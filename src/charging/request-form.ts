import type { Meter } from '../catalog/meters.ts';
import { paramProblem } from '../catalog/params.ts';
import { type Decimal, formatDecimal } from '../decimal.ts';
import { DomainError } from '../domain-error.ts';
import { type IdKind, parseId, type Uuid } from '../id.ts';
import type { ChargeRefusal } from './charge.ts';

/** What a caller may send at most, of one request. */
export const FORM_LIMITS = {
  /** Requests of one call. */
  items: 1000,
  keyLength: 200,
  modelLength: 200,
  quantities: 32,
  params: 10,
  tags: 16,
  tagNameLength: 64,
  tagValueLength: 256,
} as const;

/** How much of one thing, as a caller sends it. */
export interface MeteredQuantity {
  readonly meter: Meter;
  readonly quantity: Decimal;
}

/** A parameter or tag, as a caller sends it. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** What was or will be used of one model, checked for form. */
export interface CheckedUsage {
  readonly quantities: ReadonlyMap<Meter, Decimal>;
  readonly params: ReadonlyMap<string, string>;
}

/** A form problem of one request: the member at fault and what would be right. */
export class FormProblem extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What `check` makes of a request, or a refusal that names the member whose form is wrong. What depends on the state of
 * the books (the model, its price, the time window, credit) is judged when it is posted, after the key: a retry of what
 * was charged is answered although a price has gone since.
 */
export function checkForm<T>(check: () => T): T | ChargeRefusal {
  try {
    return check();
  } catch (error) {
    if (error instanceof FormProblem) return invalid(error.field, error.message);
    if (error instanceof DomainError && error.code === 'BAD_USER_INPUT')
      return invalid(String(error.details.field ?? ''), error.message);
    throw error;
  }
}

function invalid(field: string, message: string): ChargeRefusal {
  return { code: 'INVALID_USAGE', field, message };
}

/** @throws FormProblem unless the text has 1 to `limit` characters that can be stored. */
export function checkText(text: string, field: string, limit: number): void {
  if (!isText(text, limit)) throw new FormProblem(field, `must have 1 to ${limit} characters.`);
}

/** The stored form of an id that need not be given. @throws DomainError BAD_USER_INPUT naming `field`. */
export function optionalId(kind: IdKind, id: string | null | undefined, field: string): Uuid | undefined {
  return id == null ? undefined : parseId(kind, id, field);
}

/** Quantities by meter. @throws FormProblem naming `field` for none, too many, or a meter twice. */
export function quantityMap(
  quantities: readonly MeteredQuantity[],
  field = 'quantities',
): Map<Meter, Decimal> {
  const count = quantities.length;
  if (count === 0 || count > FORM_LIMITS.quantities) {
    throw new FormProblem(field, `must have 1 to ${FORM_LIMITS.quantities} elements.`);
  }
  const map = new Map(quantities.map(({ meter, quantity }) => [meter, quantity]));
  if (map.size < count) throw new FormProblem(field, 'must name each meter once.');
  return map;
}

/** Parameters by name. @throws FormProblem naming `field` for too many, a name twice, or a value that is none. */
export function paramMap(
  params: readonly NamedValue[] | null | undefined,
  field = 'params',
): Map<string, string> {
  return pairMap(params, field, FORM_LIMITS.params, paramProblem);
}

/** Tags by name. @throws FormProblem naming "tags" for too many, a name twice, or one that is too long. */
export function tagMap(tags: readonly NamedValue[] | null | undefined): Map<string, string> {
  return pairMap(tags, 'tags', FORM_LIMITS.tags, tagProblem);
}

/** Usage as text that is the same for the same meaning: order of lists and notation do not matter. */
export function usageText({ quantities, params }: CheckedUsage): string {
  const texts = [...quantities].map(([meter, quantity]) => `${meter}=${formatDecimal(quantity)}`);
  return `${texts.sort().join(',')}|${pairText(params)}`;
}

/** Pairs as text, in the order of their names. */
export function pairText(pairs: Iterable<readonly [string, string]>): string {
  return JSON.stringify([...pairs].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
}

function pairMap(
  pairs: readonly NamedValue[] | null | undefined,
  field: string,
  limit: number,
  problemOf: (name: string, value: string) => string | undefined,
): Map<string, string> {
  const map = new Map<string, string>();
  if (!pairs) return map;
  if (pairs.length > limit) throw new FormProblem(field, `must have at most ${limit} elements.`);
  for (const { name, value } of pairs) {
    const problem = problemOf(name, value);
    if (problem) throw new FormProblem(field, `${name}: ${problem}`);
    if (map.has(name)) throw new FormProblem(field, `must name "${name}" once.`);
    map.set(name, value);
  }
  return map;
}

function tagProblem(name: string, value: string): string | undefined {
  if (!isText(name, FORM_LIMITS.tagNameLength))
    return `a name has 1 to ${FORM_LIMITS.tagNameLength} characters.`;
  return value === '' || isText(value, FORM_LIMITS.tagValueLength)
    ? undefined
    : `a value has at most ${FORM_LIMITS.tagValueLength} characters.`;
}

/** PostgreSQL keeps no NUL, and lone surrogates are no text. */
function isText(text: string, limit: number): boolean {
  return text.length > 0 && text.length <= limit && !text.includes('\0') && text.isWellFormed();
}
