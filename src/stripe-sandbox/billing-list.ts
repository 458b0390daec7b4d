import type { Call } from './call.ts';
import { listOf, listParams } from './lists.ts';
import type { ListFilter } from './objects.ts';
import type { Kind, Resources } from './resources.ts';

/** A list as the API answers it. */
export interface ApiPage<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** The page of `kind` that the call asks for, among those of the filter. */
export async function listPage<K extends Kind>(
  call: Call,
  kind: K,
  url: string,
  filter: Pick<ListFilter, 'customer' | 'matching' | 'parent'>,
): Promise<ApiPage<Resources[K]>> {
  return listOf(url, await call.objects.list(kind, { ...listParams(call.params), ...filter }));
}

/** The page that the call asks for of `items`, which an object carries itself. */
export function wholePage<T extends { readonly id: string }>(
  call: Call,
  items: readonly T[],
  url: string,
): ApiPage<T> {
  const { limit, startingAfter } = listParams(call.params);
  const from = startingAfter === undefined ? 0 : items.findIndex(({ id }) => id === startingAfter) + 1;
  return {
    object: 'list',
    data: items.slice(from, from + limit),
    has_more: items.length > from + limit,
    url,
  };
}
