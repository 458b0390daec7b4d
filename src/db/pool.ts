import postgres from 'postgres';

export type PoolOptions = postgres.Options<{ bigint: typeof postgres.BigInt }>;
export type Pool = postgres.Sql<{ bigint: bigint }>;

/**
 * Opens a pool for a `postgres://` URL; a unix socket is given as `?host=/folder` (and `&port=` when it is not 5432).
 * Connections are made when first needed. `int8` columns are read as `bigint`.
 */
export function openPool(url: string, options: Omit<PoolOptions, 'types'> = {}): Pool {
  const { address, socket } = splitSocket(url);
  return postgres(address, {
    ...socket,
    fetch_types: false,
    onnotice: () => undefined,
    ...options,
    types: { bigint: postgres.BigInt },
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
