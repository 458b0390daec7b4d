import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { systemMillis } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { assert } from '../domain-error.ts';

/** What a link is good for; one for another purpose is worth nothing. */
export type LinkPurpose = 'EXPORT' | 'RECEIPT';

/** A link that needs no credentials until it expires. */
export interface SignedLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** What a token turned out to be. */
export type ReadLink =
  | { readonly state: 'GOOD'; readonly payload: unknown }
  | { readonly state: 'WRONG' | 'EXPIRED' };

/** How long a link is good, unless told otherwise. */
export const LINK_LIFE_MS = 15 * 60_000;

const SECRET_NAME = 'links';
const PATHS: Readonly<Record<LinkPurpose, string>> = { EXPORT: '/exports/', RECEIPT: '/receipts/' };

/**
 * Makes and reads links that carry what they are for, until when (by system time), and an HMAC-SHA256 over both by a secret
 * that all servers of the installation share.
 */
export class LinkSigner {
  private secret: Promise<Buffer> | undefined;

  /** @param publicUrl where clients reach this server, such as `https://billing.example.com`. */
  constructor(
    private readonly db: Db,
    private readonly publicUrl: () => string,
  ) {}

  /** @param payload what the link is for, as JSON has it: its holder can read it. */
  async sign(purpose: LinkPurpose, payload: unknown, lifeMs: number = LINK_LIFE_MS): Promise<SignedLink> {
    const expiresAtMs = systemMillis() + lifeMs;
    const body = Buffer.from(JSON.stringify([expiresAtMs, payload])).toString('base64url');
    const token = `${body}.${macOf(await this.key(), purpose, body).toString('base64url')}`;
    const base = this.publicUrl().replace(/\/+$/, '');
    return { url: `${base}${PATHS[purpose]}${token}`, expiresAt: new Date(expiresAtMs) };
  }

  /** What a token stands for. Nothing of it is looked at before the signature holds. */
  async read(purpose: LinkPurpose, token: string): Promise<ReadLink> {
    const [body = '', mac = '', ...rest] = token.split('.');
    const expected = macOf(await this.key(), purpose, body);
    const given = Buffer.from(mac, 'base64url');
    const isOurs =
      rest.length === 0 &&
      given.length === expected.length &&
      timingSafeEqual(given, expected) &&
      // Base64 has more than one text for the same bytes.
      mac === expected.toString('base64url');
    if (!isOurs) return { state: 'WRONG' };
    const [expiresAtMs, payload]: [number, unknown] = JSON.parse(Buffer.from(body, 'base64url').toString());
    return expiresAtMs > systemMillis() ? { state: 'GOOD', payload } : { state: 'EXPIRED' };
  }

  /** The token of a request for a link of this purpose. */
  static tokenOf(purpose: LinkPurpose, url: URL): string {
    return url.pathname.startsWith(PATHS[purpose]) ? url.pathname.slice(PATHS[purpose].length) : '';
  }

  private key(): Promise<Buffer> {
    this.secret ??= sharedSecret(this.db).catch((error: unknown) => {
      // What failed once is asked for anew.
      this.secret = undefined;
      throw error;
    });
    return this.secret;
  }
}

function macOf(secret: Buffer, purpose: LinkPurpose, body: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose}.${body}`).digest();
}

/** The secret of the installation, made by whichever server needs it first: the others find it. */
async function sharedSecret({ sql }: Db): Promise<Buffer> {
  const made = randomBytes(32).toString('hex');
  await sql`
    insert into installation_secrets (name, secret, created_at)
    values (${SECRET_NAME}, ${made}, ${new Date(systemMillis()).toISOString()}::timestamptz)
    on conflict (name) do nothing`;
  const [kept] = await sql<{ secret: string }[]>`
    select secret from installation_secrets where name = ${SECRET_NAME}`;
  assert(kept, 'a secret that was made is there');
  return Buffer.from(kept.secret, 'hex');
}
