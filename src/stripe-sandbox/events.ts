import type { Call, Endpoint } from './call.ts';
import { listOf, listParams } from './lists.ts';

async function list(call: Call): Promise<object> {
  const type = call.params.optional('type');
  const types = type === undefined ? call.params.texts('types') : [type];
  return listOf('/v1/events', await call.objects.list('event', { ...listParams(call.params), types }));
}

/** Events that have happened, whether they were delivered or not. */
export const EVENT_ENDPOINTS: readonly Endpoint[] = [
  { method: 'GET', path: '/v1/events', run: list },
  {
    method: 'GET',
    path: '/v1/events/:id',
    run: async (call) => (await call.objects.require('event', call.path('id'), 'id')).data,
  },
];
