import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { ConnectionArgs } from '../graphql/connection.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { Recurrence, TransactionFilter, TransactionKind } from './transaction.ts';
import { RecurrenceEnum, TransactionKindEnum } from './transaction.type.ts';
import type { TransactionOrder } from './transaction-reads.ts';

const TransactionOrderEnum = {
  DATE_DESC: 'DATE_DESC',
  DATE_ASC: 'DATE_ASC',
} as const satisfies Record<TransactionOrder, TransactionOrder>;

registerEnumType(TransactionOrderEnum, {
  name: 'TransactionOrder',
  description: 'How transactions are ordered.',
  valuesConfig: {
    DATE_DESC: { description: 'The last one first.' },
    DATE_ASC: { description: 'The first one first.' },
  },
});

@InputType('TransactionFilter', {
  description: 'Which transactions to list; every condition given must hold.',
})
export class TransactionFilterInput implements TransactionFilter {
  @Field(() => [TransactionKindEnum], {
    nullable: true,
    description: 'Of one of these kinds; of all but USAGE when absent.',
  })
  kinds?: TransactionKind[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'At this instant or later.' })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this instant.' })
  to?: Date | null;

  @Field(() => RecurrenceEnum, {
    nullable: true,
    description: 'One-time or recurring ones only.',
  })
  recurrence?: Recurrence | null;
}

@ArgsType()
export class TransactionsArgs extends ConnectionArgs {
  @Field(() => TransactionFilterInput, { defaultValue: {}, description: 'Which transactions to list.' })
  filter: TransactionFilterInput;

  @Field(() => TransactionOrderEnum, {
    defaultValue: TransactionOrderEnum.DATE_DESC,
    description: 'In which order.',
  })
  orderBy: TransactionOrder;
}
