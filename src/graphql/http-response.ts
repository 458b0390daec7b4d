import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { type ApiErrorCode, codeOf } from './errors.ts';

export const GRAPHQL_RESPONSE = 'application/graphql-response+json; charset=utf-8';
export const JSON_RESPONSE = 'application/json; charset=utf-8';
export type MediaType = typeof GRAPHQL_RESPONSE | typeof JSON_RESPONSE;

/** The status of a request that was answered with nothing but errors. */
const STATUS: Readonly<Record<ApiErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  IDEMPOTENCY_CONFLICT: 409,
  OUT_OF_CREDITS: 402,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
  THROTTLED: 429,
  INTERNAL_SERVER_ERROR: 500,
  BAD_REQUEST: 400,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  UNSUPPORTED_MEDIA_TYPE: 415,
  PAYLOAD_TOO_LARGE: 413,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  OPERATION_TOO_LARGE: 400,
  PERSISTED_QUERY_NOT_FOUND: 400,
  USE_WEBSOCKET: 400,
  USE_HTTP: 400,
};

/**
 * A request that is well formed but whose operation is not: clients that accept only application/json read the errors
 * of a 200 and take anything else for a broken connection, which is why the specification asks for 200 there.
 */
const OPERATION_CODES: ReadonlySet<ApiErrorCode> = new Set<ApiErrorCode>([
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'OPERATION_TOO_LARGE',
  'PERSISTED_QUERY_NOT_FOUND',
  'USE_WEBSOCKET',
]);

/** The media type to answer with, or undefined when the client accepts none that there is. */
export function acceptedType(accept: string | undefined): MediaType | undefined {
  const wanted = (accept ?? '*/*').split(',').map(readPreference);
  wanted.sort((a, b) => b.quality - a.quality);
  return wanted.find(({ type, quality }) => type !== undefined && quality > 0)?.type;
}

function readPreference(text: string): { type: MediaType | undefined; quality: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { type: MEDIA_RANGES[range], quality: Number(quality) || 0 };
}

const MEDIA_RANGES: Readonly<Record<string, MediaType>> = {
  'application/graphql-response+json': GRAPHQL_RESPONSE,
  'application/json': JSON_RESPONSE,
  'application/*': JSON_RESPONSE,
  '*/*': JSON_RESPONSE,
};

/** The status of a response that has these errors and no data. */
export function statusOf(errors: readonly GraphQLFormattedError[], type: MediaType): number {
  const codes = errors.map(codeOf);
  if (type === JSON_RESPONSE && codes.every((code) => OPERATION_CODES.has(code))) return 200;
  return Math.max(...codes.map((code) => STATUS[code]));
}

/** Ends a response with errors only. */
export function sendErrors(
  response: ServerResponse,
  errors: readonly GraphQLFormattedError[],
  type: MediaType = JSON_RESPONSE,
): void {
  const status = statusOf(errors, type);
  const retryAfter = errors
    .map((error) => error.extensions?.retryAfterSeconds)
    .find((after) => after !== undefined);
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (status === 405) response.setHeader('allow', 'GET, POST');
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify({ errors }));
}
