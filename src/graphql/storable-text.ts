/**
 * Whether every string in a JSON value can be stored: PostgreSQL keeps neither U+0000 nor half of a surrogate pair,
 * and would fail a whole batch for one of them. Iterative, because JSON may be nested deeper than the stack.
 */
export function textIsStorable(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string' && !isStorable(next)) return false;
    if (typeof next !== 'object' || next === null) continue;
    for (const item of Object.values(next)) pending.push(item);
  }
  return true;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
