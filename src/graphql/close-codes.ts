/** A close frame. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/**
 * Why a socket is closed by us. Clients of graphql-ws come back by themselves after 1001, 1012, 1013 and 4403 (with
 * fresh `connectionParams`), and not after the others.
 */
export const CLOSE = {
  RESTARTING: { code: 1012, reason: 'The server restarts' },
  TOO_SLOW: { code: 1013, reason: 'The client reads too slowly' },
  UNAVAILABLE: { code: 1013, reason: 'Credentials cannot be checked now' },
  UNAUTHORIZED: { code: 4401, reason: 'Credentials are missing or not good' },
  REVOKED: { code: 4401, reason: 'Credentials were revoked' },
  EXPIRED: { code: 4403, reason: 'The token has expired' },
  TOO_MANY: { code: 4429, reason: 'Too many sockets for these credentials' },
  FAILED: { code: 4500, reason: 'Internal server error' },
} as const satisfies Record<string, Close>;
