import type { Uuid } from '../id.ts';
import type { SocketSession } from './socket-session.ts';

/** The open sockets of this process, and whose they are. */
export class SessionRegistry {
  private readonly sessions = new Set<SocketSession>();
  private readonly byCredential = new Map<Uuid, Set<SocketSession>>();
  private whenEmpty: (() => void) | undefined;

  get all(): ReadonlySet<SocketSession> {
    return this.sessions;
  }

  add(session: SocketSession): void {
    this.sessions.add(session);
  }

  /** Notes whose a socket is. False, and nothing noted, when the owner has `limit` sockets already or it is gone. */
  own(session: SocketSession, credentialId: Uuid, limit: number): boolean {
    const owned = this.byCredential.get(credentialId) ?? new Set();
    if (owned.size >= limit || !this.sessions.has(session)) return false;
    this.byCredential.set(credentialId, owned.add(session));
    return true;
  }

  remove(session: SocketSession): void {
    this.sessions.delete(session);
    const credentialId = session.owner?.credentialId;
    const owned = credentialId === undefined ? undefined : this.byCredential.get(credentialId);
    owned?.delete(session);
    if (credentialId !== undefined && owned?.size === 0) this.byCredential.delete(credentialId);
    if (this.sessions.size === 0) this.whenEmpty?.();
  }

  /** The sockets of a key or user. */
  of(credentialId: Uuid): ReadonlySet<SocketSession> {
    return this.byCredential.get(credentialId) ?? new Set();
  }

  /** The keys, or users, that have sockets. */
  owners(kind: 'KEY' | 'USER'): Uuid[] {
    const entries = [...this.byCredential].filter(([, [first]]) => first?.owner?.actor.kind === kind);
    return entries.map(([credentialId]) => credentialId);
  }

  /** Resolves when the last socket is gone. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      this.whenEmpty = resolve;
      if (this.sessions.size === 0) resolve();
    });
  }
}
