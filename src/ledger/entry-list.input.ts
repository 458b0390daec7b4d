import { ArgsType, Field, ID, InputType, registerEnumType } from 'type-graphql';
import { ConnectionArgs } from '../graphql/connection.ts';
import { PeriodInput } from '../graphql/period.ts';
import { SequenceScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { EntryKindName } from './account.ts';
import { EntryKindEnum } from './entry.type.ts';
import type { EntryFilter, EntryOrder } from './entry-pages.ts';

const LedgerEntryOrderEnum = {
  SEQ_DESC: 'SEQ_DESC',
  SEQ_ASC: 'SEQ_ASC',
} as const satisfies Record<EntryOrder, EntryOrder>;

registerEnumType(LedgerEntryOrderEnum, {
  name: 'LedgerEntryOrder',
  description: 'How ledger entries are ordered.',
  valuesConfig: {
    SEQ_DESC: { description: 'The last one first.' },
    SEQ_ASC: { description: 'The first one first.' },
  },
});

@InputType('SequenceRangeInput', { description: 'A range of numbers; an end that is absent is open.' })
class SequenceRangeInput {
  @Field(() => SequenceScalar, { nullable: true, description: 'This number or later.' })
  from?: bigint | null;

  @Field(() => SequenceScalar, { nullable: true, description: 'Up to this number, which is included.' })
  to?: bigint | null;
}

@InputType('LedgerEntryFilter', {
  description:
    'Which ledger entries to list; every condition given must hold. Rare kinds, and entries of one grant, are looked for among all entries: narrow them by "seq" or "postedAt" where a team has millions.',
})
class LedgerEntryFilterInput {
  @Field(() => [EntryKindEnum], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: EntryKindName[] | null;

  @Field(() => ID, { nullable: true, description: 'Touches this grant.' })
  grantId?: string | null;

  @Field(() => PeriodInput, { nullable: true, description: 'When it was posted.' })
  postedAt?: PeriodInput | null;

  @Field(() => SequenceRangeInput, { nullable: true, description: 'Its number.' })
  seq?: SequenceRangeInput | null;
}

@ArgsType()
export class LedgerEntriesArgs extends ConnectionArgs {
  @Field(() => LedgerEntryFilterInput, { defaultValue: {}, description: 'Which entries to list.' })
  filter: LedgerEntryFilterInput;

  @Field(() => LedgerEntryOrderEnum, {
    defaultValue: LedgerEntryOrderEnum.SEQ_DESC,
    description: 'In which order.',
  })
  orderBy: EntryOrder;
}

/** @throws DomainError BAD_USER_INPUT when the grant's id is none. */
export function entryFilter({ grantId, ...rest }: LedgerEntryFilterInput): EntryFilter {
  return { ...rest, grantId: grantId == null ? null : parseId('grant', grantId, 'filter.grantId') };
}
