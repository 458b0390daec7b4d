import { arrayOf } from '../db/arrays.ts';
import type { Db, Fact, Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { revokedAmong } from './key-directory.ts';
import { isApiKeyRevoked } from './keys.ts';
import { isMembershipChanged } from './memberships.ts';

/** Who is connected, and how to make a change of what they may do felt. */
export interface Connected {
  connectedKeys(): Uuid[];
  connectedUsers(): Uuid[];
  /** A key gives access no more. */
  revoke(keyId: Uuid): void;
  /** The memberships of a user have changed. */
  judgeAgain(userId: Uuid): Promise<void>;
}

const CHECK_EVERY_MS = 500;

/**
 * Makes changes of keys and memberships felt by those who are connected: those of this process at once, those of other
 * processes by a look at the database twice a second, two statements however many are connected.
 */
export class AccessWatch {
  private readonly memberships = new Map<Uuid, string>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly stopListening: () => void;

  constructor(
    private readonly db: Db,
    private readonly connected: Connected,
  ) {
    this.stopListening = db.onCommitted((facts) => {
      for (const fact of facts) this.learn(fact);
    });
  }

  /** Looks at the database twice a second. */
  start(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.lookAndGoOn(), CHECK_EVERY_MS).unref();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopListening();
  }

  private async lookAndGoOn(): Promise<void> {
    // Without the database nothing is served that could be withheld; the next look finds what this one missed.
    await this.look().catch(() => undefined);
    this.start();
  }

  /** One look at the database. */
  async look(): Promise<void> {
    await Promise.all([this.lookAtKeys(), this.lookAtMemberships()]);
  }

  private learn(fact: Fact): void {
    if (isApiKeyRevoked(fact)) this.connected.revoke(fact.keyId);
    if (isMembershipChanged(fact)) void this.connected.judgeAgain(fact.userId).catch(() => undefined);
  }

  private async lookAtKeys(): Promise<void> {
    const keyIds = this.connected.connectedKeys();
    if (keyIds.length === 0) return;
    for (const keyId of await revokedAmong(this.db, keyIds)) this.connected.revoke(keyId);
  }

  private async lookAtMemberships(): Promise<void> {
    const userIds = this.connected.connectedUsers();
    for (const userId of this.memberships.keys())
      if (!userIds.includes(userId)) this.memberships.delete(userId);
    if (userIds.length === 0) return;
    const now = await membershipTexts(this.db, userIds);
    const changed = userIds.filter((userId) => this.memberships.get(userId) !== (now.get(userId) ?? ''));
    await Promise.all(changed.map((userId) => this.connected.judgeAgain(userId)));
    for (const userId of changed) this.memberships.set(userId, now.get(userId) ?? '');
  }
}

/** All memberships of each user as one text, which differs when any of them does. */
async function membershipTexts(db: Reader, userIds: readonly Uuid[]): Promise<Map<Uuid, string>> {
  const rows = await db.sql<{ user_id: Uuid; roles: string }[]>`
    select user_id, string_agg(team_id || role, ' ' order by team_id) as roles from memberships
    where user_id in (select unnest(${arrayOf(userIds)}::text::uuid[])) group by user_id`;
  return new Map(rows.map((row) => [row.user_id, row.roles]));
}
