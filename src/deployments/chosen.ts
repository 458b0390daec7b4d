import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Tx } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Attribution } from './deployment.ts';

/** The instance type that a caller has chosen. @throws DomainError BAD_USER_INPUT when none with this key is sold. */
export function instanceTypeOf(catalog: CatalogSnapshot, key: string): Uuid {
  const type = catalog.modelByKey.get(key);
  if (type?.active && type.instance !== null) return type.id;
  throw badInput('instanceType', `there is no instance type "${key}".`);
}

/**
 * Makes sure that hours are charged on behalf of a member and with a key of the team.
 * @throws DomainError BAD_USER_INPUT naming the one that is not the team's.
 */
export async function checkAttribution(
  tx: Tx,
  { teamId, memberId, apiKeyId }: Attribution & { readonly teamId: Uuid },
): Promise<void> {
  const [found] = await tx.sql<{ member: boolean; key: boolean }[]>`
    select exists(select 1 from memberships where team_id = ${teamId} and user_id = ${memberId}) as member,
      exists(select 1 from api_keys where team_id = ${teamId} and id = ${apiKeyId}) as key`;
  if (memberId !== null && !found?.member) throw badInput('memberId', 'must be a member of the team.');
  if (apiKeyId !== null && !found?.key) throw badInput('apiKeyId', 'must be a key of the team.');
}
