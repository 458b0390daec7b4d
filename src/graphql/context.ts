import type { Actor } from '../actor.ts';

/**
 * What a resolver knows about its request. Rooms get their services by constructor (`app.ts` hands type-graphql the
 * resolver instances); the context carries only what belongs to one request or one socket operation.
 */
export interface Context {
  readonly actor: Actor;
  /** In every log line and masked error of this request. */
  readonly traceId: string;
  /** One value a request for each key: DataLoaders and look-ups that several fields share. */
  once<T>(key: string, make: () => T): T;
}

/** A context for one operation. */
export function createContext(actor: Actor, traceId: string): Context {
  const values = new Map<string, unknown>();
  return {
    actor,
    traceId,
    once<T>(key: string, make: () => T): T {
      if (!values.has(key)) values.set(key, make());
      // The key names the type: each key is used with one `make` only.
      return values.get(key) as T;
    },
  };
}
