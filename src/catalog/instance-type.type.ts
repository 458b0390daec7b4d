import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { assert } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { ModelRow } from './catalog-reads.ts';
import type { InstanceKind } from './instance-spec.ts';

/** What kind of machine it is, as the API has it. */
export const InstanceKindEnum = { GPU: 'GPU', CPU: 'CPU' } as const satisfies Record<
  InstanceKind,
  InstanceKind
>;

registerEnumType(InstanceKindEnum, {
  name: 'InstanceKind',
  description: 'What kind of machine an instance type is.',
  valuesConfig: {
    GPU: { description: 'With GPUs.' },
    CPU: { description: 'Without GPUs.' },
  },
});

/** An instance type in the API. */
@Inherits()
@ObjectType('InstanceType', {
  implements: Node,
  description:
    'A kind of machine that deployments run on, sold by the hour begun. Anyone may look at instance types and their prices.',
  simpleResolvers: true,
})
export class InstanceType extends Node {
  row: ModelRow;

  @Field(() => ID, { description: 'Starts with "instance_".' })
  override id: string;

  @Field(() => String, { description: 'The name that callers use, such as "gpu-s"; unique.' })
  key: string;

  @Field(() => String, { description: 'The name for people.' })
  name: string;

  @Field(() => InstanceKindEnum, { description: 'Whether it has GPUs.' })
  kind: InstanceKind;

  @Field(() => String, {
    nullable: true,
    description: 'The type of its GPUs; grants may be restricted to one. Null without GPUs.',
  })
  gpuType: string | null;

  @Field(() => Int, { description: 'How many GPUs one instance has.' })
  gpus: number;

  @Field(() => Int, {
    nullable: true,
    description: 'The memory of each GPU in GB; null without GPUs, or when it is not known.',
  })
  gpuMemoryGb: number | null;

  @Field(() => Int, { description: 'How many virtual CPUs one instance has.' })
  vcpus: number;

  @Field(() => Int, { description: 'The main memory of one instance in GB.' })
  memoryGb: number;

  @Field(() => Boolean, { description: 'False once it is no longer sold.' })
  active: boolean;

  @Field(() => DateTimeScalar, { description: 'When it came into the catalogue.' })
  createdAt: Date;

  /** @throws Error for the row of a model: a defect. */
  static of(row: ModelRow): InstanceType {
    const { key, name, gpuType, active, createdAt, instance } = row;
    assert(instance, 'the row of an instance type has its machine');
    const { gpuMemoryGb = null, ...machine } = instance;
    const id = publicId('instanceType', row.id);
    const known = { row, id, key, name, gpuType, active, createdAt, gpuMemoryGb };
    return Object.assign(new InstanceType(), machine, known);
  }
}

export const { Connection: InstanceTypeConnection } = connectionType(
  'InstanceType',
  'instance types',
  () => InstanceType,
);
