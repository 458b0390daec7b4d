import { ArgsType, Field, InputType, Int } from 'type-graphql';
import type { Decimal } from '../decimal.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { DecimalScalar } from '../graphql/scalars.ts';
import type { InstanceTypeFilter } from './catalog-reads.ts';
import type { InstanceKind } from './instance-spec.ts';
import { InstanceKindEnum } from './instance-type.type.ts';
import type { CreateInstanceType } from './instance-types.ts';

@InputType('InstanceTypeFilter', {
  description: 'Which instance types to list; every condition given must hold.',
})
class InstanceTypeFilterInput implements InstanceTypeFilter {
  @Field(() => InstanceKindEnum, { nullable: true, description: 'Whether it has GPUs.' })
  kind?: InstanceKind | null;

  @Field(() => String, { nullable: true, description: 'The type of its GPUs.' })
  gpuType?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is still sold.' })
  active?: boolean | null;
}

@ArgsType()
export class InstanceTypesArgs extends ConnectionArgs {
  @Field(() => InstanceTypeFilterInput, { defaultValue: {}, description: 'Which instance types to list.' })
  filter: InstanceTypeFilterInput;
}

@InputType('CreateInstanceTypeInput', { description: 'A new kind of machine that deployments can run on.' })
export class CreateInstanceTypeInput {
  @Field(() => String, {
    description: 'The name that callers use, unique among models and instance types: 1 to 200 characters.',
  })
  key: string;

  @Field(() => String, { description: 'The name for people: 1 to 200 characters.' })
  name: string;

  @Field(() => InstanceKindEnum, { description: 'Whether it has GPUs.' })
  kind: InstanceKind;

  @Field(() => String, {
    nullable: true,
    description: 'The type of its GPUs, 1 to 40 characters; only of a GPU type, which needs it.',
  })
  gpuType?: string | null;

  @Field(() => Int, {
    defaultValue: 0,
    description: 'How many GPUs one instance has: 1 to 1024 of a GPU type, else 0.',
  })
  gpus: number;

  @Field(() => Int, { nullable: true, description: 'The memory of each GPU in GB.' })
  gpuMemoryGb?: number | null;

  @Field(() => Int, { description: 'How many virtual CPUs one instance has: 1 to 65536.' })
  vcpus: number;

  @Field(() => Int, { description: 'The main memory of one instance in GB: 1 to 1048576.' })
  memoryGb: number;

  @Field(() => DecimalScalar, {
    description: 'Credits for each hour begun, 0 to 1000000 with at most 9 decimal places.',
  })
  hourlyPrice: Decimal;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    description:
      'Your own key for this request: a repeat answers the same instance type. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

/** The instance type that the input describes. */
export function instanceTypeFromInput(input: CreateInstanceTypeInput): CreateInstanceType {
  const { key, name, kind, gpuType, gpus, gpuMemoryGb, vcpus, memoryGb, hourlyPrice, idempotencyKey } = input;
  const spec = { kind, gpus, ...(gpuMemoryGb == null ? {} : { gpuMemoryGb }), vcpus, memoryGb };
  return { key, name, spec, ...(gpuType == null ? {} : { gpuType }), hourlyPrice, idempotencyKey };
}
