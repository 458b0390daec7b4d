import { Kind, type ValidationRule } from 'graphql';
import { apiError } from './errors.ts';

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

/** What is wrong with text that `textIsStorable` refuses. */
export const UNSTORABLE = 'text must not hold the character U+0000 or half of a surrogate pair.';

/** Reports text of a document that cannot be stored: an escape brings in what a request cannot hold itself. */
export const storableTextRule: ValidationRule = (context) => ({
  enter: (node) => {
    if (node.kind !== Kind.STRING || isStorable(node.value)) return;
    context.reportError(apiError('BAD_USER_INPUT', UNSTORABLE, { nodes: [node] }));
  },
});
