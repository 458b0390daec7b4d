import type { KeyType } from '../actor.ts';

/**
 * The Content-Security-Policy of `/graphiql/` and everything below it. Everything comes from this server; styles may be
 * inline because the editor measures and places text with `style` elements; fonts and icons are inlined as `data:`.
 */
export const GRAPHIQL_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  // Safari and Firefox did not always count a websocket of the same host as 'self'.
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** An API key of the demo data, or a token of its user, that the page offers. */
export interface DemoKey {
  readonly label: string;
  readonly keyType: KeyType | 'USER';
  /** The whole header value: `Bearer dd_…`. */
  readonly authorization: string;
}

/**
 * What `GET /graphiql/settings.json` answers: keys and ids of the demo data, so that the example tabs run as they are.
 * Served only in development with demo data. Anywhere else the answer is 204 (a 404 would be an error in the browser's
 * console), and the page shows placeholders.
 */
export interface GraphiqlSettings {
  readonly demoKeys: readonly DemoKey[];
  /** The demo team that the examples are about. */
  readonly teamId: string;
  /** A model of the demo catalogue that has a price. */
  readonly model: string;
}
