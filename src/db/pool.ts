import postgres from 'postgres';

export type Pool = postgres.Sql<{ bigint: bigint }>;
export type PoolOptions = Omit<postgres.Options<Record<string, never>>, 'types'>;

/** How values travel: `int8` as bigint, `timestamptz` as Date, JSON as a value; what is text already goes as it is. */
const TYPES = {
  bigint: postgres.BigInt,
  date: {
    to: 1184,
    from: [1184],
    serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
    parse: parseInstant,
  },
  json: {
    to: 3802,
    from: [114, 3802],
    serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
    parse: (text: string): unknown => JSON.parse(text),
  },
};

/**
 * Opens a pool for a `postgres://` URL; a unix socket is given as `?host=/folder` (and `&port=` when it is not 5432).
 * Connections are made when first needed.
 */
export function openPool(url: string, options: PoolOptions = {}): Pool {
  const { address, socket } = splitSocket(url);
  return postgres(address, {
    ...socket,
    fetch_types: false,
    onnotice: () => undefined,
    ...options,
    types: TYPES,
  });
}

/** postgres.js takes a socket folder only as an option, and sends what it does not know of the query to the server. */
function splitSocket(url: string): { address: string; socket: { host?: string; port?: number } } {
  const parsed = new URL(url);
  const folder = parsed.searchParams.get('host');
  if (!folder?.startsWith('/')) return { address: url, socket: {} };
  const port = Number(parsed.searchParams.get('port') ?? 5432);
  parsed.searchParams.delete('host');
  parsed.searchParams.delete('port');
  return { address: parsed.toString(), socket: { host: folder, port } };
}

/** PostgreSQL's `2026-11-21 23:59:59.999+00`, which is ISO 8601 but for the blank and the short offset. */
function parseInstant(text: string): Date {
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
