import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { RunStatus } from '../charging/run.ts';
import { badInput } from '../domain-error.ts';
import { ConnectionArgs } from '../graphql/connection.ts';
import { PeriodInput } from '../graphql/period.ts';
import { parseId } from '../id.ts';
import { RunStatusEnum } from './run.type.ts';
import type { RunFilter, RunOrder } from './run-reads.ts';

const RunOrderEnum = {
  STARTED_DESC: 'STARTED_DESC',
  STARTED_ASC: 'STARTED_ASC',
  COST_DESC: 'COST_DESC',
  COST_ASC: 'COST_ASC',
} as const satisfies Record<RunOrder, RunOrder>;

registerEnumType(RunOrderEnum, {
  name: 'RunOrder',
  description: 'How runs are ordered.',
  valuesConfig: {
    STARTED_DESC: { description: 'The last one started first.' },
    STARTED_ASC: { description: 'The first one started first.' },
    COST_DESC: { description: 'The dearest first, by what they have cost so far.' },
    COST_ASC: { description: 'The cheapest first, by what they have cost so far.' },
  },
});

@InputType('RunFilter', { description: 'Which runs to list; every condition given must hold.' })
export class RunFilterInput {
  @Field(() => RunStatusEnum, { nullable: true, description: 'What became of it.' })
  status?: RunStatus | null;

  @Field(() => PeriodInput, { nullable: true, description: 'When it was started.' })
  startedAt?: PeriodInput | null;

  @Field(() => String, { nullable: true, description: 'The key of a model that one of its steps uses.' })
  model?: string | null;

  @Field(() => ID, { nullable: true, description: 'The member who runs it.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key it runs with.' })
  apiKeyId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Text that its name holds, in upper or lower case.',
  })
  nameContains?: string | null;
}

@ArgsType()
export class RunsArgs extends ConnectionArgs {
  @Field(() => RunFilterInput, { defaultValue: {}, description: 'Which runs to list.' })
  filter: RunFilterInput;

  @Field(() => RunOrderEnum, { defaultValue: RunOrderEnum.STARTED_DESC, description: 'In which order.' })
  orderBy: RunOrder;
}

/** @throws DomainError BAD_USER_INPUT naming the member of the filter that is no id, or no model of the catalogue. */
export function runFilter(input: RunFilterInput, catalog: CatalogSnapshot): RunFilter {
  const { status, startedAt, model, memberId, apiKeyId, nameContains } = input;
  const modelId = model == null ? undefined : catalog.modelByKey.get(model)?.id;
  if (model != null && !modelId) throw badInput('filter.model', 'must be the key of a model.');
  return {
    status: status ?? undefined,
    startedAt: startedAt
      ? { from: startedAt.from ?? undefined, before: startedAt.before ?? undefined }
      : undefined,
    modelId,
    memberId: memberId == null ? undefined : parseId('user', memberId, 'filter.memberId'),
    apiKeyId: apiKeyId == null ? undefined : parseId('apiKey', apiKeyId, 'filter.apiKeyId'),
    nameContains: nameContains ?? undefined,
  };
}
