/** The closed list of codes that the API documents for errors that are not refusals-as-data. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'IDEMPOTENCY_CONFLICT'
  | 'OUT_OF_CREDITS'
  | 'OVERLOADED'
  | 'UNAVAILABLE'
  | 'THROTTLED'
  | 'INTERNAL_SERVER_ERROR';

/** JSON-safe facts that help the caller branch on or mend an error. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * A fact about why a request cannot be served, safe to show to the caller.
 * Thrown inside a transaction it rolls the transaction back.
 */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = 'DomainError';
  }
}

/** The value of `field` cannot be used; `message` says what would be right. */
export function badInput(field: string, message: string): DomainError {
  return new DomainError('BAD_USER_INPUT', `${field}: ${message}`, { field });
}

/**
 * Nothing the caller may see has this id. A foreign id and an unknown id are the same answer. `field`: the part of an
 * input that named it.
 */
export function notFound(what: string, id: string, field?: string): DomainError {
  const details = field === undefined ? { id } : { id, field };
  return new DomainError('NOT_FOUND', `${what} ${id} was not found.`, details);
}

/** States what the program relies on. @throws Error when `condition` does not hold: a defect, never bad input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}
