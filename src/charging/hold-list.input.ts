import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { badInput } from '../domain-error.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { parseId } from '../id.ts';
import type { HoldStatus } from './hold.ts';
import { HoldStatusEnum } from './hold.type.ts';
import type { HoldFilter, HoldOrder } from './hold-reads.ts';

const HoldOrderEnum = {
  PLACED_DESC: 'PLACED_DESC',
  PLACED_ASC: 'PLACED_ASC',
} as const satisfies Record<HoldOrder, HoldOrder>;

registerEnumType(HoldOrderEnum, {
  name: 'HoldOrder',
  description: 'How holds are ordered.',
  valuesConfig: {
    PLACED_DESC: { description: 'The last one placed first.' },
    PLACED_ASC: { description: 'The first one placed first.' },
  },
});

@InputType('HoldFilter', { description: 'Which holds to list; every condition given must hold.' })
export class HoldFilterInput {
  @Field(() => HoldStatusEnum, { nullable: true, description: 'What became of it.' })
  status?: HoldStatus | null;

  @Field(() => String, { nullable: true, description: 'The key of the model or instance type it is for.' })
  model?: string | null;

  @Field(() => ID, { nullable: true, description: 'The member whom it is for.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key it is used with.' })
  apiKeyId?: string | null;
}

@ArgsType()
export class HoldsArgs extends ConnectionArgs {
  @Field(() => HoldFilterInput, { defaultValue: {}, description: 'Which holds to list.' })
  filter: HoldFilterInput;

  @Field(() => HoldOrderEnum, { defaultValue: HoldOrderEnum.PLACED_DESC, description: 'In which order.' })
  orderBy: HoldOrder;
}

/** @throws DomainError BAD_USER_INPUT naming the member of the filter that is no id, or no model of the catalogue. */
export function holdFilter(
  { status, model, memberId, apiKeyId }: HoldFilterInput,
  { modelByKey }: CatalogSnapshot,
): HoldFilter {
  const modelId = model == null ? undefined : modelByKey.get(model)?.id;
  if (model != null && !modelId)
    throw badInput('filter.model', 'must be the key of a model or an instance type.');
  return {
    status: status ?? undefined,
    modelId,
    memberId: memberId == null ? undefined : parseId('user', memberId, 'filter.memberId'),
    apiKeyId: apiKeyId == null ? undefined : parseId('apiKey', apiKeyId, 'filter.apiKeyId'),
  };
}
