import type { GrantAccount } from './grant-account.ts';

/** A grant starts or expires, if it still is what it was `from` then. */
export interface DueEvent {
  readonly grant: GrantAccount;
  readonly from: 'SCHEDULED' | 'OPEN';
  readonly atMs: number;
}

/** What time will do to a grant, the next first: it starts before it expires. */
function dueEvents(grant: GrantAccount): DueEvent[] {
  const { status, effectiveAtMs, expiresAtMs } = grant;
  if (status !== 'SCHEDULED' && status !== 'OPEN') return [];
  const expiry: DueEvent[] = expiresAtMs === null ? [] : [{ grant, from: 'OPEN', atMs: expiresAtMs }];
  return status === 'OPEN' ? expiry : [{ grant, from: 'SCHEDULED', atMs: effectiveAtMs }, ...expiry];
}

/** All that is due by an instant, in the order of time. Sorted once: thousands of grants may fall due together. */
export function dueBy(atMs: number, grants: Iterable<GrantAccount>): DueEvent[] {
  const events: DueEvent[] = [];
  for (const grant of grants)
    for (const event of dueEvents(grant)) if (event.atMs <= atMs) events.push(event);
  return events.sort((a, b) => a.atMs - b.atMs || (a.grant.id < b.grant.id ? -1 : 1));
}

/** When the next of all is due; null for never. */
export function nextDueOf(grants: Iterable<GrantAccount>): number | null {
  let next: number | null = null;
  for (const grant of grants) {
    const [first] = dueEvents(grant);
    if (first && (next === null || first.atMs < next)) next = first.atMs;
  }
  return next;
}
