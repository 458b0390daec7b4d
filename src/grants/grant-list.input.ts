import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { ConnectionArgs } from '../graphql/connection.ts';
import type { GrantKind, GrantStatus } from '../ledger/grant-account.ts';
import { GrantKindEnum, GrantSourceEnum, GrantStatusEnum } from './grant.type.ts';
import type { GrantFilter, GrantOrder } from './grant-reads.ts';
import type { GrantSource } from './issue.ts';

const GrantOrderEnum = {
  CREATED_DESC: 'CREATED_DESC',
  CREATED_ASC: 'CREATED_ASC',
  EXPIRES_ASC: 'EXPIRES_ASC',
} as const satisfies Record<GrantOrder, GrantOrder>;

registerEnumType(GrantOrderEnum, {
  name: 'GrantOrder',
  description: 'How grants are ordered.',
  valuesConfig: {
    CREATED_DESC: { description: 'The last one issued first.' },
    CREATED_ASC: { description: 'The first one issued first.' },
    EXPIRES_ASC: { description: 'The first one to expire first, those that never do last.' },
  },
});

@InputType('GrantFilter', { description: 'Which grants to list; every condition given must hold.' })
class GrantFilterInput implements GrantFilter {
  @Field(() => [GrantStatusEnum], { nullable: true, description: 'In one of these states.' })
  statuses?: GrantStatus[] | null;

  @Field(() => GrantKindEnum, { nullable: true, description: 'Given, or paid for.' })
  kind?: GrantKind | null;

  @Field(() => [GrantSourceEnum], { nullable: true, description: 'For one of these reasons.' })
  sources?: GrantSource[] | null;
}

@ArgsType()
export class GrantsArgs extends ConnectionArgs {
  @Field(() => GrantFilterInput, { defaultValue: {}, description: 'Which grants to list.' })
  filter: GrantFilterInput;

  @Field(() => GrantOrderEnum, { defaultValue: GrantOrderEnum.CREATED_DESC, description: 'In which order.' })
  orderBy: GrantOrder;
}
