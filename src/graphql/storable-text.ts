/**
 * Whether every string in a JSON value can be stored: PostgreSQL keeps neither U+0000 nor half of a surrogate pair,
 * and would fail a whole batch for one of them. Iterative, because JSON may be nested deeper than the stack.
 */
export function textIsStorable(value: unknown): boolean {
  const pending: object[] = [{ value }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const item of Array.isArray(next) ? next : Object.values(next)) {
      if (typeof item === 'string' && !isStorable(item)) return false;
      if (typeof item === 'object' && item !== null) pending.push(item);
    }
  }
  return true;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
