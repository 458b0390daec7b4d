import type { Fact } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { DeploymentEvent } from './deployment-event.ts';

/** Events `fromSeq … seq` of a team's deployments are in its log. */
export interface DeploymentChanged extends Fact {
  readonly type: 'deployment.changed';
  readonly teamId: Uuid;
  readonly fromSeq: bigint;
  readonly seq: bigint;
  /** In the order of their numbers. */
  readonly events: readonly DeploymentEvent[];
}

export function isDeploymentChanged(fact: Fact): fact is DeploymentChanged {
  return fact.type === 'deployment.changed';
}
