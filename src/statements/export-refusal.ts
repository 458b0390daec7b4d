import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers a request for a signed link. */
export type LinkHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

const REFUSALS = { WRONG: [403, 'forbidden'], EXPIRED: [410, 'gone'] } as const;

/** Refuses a link without saying what about it is wrong. */
export function refuseLink(
  request: IncomingMessage,
  response: ServerResponse,
  state: keyof typeof REFUSALS,
): void {
  const [status, text] = REFUSALS[state];
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : text);
}
