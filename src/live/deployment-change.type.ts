import { Field, ObjectType } from 'type-graphql';
import type { DeploymentEvent as StoredEvent } from '../deployments/deployment-event.ts';
import { DeploymentEvent } from '../deployments/deployment-event.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { ChangeKind, LiveEvent } from './event.ts';
import { ChangeKindEnum } from './live.type.ts';

@Inherits()
@ObjectType('DeploymentChange', {
  simpleResolvers: true,
  description:
    'What happened to a team\'s deployments. Its numbers are those of "deploymentEvents", not of ledger entries.',
})
export class DeploymentChange {
  @Field(() => SequenceScalar, {
    description:
      'The first event of the team that the change stands for: always the "seq" of the change before it plus 1; of the first change, "after" plus 1, or 1.',
  })
  fromSeq: bigint;

  @Field(() => SequenceScalar, {
    description: 'The last event that the change stands for. Give it as "after" to go on from here.',
  })
  seq: bigint;

  @Field(() => ChangeKindEnum, { description: 'CHANGE, or SNAPSHOT at the start and as a sign of life.' })
  kind: ChangeKind;

  @Field(() => [DeploymentEvent], {
    description:
      'Every event of the range, in order, for a CHANGE; otherwise none. With "deploymentId" only those of that deployment: the range counts the others all the same, so that there may be none.',
  })
  events: DeploymentEvent[];

  @Field(() => DateTimeScalar, { description: 'When event "seq" was written.' })
  occurredAt: Date;
}

/** The API form of a change, with the events of one deployment when one is named. */
export function toDeploymentChange(
  { fromSeq, seq, kind, entries, atMs }: LiveEvent<StoredEvent>,
  deploymentId: Uuid | undefined,
): DeploymentChange {
  const shown = entries.filter((event) => deploymentId === undefined || event.deploymentId === deploymentId);
  const events = shown.map((event) => new DeploymentEvent(event));
  return { fromSeq, seq, kind, events, occurredAt: new Date(atMs) };
}
