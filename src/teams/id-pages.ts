import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import type { IdWindow } from './memberships.ts';

/** The page that `args` ask for of a list that is ordered by one id. `list` names it in its cursors. */
export async function idPage<Row>(
  list: string,
  args: ConnectionArgs,
  read: (window: IdWindow) => Promise<Row[]>,
  idOf: (row: Row) => Uuid,
): Promise<Page<Row>> {
  const order = keyset(list, 'uuid');
  const window = pageWindow(args, order);
  const { direction, limit } = window;
  const rows = await read({ direction, limit, from: window.from?.[0] });
  return pageOf(rows, window, order, (row) => [idOf(row)]);
}
