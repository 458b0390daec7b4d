import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { badInput } from '../domain-error.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { PeriodInput } from '../graphql/period.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { ChargeStatus } from './charge.ts';
import { ChargeStatusEnum } from './charge.type.ts';
import type { ChargeFilter, ChargeOrder } from './charge-reads.ts';

const ChargeOrderEnum = {
  POSTED_DESC: 'POSTED_DESC',
  POSTED_ASC: 'POSTED_ASC',
} as const satisfies Record<ChargeOrder, ChargeOrder>;

registerEnumType(ChargeOrderEnum, {
  name: 'ChargeOrder',
  description: 'How charges are ordered.',
  valuesConfig: {
    POSTED_DESC: { description: 'The last one posted first.' },
    POSTED_ASC: { description: 'The first one posted first.' },
  },
});

@InputType('TagFilter', { description: 'A tag with its value.' })
class TagFilterInput {
  @Field(() => String, { description: 'The name of the tag.' })
  name: string;

  @Field(() => String, { description: 'The value it must have.' })
  value: string;
}

@InputType('ChargeFilter', { description: 'Which charges to list; every condition given must hold.' })
export class ChargeFilterInput {
  @Field(() => String, { nullable: true, description: 'The key of the model.' })
  model?: string | null;

  @Field(() => ID, { nullable: true, description: 'The member who used it.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key it was used with.' })
  apiKeyId?: string | null;

  @Field(() => ChargeStatusEnum, { nullable: true, description: 'Whether it was charged.' })
  status?: ChargeStatus | null;

  @Field(() => PeriodInput, { nullable: true, description: 'When it was used.' })
  occurredAt?: PeriodInput | null;

  @Field(() => PeriodInput, { nullable: true, description: 'When it was charged.' })
  postedAt?: PeriodInput | null;

  @Field(() => CreditsScalar, { nullable: true, description: 'Costs at least this.' })
  minAmount?: NanoCredits | null;

  @Field(() => TagFilterInput, { nullable: true, description: 'Has this tag.' })
  tag?: TagFilterInput | null;
}

@ArgsType()
export class ChargesArgs extends ConnectionArgs {
  @Field(() => ChargeFilterInput, { defaultValue: {}, description: 'Which charges to list.' })
  filter: ChargeFilterInput;

  @Field(() => ChargeOrderEnum, {
    defaultValue: ChargeOrderEnum.POSTED_DESC,
    description: 'In which order.',
  })
  orderBy: ChargeOrder;
}

/** @throws DomainError BAD_USER_INPUT naming the member of the filter that is no id, or no model of the catalogue. */
export function chargeFilter(input: ChargeFilterInput, catalog: CatalogSnapshot): ChargeFilter {
  const { model, memberId, apiKeyId, status, occurredAt, postedAt, minAmount, tag } = input;
  const modelId = model == null ? undefined : catalog.modelByKey.get(model)?.id;
  if (model != null && !modelId) throw badInput('filter.model', 'must be the key of a model.');
  return {
    modelId,
    memberId: memberId == null ? undefined : parseId('user', memberId, 'filter.memberId'),
    apiKeyId: apiKeyId == null ? undefined : parseId('apiKey', apiKeyId, 'filter.apiKeyId'),
    status: status ?? undefined,
    occurredAt: period(occurredAt),
    postedAt: period(postedAt),
    minAmountNano: minAmount ?? undefined,
    tag: tag ?? undefined,
  };
}

function period(input: PeriodInput | null | undefined): ChargeFilter['postedAt'] {
  return input ? { from: input.from ?? undefined, before: input.before ?? undefined } : undefined;
}
