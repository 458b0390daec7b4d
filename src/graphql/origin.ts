import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whether a request may come from the page it comes from; requests without an Origin come from no page. */
export type OriginCheck = (request: IncomingMessage) => boolean;

/**
 * Reads ALLOWED_ORIGINS: `*`, or origins separated by commas. Our own pages are always allowed.
 * Credentials are never taken from cookies, so `*` gives a foreign page nothing that it does not have.
 */
export function originCheck(allowedOrigins: string): OriginCheck {
  const allowed = new Set(allowedOrigins.split(',').map((origin) => origin.trim().replace(/\/$/, '')));
  return (request) => {
    const { origin, host } = request.headers;
    return origin === undefined || allowed.has('*') || allowed.has(origin) || isOwn(origin, host);
  };
}

function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.parse(origin)?.host === host;
}

/** Tells the browser that the page of an allowed request may read the answer. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader('vary', 'Origin, Accept');
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', 'retry-after, x-trace-id');
}

/** Answers a preflight of an allowed origin. */
export function answerPreflight(response: ServerResponse): void {
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers':
        'authorization, content-type, apollo-require-preflight, x-apollo-operation-name, traceparent',
      'access-control-max-age': '600',
    })
    .end();
}
