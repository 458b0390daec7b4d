import type { Db } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { isPermitted } from '../graphql/auth.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { entriesBetween } from './entries.ts';
import { toLedgerEntry } from './entry.type.ts';

/** The objects of this room by id: null for what the asker may not see. */
export function ledgerNodes(db: Db): NodeLoaders {
  return {
    entry: async (ctx, teamId, seq) => {
      assert(seq !== undefined, 'the id of an entry has its number');
      if (!(await isPermitted(ctx, 'billing:read', teamId))) return null;
      const [entry] = await entriesBetween(db, teamId, seq, seq);
      return entry ? toLedgerEntry(entry) : null;
    },
  };
}
