import type { Tx } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import { recordUser, type WelcomeOwner } from './users.ts';

export interface UpsertUser {
  /** The `sub` of their tokens. */
  readonly subject: string;
  readonly email?: string | undefined;
  /** Whether whoever says so has seen proof that the e-mail is theirs. */
  readonly emailVerified: boolean;
  readonly name?: string | undefined;
}

/**
 * Makes a user known, or what is known of one newer, as their token would. An e-mail that is not verified is left out:
 * what was verified before stays.
 * @throws DomainError BAD_USER_INPUT naming the field.
 */
export async function upsertUser(tx: Tx, input: UpsertUser, at: Date, welcome?: WelcomeOwner): Promise<Uuid> {
  const email = checkEmail(input.email);
  const identity = {
    subject: checkText('subject', input.subject, 255),
    email: input.emailVerified ? email : undefined,
    name: input.name === undefined ? undefined : checkText('name', input.name, 200),
  };
  return recordUser(tx, identity, at, welcome);
}

function checkEmail(email: string | undefined): string | undefined {
  if (email !== undefined && (email.length > 320 || !/^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$/u.test(email)))
    throw badInput('email', 'must be an e-mail address of at most 320 characters.');
  return email;
}

function checkText(field: string, text: string, maxLength: number): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > maxLength || /\p{Cc}/u.test(trimmed) || !trimmed.isWellFormed())
    throw badInput(field, `must have 1 to ${maxLength} characters and no control characters.`);
  return trimmed;
}
