import { DomainError } from '../domain-error.ts';
import { toUserError, type UserError } from './user-error.ts';

/** What the payload of a refused mutation holds: why, and nothing that changed. */
export interface Refused {
  readonly userErrors: UserError[];
  readonly replayed: false;
}

/**
 * What `work` answers, or its refusal as data with the path of the field that it is about.
 * @throws whatever is no refusal a client can branch on: FORBIDDEN, OVERLOADED, UNAVAILABLE, defects.
 */
export async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { field } = error.details;
    return {
      userErrors: [toUserError(error, typeof field === 'string' ? field.split('.') : [])],
      replayed: false,
    };
  }
}
