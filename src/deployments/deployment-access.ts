import { isPermitted, usageScope } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import type { Deployment } from './deployment.ts';

/** Whether the asker may see what the hours of a deployment cost: all of the team's usage, or that on their own behalf. */
export async function seesCost(
  ctx: Context,
  { teamId, memberId, apiKeyId }: Pick<Deployment, 'teamId' | 'memberId' | 'apiKeyId'>,
): Promise<boolean> {
  if (!(await isPermitted(ctx, 'usage:read', teamId))) return false;
  const scope = await usageScope(ctx, teamId);
  if (scope.kind === 'ALL') return true;
  return scope.kind === 'MEMBER' ? memberId === scope.memberId : apiKeyId === scope.apiKeyId;
}
