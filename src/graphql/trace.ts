import { randomBytes } from 'node:crypto';

/**
 * The id under which the log has a request: that of the caller's W3C `traceparent` when it sends one, else a new one.
 */
export function traceIdOf(traceparent: string | undefined): string {
  const given = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '')?.[1];
  return given && !/^0+$/.test(given) ? given : randomBytes(16).toString('hex');
}
