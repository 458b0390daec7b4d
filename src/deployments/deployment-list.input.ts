import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { badInput } from '../domain-error.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { parseId } from '../id.ts';
import type { DeploymentStatus } from './deployment.ts';
import { DeploymentStatusEnum } from './deployment.type.ts';
import type { DeploymentEventKind } from './deployment-event.ts';
import { DeploymentEventKindEnum } from './deployment-event.type.ts';
import type { DeploymentFilter, DeploymentOrder } from './deployment-reads.ts';
import type { EventFilter, EventOrder } from './event-reads.ts';

const DeploymentOrderEnum = {
  CREATED_DESC: 'CREATED_DESC',
  CREATED_ASC: 'CREATED_ASC',
  NAME_ASC: 'NAME_ASC',
  NAME_DESC: 'NAME_DESC',
} as const satisfies { readonly [Order in DeploymentOrder]: Order };

registerEnumType(DeploymentOrderEnum, {
  name: 'DeploymentOrder',
  description: 'How deployments are ordered.',
  valuesConfig: {
    CREATED_DESC: { description: 'The last one created first.' },
    CREATED_ASC: { description: 'The first one created first.' },
    NAME_ASC: { description: 'By name, forwards: capitals before small letters.' },
    NAME_DESC: { description: 'By name, backwards.' },
  },
});

@InputType('DeploymentFilter', { description: 'Which deployments to list; every condition given must hold.' })
class DeploymentFilterInput {
  @Field(() => [DeploymentStatusEnum], { nullable: true, description: 'In one of these states.' })
  statuses?: DeploymentStatus[] | null;

  @Field(() => String, { nullable: true, description: 'The key of the instance type.' })
  instanceType?: string | null;
}

@ArgsType()
export class DeploymentsArgs extends ConnectionArgs {
  @Field(() => DeploymentFilterInput, { defaultValue: {}, description: 'Which deployments to list.' })
  filter: DeploymentFilterInput;

  @Field(() => DeploymentOrderEnum, {
    defaultValue: DeploymentOrderEnum.CREATED_DESC,
    description: 'In which order.',
  })
  orderBy: DeploymentOrder;
}

/** @throws DomainError BAD_USER_INPUT when there is no instance type of this key. */
export function deploymentFilter(
  { statuses, instanceType }: DeploymentFilterInput,
  { modelByKey }: CatalogSnapshot,
): DeploymentFilter {
  if (instanceType == null) return { statuses: statuses ?? null };
  const type = modelByKey.get(instanceType);
  if (!type?.instance) throw badInput('filter.instanceType', 'must be the key of an instance type.');
  return { statuses: statuses ?? null, instanceTypeId: type.id };
}

const EventOrderEnum = {
  SEQ_ASC: 'SEQ_ASC',
  SEQ_DESC: 'SEQ_DESC',
} as const satisfies { readonly [Order in EventOrder]: Order };

registerEnumType(EventOrderEnum, {
  name: 'DeploymentEventOrder',
  description: 'How events of deployments are ordered.',
  valuesConfig: {
    SEQ_ASC: { description: 'The first one first: the order to poll in.' },
    SEQ_DESC: { description: 'The last one first.' },
  },
});

@ArgsType()
export class EventListArgs extends ConnectionArgs {
  @Field(() => EventOrderEnum, { defaultValue: EventOrderEnum.SEQ_ASC, description: 'In which order.' })
  orderBy: EventOrder;
}

@InputType('DeploymentEventFilter', { description: 'Which events to list; every condition given must hold.' })
class EventFilterInput {
  @Field(() => ID, { nullable: true, description: 'Of this deployment.' })
  deploymentId?: string | null;

  @Field(() => [DeploymentEventKindEnum], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: DeploymentEventKind[] | null;
}

@ArgsType()
export class TeamEventsArgs extends EventListArgs {
  @Field(() => EventFilterInput, { defaultValue: {}, description: 'Which events to list.' })
  filter: EventFilterInput;
}

/** @throws DomainError BAD_USER_INPUT when the deployment's id is none. */
export function eventFilter({ deploymentId, kinds }: EventFilterInput): EventFilter {
  return {
    deploymentId:
      deploymentId == null ? undefined : parseId('deployment', deploymentId, 'filter.deploymentId'),
    kinds: kinds ?? null,
  };
}
