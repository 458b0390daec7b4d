import { badInput } from '../domain-error.ts';

/** What people and programs may write into the texts of this room. Each function answers the text as it is stored. */

/** @throws DomainError BAD_USER_INPUT when a name is empty, longer than 100 characters or has control characters. */
export function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 100 || /\p{Cc}/u.test(trimmed)) {
    throw badInput('name', 'must have 1 to 100 characters and no control characters.');
  }
  return trimmed;
}

/** @throws DomainError BAD_USER_INPUT when a reason is longer than 500 characters. */
export function checkReason(reason: string | undefined): string | null {
  if (reason && reason.length > 500) throw badInput('reason', 'must have at most 500 characters.');
  return reason?.trim() || null;
}

/** @throws DomainError BAD_USER_INPUT when an idempotency key is empty or longer than 255 characters. */
export function checkIdempotencyKey(key: string): string {
  if (key === '' || key.length > 255) throw badInput('idempotencyKey', 'must have 1 to 255 characters.');
  return key;
}

/** @throws DomainError BAD_USER_INPUT when there is no time zone of this name. */
export function checkTimeZone(timeZone: string): string {
  const wrong = badInput('timeZone', 'must be the IANA name of a time zone, such as "Europe/Berlin".');
  // Offsets such as "+01:00" are no names, and PostgreSQL reads them with the sign reversed.
  if (!/^[A-Za-z]/.test(timeZone)) throw wrong;
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    throw wrong;
  }
}
