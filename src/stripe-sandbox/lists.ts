import type { ListFilter, Stored } from './objects.ts';
import type { Params } from './params.ts';
import { invalidRequest } from './problem.ts';
import type { Kind, Resources } from './resources.ts';

/** `limit`, `starting_after`, `ending_before` and `created` of a request for a list. @throws StripeProblem */
export function listParams(params: Params): ListFilter {
  const limit = params.optionalInteger('limit') ?? 10;
  if (limit < 1 || limit > 100) {
    const message = `This value must be ${limit < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'}.`;
    throw invalidRequest(message, { code: 'parameter_invalid_integer', param: 'limit' });
  }
  const startingAfter = params.optional('starting_after');
  const endingBefore = params.optional('ending_before');
  if (startingAfter !== undefined && endingBefore !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: ending_before, starting_after.');
  }
  return { limit, startingAfter, endingBefore, ...createdBounds(params) };
}

/** A page as the API answers it. `url`: where the list is. */
export function listOf<K extends Kind>(
  url: string,
  page: { readonly data: readonly Stored<K>[]; readonly hasMore: boolean },
): { object: 'list'; data: Resources[K][]; has_more: boolean; url: string } {
  return { object: 'list', data: page.data.map(({ data }) => data), has_more: page.hasMore, url };
}

function createdBounds(params: Params): Pick<ListFilter, 'createdFrom' | 'createdTo'> {
  const created = params.part('created');
  if (created === undefined) return {};
  const [gt, lt] = [created.optionalInteger('gt'), created.optionalInteger('lt')];
  return {
    createdFrom: created.optionalInteger('gte') ?? (gt === undefined ? undefined : gt + 1),
    createdTo: created.optionalInteger('lte') ?? (lt === undefined ? undefined : lt - 1),
  };
}
