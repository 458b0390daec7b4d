import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, print } from 'graphql';

export interface HttpClientOptions {
  /** Of the server: `/graphql` is appended. */
  readonly url: string;
  /** A key or token. */
  readonly credential: string;
  /** How long to wait for an answer. Default 30 seconds. */
  readonly timeoutMs?: number;
}

/** Sends queries and mutations. Connections are kept alive and shared by concurrent calls. */
export interface HttpClient {
  /**
   * Answers the data of the operation.
   * @throws ApiError when the API refuses it or a part of it fails, Unreachable when there is no answer from the API.
   */
  send<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;
}

/** One error of an answer, as the API documents it. */
export interface ApiErrorItem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly retryAfterSeconds?: number;
    readonly traceId?: string;
  };
}

/** The API answered with errors; `code` and `retryAfterSeconds` are those of the first. */
export class ApiError extends Error {
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(readonly errors: readonly ApiErrorItem[]) {
    super(errors.map(({ message }) => message).join(' '));
    this.name = 'ApiError';
    this.code = errors[0]?.extensions?.code;
    this.retryAfterSeconds = errors[0]?.extensions?.retryAfterSeconds;
  }
}

/** Nothing is known of what became of the operation: no answer came, or none of the API. */
export class Unreachable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unreachable';
  }
}

/** Whether the same operation, with the same idempotency keys, may succeed later. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiError && RETRYABLE.has(error.code ?? '');
}

const RETRYABLE = new Set(['UNAVAILABLE', 'OVERLOADED', 'THROTTLED']);
const TIMEOUT_MS = 30_000;

/** A client of the API at `url`. */
export function createHttpClient({ url, credential, timeoutMs = TIMEOUT_MS }: HttpClientOptions): HttpClient {
  const headers = {
    authorization: `Bearer ${credential}`,
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
  };
  const send = async <Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> => {
    const body = JSON.stringify({ query: textOf(document), variables });
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await post(`${url}/graphql`, { method: 'POST', headers, body, signal });
    if (answer.errors) throw new ApiError(answer.errors);
    // The type was generated from the document, and the server answers what the document selects.
    return answer.data as Data;
  };
  return { send };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly ApiErrorItem[];
}

async function post(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    const answer = parseAnswer(text);
    if (answer) return answer;
    throw new Unreachable(`${url} answered ${response.status} without GraphQL.`);
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    throw new Unreachable(`No answer from ${url}: ${reasonOf(error)}`, { cause: error });
  }
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return undefined;
    if ('errors' in answer && Array.isArray(answer.errors)) return { errors: answer.errors };
    return 'data' in answer ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** What fetch says is "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const texts = new WeakMap<object, string>();

function textOf(document: DocumentNode): string {
  const known = texts.get(document);
  if (known !== undefined) return known;
  const text = print(document);
  texts.set(document, text);
  return text;
}
