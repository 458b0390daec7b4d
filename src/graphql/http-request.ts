import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { apiError } from './errors.ts';
import { OperationRefused, type OperationRequest } from './prepare-operation.ts';

/** The largest body that is read, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the operation in a GET or POST request.
 * @throws OperationRefused when it is no GraphQL over HTTP: method, media type, encoding, size, JSON or parameters.
 */
export async function readOperation(request: IncomingMessage, url: URL): Promise<OperationRequest> {
  if (request.method === 'GET') return fromQueryString(url.searchParams);
  if (request.method !== 'POST') throw refused('METHOD_NOT_ALLOWED', 'Send POST, or GET for a query.');
  demandJson(request);
  return fromJson(parseObject(decode(await readBody(request)), 'the body'));
}

function demandJson(request: IncomingMessage): void {
  const [mediaType = '', ...parameters] = (request.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter));
  const isJson = mediaType.toLowerCase() === 'application/json';
  const isPlain = (request.headers['content-encoding'] ?? 'identity') === 'identity';
  if (isJson && isPlain && (!charset || /^charset="?utf-?8"?$/i.test(charset))) return;
  throw refused('UNSUPPORTED_MEDIA_TYPE', 'Send application/json in UTF-8, uncompressed.');
}

/** The body, up to the limit. What comes beyond it is read and dropped until the server's timeout for requests. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuse = (): void => {
      chunks.length = 0;
      reject(refused('PAYLOAD_TOO_LARGE', `The body must be at most ${MAX_BODY_BYTES} bytes.`));
    };
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) refuse();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else refuse();
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () => reject(refused('BAD_REQUEST', 'The body did not arrive.')));
  });
}

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw refused('BAD_REQUEST', 'The body must be UTF-8.');
  return body.toString('utf8').replace(/^\uFEFF/, '');
}

function parseObject(text: string, what: string): Json {
  const value = parseJson(text);
  if (isObject(value)) return value;
  throw refused(
    'BAD_REQUEST',
    Array.isArray(value) ? 'Send one operation a request.' : `${what} must be a JSON object.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromJson(body: Json): OperationRequest {
  objectOf(body, 'extensions');
  return {
    query: textOf(body, 'query'),
    documentId: documentIdOf(body),
    operationName: textOf(body, 'operationName'),
    variables: objectOf(body, 'variables'),
  };
}

function fromQueryString(parameters: URLSearchParams): OperationRequest {
  const given: Record<string, unknown> = Object.fromEntries(parameters);
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (text !== null) given[name] = parseObject(text, name);
  }
  return fromJson(given);
}

/** Persisted operations are named as GraphQL over HTTP has it, or as Apollo's clients do. */
function documentIdOf(body: Json): string | undefined {
  const persisted = objectOf(objectOf(body, 'extensions') ?? {}, 'persistedQuery');
  return textOf(body, 'documentId') ?? (persisted && textOf(persisted, 'sha256Hash'));
}

function textOf(body: Json, name: string): string | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw refused('BAD_REQUEST', `"${name}" must be a string.`);
}

function objectOf(body: Json, name: string): Json | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || isObject(value)) return value;
  throw refused('BAD_REQUEST', `"${name}" must be a JSON object.`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(code: Parameters<typeof apiError>[0], message: string): OperationRefused {
  return new OperationRefused([apiError(code, message)]);
}
