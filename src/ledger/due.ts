import type { GrantAccount } from './grant-account.ts';

/** A grant starts or expires, if it still is what it was `from` then. */
export interface DueEvent {
  readonly grant: GrantAccount;
  readonly from: 'SCHEDULED' | 'OPEN';
  readonly atMs: number;
}

/** What time will do to a grant, the next first: it starts before it expires. */
export function dueEvents(grant: GrantAccount): DueEvent[] {
  const { status, effectiveAtMs, expiresAtMs } = grant;
  if (status !== 'SCHEDULED' && status !== 'OPEN') return [];
  const expiry: DueEvent[] = expiresAtMs === null ? [] : [{ grant, from: 'OPEN', atMs: expiresAtMs }];
  return status === 'OPEN' ? expiry : [{ grant, from: 'SCHEDULED', atMs: effectiveAtMs }, ...expiry];
}
