import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import { isConnectionFailure } from '../db/client.ts';
import { DomainError, type ErrorCode } from '../domain-error.ts';

/** The codes that only the transport answers, beside those of DomainError. */
type TransportCode =
  | 'BAD_REQUEST'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'PAYLOAD_TOO_LARGE'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'OPERATION_TOO_LARGE'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'USE_WEBSOCKET'
  | 'USE_HTTP';

export type ApiErrorCode = ErrorCode | TransportCode;

/** The closed list of `extensions.code`, each with what it means for the client. */
export const ERROR_CODES: Readonly<Record<ApiErrorCode, string>> = {
  UNAUTHENTICATED: 'No credentials, or credentials that are malformed, expired or revoked.',
  FORBIDDEN: 'These credentials may see the object but not do this with it.',
  NOT_FOUND: 'Nothing that these credentials may see has this id.',
  BAD_USER_INPUT: 'A value cannot be used; the message says which, and what would be right.',
  CONFLICT: 'The object has changed, or is in a state that does not allow this.',
  IDEMPOTENCY_CONFLICT: 'The idempotency key was used before with other input.',
  OUT_OF_CREDITS: 'The grants that may pay do not hold enough.',
  OVERLOADED: 'Too much is waiting; repeat after "retryAfterSeconds" with the same idempotency keys.',
  UNAVAILABLE: 'The database is out of reach; repeat with the same idempotency keys.',
  THROTTLED: 'This key asks too much; repeat after "retryAfterSeconds".',
  INTERNAL_SERVER_ERROR: 'A defect on our side; "traceId" finds it in our log.',
  BAD_REQUEST:
    'The request is no GraphQL over HTTP: encoding, JSON, parameters, or a header against CSRF is missing.',
  METHOD_NOT_ALLOWED: 'Send POST, or GET for a query.',
  NOT_ACCEPTABLE: 'Answers are application/graphql-response+json or application/json.',
  UNSUPPORTED_MEDIA_TYPE: 'Send application/json in UTF-8, uncompressed.',
  PAYLOAD_TOO_LARGE: 'The body is larger than the limit.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE:
    'The document has no operation of this name, or several and no name was given.',
  OPERATION_TOO_LARGE:
    'The operation exceeds a limit on size, depth, aliases, directives, root fields or list items.',
  PERSISTED_QUERY_NOT_FOUND: 'No operation is registered under this document id.',
  USE_WEBSOCKET: 'Subscriptions are served over the websocket (graphql-transport-ws) on the same path.',
  USE_HTTP: 'Queries and mutations are served over HTTP; the websocket carries subscriptions only.',
};

/** An error of the transport, with one of the documented codes. */
export function apiError(
  code: ApiErrorCode,
  message: string,
  options: GraphQLErrorOptions = {},
): GraphQLError {
  return new GraphQLError(message, { ...options, extensions: { ...options.extensions, code } });
}

/** Where masked errors are written, with the trace id that the client was given. */
export interface ErrorTrace {
  readonly traceId: string;
  readonly log: { error(fields: object, message: string): void };
}

/**
 * The one place where an error becomes a response: facts keep their code, message and details; anything else is
 * answered as INTERNAL_SERVER_ERROR with the trace id under which the log has the cause.
 */
export function publicError(error: GraphQLError, trace: ErrorTrace): GraphQLFormattedError {
  const extensions = publicExtensions(error);
  if (extensions) return { ...locatedAt(error), message: error.message, extensions };
  const root = rootCause(error);
  if (isConnectionFailure(root)) return { ...locatedAt(error), ...UNAVAILABLE };
  trace.log.error({ traceId: trace.traceId, path: error.path, err: root }, 'an operation failed');
  return {
    ...locatedAt(error),
    message: `Something failed on our side. Quote trace ${trace.traceId} when you ask about it.`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', traceId: trace.traceId },
  };
}

/** Any thrown value as a GraphQLError, so that `publicError` can judge it. */
export function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const cause = error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  return new GraphQLError(cause.message, { originalError: cause });
}

/** The documented code of an error that `publicError` formatted. */
export function codeOf(error: GraphQLFormattedError): ApiErrorCode {
  const code = error.extensions?.code;
  return isApiErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR';
}

const UNAVAILABLE: GraphQLFormattedError = {
  message: 'The database is out of reach. Repeat the request with the same idempotency keys.',
  extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 1 },
};

/** The extensions of an error that may be shown, or undefined for one that must be masked. */
function publicExtensions(error: GraphQLError): Record<string, unknown> | undefined {
  const root = rootCause(error);
  if (root instanceof DomainError) return { ...root.details, code: root.code };
  if (!(root instanceof GraphQLError)) return undefined;
  if (isApiErrorCode(root.extensions.code)) return root.extensions;
  // graphql-js reports bad variables without a path and bad arguments with their nodes; a value that a resolver
  // returned and a scalar refused has a path and no nodes of its own: our defect.
  return error.path === undefined || root.nodes !== undefined ? { code: 'BAD_USER_INPUT' } : undefined;
}

function rootCause(error: GraphQLError): Error {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function locatedAt(error: GraphQLError): Pick<GraphQLFormattedError, 'path' | 'locations'> {
  return {
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
  };
}

function isApiErrorCode(code: unknown): code is ApiErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}
