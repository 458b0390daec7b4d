import { systemMillis } from '../clock.ts';
import { arrayOf, instantArrayOf } from '../db/arrays.ts';
import type { Db, Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { parseKey, secretMatches } from './api-key.ts';
import { type ApiKeyRow, isApiKeyRevoked, keysById } from './keys.ts';

/** A key is read again when it was read this long ago and is used. */
const REFRESH_AFTER_MS = 300;
/** What was read is believed no longer than this: a revocation by another process ends access within it. */
const BELIEVE_MS = 800;
const FLUSH_EVERY_MS = 60_000;
const CAPACITY = 10_000;

interface Known {
  readonly row: ApiKeyRow;
  /** When the reading began: what was revoked later is not in it. */
  readonly readAtMs: number;
}

/**
 * The keys in use, in memory, so that a request costs no database read: a key is read in the background while it is
 * used, about three times a second, whatever its requests. A key revoked by this process is refused at once, by another
 * within 0.8 s. Holds no more than 10,000 keys.
 */
export class KeyDirectory {
  private readonly known = new Map<Uuid, Known>();
  private readonly reading = new Map<Uuid, Promise<ApiKeyRow | undefined>>();
  private usedAtMs = new Map<Uuid, number>();
  private timer: NodeJS.Timeout | undefined;
  private readonly stopListening: () => void;

  constructor(
    private readonly db: Db,
    private readonly nowMs: () => number = systemMillis,
  ) {
    this.stopListening = db.onCommitted((facts) => {
      for (const fact of facts) if (isApiKeyRevoked(fact)) this.forget(fact.keyId);
    });
  }

  /** Writes down every minute when keys were used. */
  start(): void {
    this.timer ??= setInterval(
      () => void this.flushLastUsed().catch(() => undefined),
      FLUSH_EVERY_MS,
    ).unref();
  }

  /** Writes down what is left to write, and stops. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.stopListening();
    await this.flushLastUsed();
  }

  /** The key that this text is, if it gives access now. */
  async verify(text: string): Promise<ApiKeyRow | undefined> {
    const parts = parseKey(text);
    if (!parts) return undefined;
    const row = await this.find(parts.keyId);
    if (!row || !secretMatches(parts.secret, row.secretHash) || !this.isUsable(row)) return undefined;
    this.usedAtMs.set(row.id, this.nowMs());
    return row;
  }

  private isUsable({ revokedAt, expiresAt }: ApiKeyRow): boolean {
    return revokedAt === null && (expiresAt === null || expiresAt.getTime() > this.nowMs());
  }

  private async find(keyId: Uuid): Promise<ApiKeyRow | undefined> {
    const known = this.known.get(keyId);
    const ageMs = known ? this.nowMs() - known.readAtMs : Number.POSITIVE_INFINITY;
    if (!known || ageMs >= BELIEVE_MS) return this.read(keyId);
    // Failing here is no harm: the next request after BELIEVE_MS waits for its own reading.
    if (ageMs >= REFRESH_AFTER_MS) void this.read(keyId).catch(() => undefined);
    return known.row;
  }

  /** One reading at a time for each key, shared by all who wait for it. */
  private read(keyId: Uuid): Promise<ApiKeyRow | undefined> {
    const running = this.reading.get(keyId);
    if (running) return running;
    const readAtMs = this.nowMs();
    const reading = keysById(this.db, [keyId])
      .then(([row]) => {
        // Else the key was revoked meanwhile, and this row may not know it.
        if (this.reading.get(keyId) !== reading) return row;
        this.known.delete(keyId);
        if (row) this.remember({ row, readAtMs });
        return row;
      })
      .finally(() => {
        if (this.reading.get(keyId) === reading) this.reading.delete(keyId);
      });
    this.reading.set(keyId, reading);
    return reading;
  }

  private forget(keyId: Uuid): void {
    this.known.delete(keyId);
    this.reading.delete(keyId);
  }

  private remember(known: Known): void {
    const [oldest] = this.known.keys();
    if (this.known.size >= CAPACITY && oldest) this.known.delete(oldest);
    this.known.set(known.row.id, known);
  }

  /** Writes down when keys were used since the last time, to the minute, so at most once a minute for each key. */
  async flushLastUsed(): Promise<void> {
    const used = [...this.usedAtMs];
    if (used.length === 0) return;
    this.usedAtMs = new Map();
    await this.db.sql`
      update api_keys set last_used_at = used.at
      from (select id, date_trunc('minute', at) as at from unnest(
        ${arrayOf(used.map(([keyId]) => keyId))}::text::uuid[],
        ${instantArrayOf(used.map(([, atMs]) => atMs))}::text::timestamptz[]) as u (id, at)) as used
      where api_keys.id = used.id and (last_used_at is null or last_used_at < used.at)`;
  }
}

/** Which of these keys give access no more: asked about the keys of open sockets, so that they can be closed. */
export async function revokedAmong(db: Reader, keyIds: readonly Uuid[]): Promise<Uuid[]> {
  const rows = await keysById(db, keyIds);
  const usable = new Set(rows.filter((row) => row.revokedAt === null).map((row) => row.id));
  return keyIds.filter((keyId) => !usable.has(keyId));
}
