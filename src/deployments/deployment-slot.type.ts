import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { DeploymentSlot as StoredSlot } from './deployment.ts';
import { instanceTypeKeyOf } from './deployment.type.ts';

@Inherits()
@ObjectType('DeploymentSlot', {
  simpleResolvers: true,
  description: 'The place of one replica, with the hour that is paid for it.',
})
export class DeploymentSlot {
  @Field(() => Int, { description: 'The number of the place: 1 or more.' })
  slot: number;

  @Field(() => String, { description: 'The key of the instance type that the hour is paid for.' })
  instanceTypeKey: string;

  @Field(() => Boolean, {
    description:
      'Whether a replica is wanted there, whose next hour will be charged. When not, the paid hour is kept for a replica that comes before it ends.',
  })
  active: boolean;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the hour that was charged last began.' })
  hourAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When that hour ends, and the next begins.' })
  paidUntil: Date | null;

  @Field(() => ID, { nullable: true, description: 'The charge of that hour.' })
  chargeId: string | null;

  @Field(() => Boolean, { description: 'Whether the credit for the next hour is set aside.' })
  nextHourHeld: boolean;
}

/** A stored slot as the API answers it. `catalog`: no older than the slot. */
export function toDeploymentSlot(stored: StoredSlot, catalog: CatalogSnapshot): DeploymentSlot {
  const { slot, active, hourAt, paidUntil, chargeId, holdId } = stored;
  return {
    slot,
    instanceTypeKey: instanceTypeKeyOf(stored, catalog),
    active,
    hourAt,
    paidUntil,
    chargeId: chargeId && publicId('charge', chargeId),
    nextHourHeld: holdId !== null,
  };
}

export const { Connection: DeploymentSlotConnection } = connectionType(
  'DeploymentSlot',
  'slots',
  () => DeploymentSlot,
);
