import { Arg, Field, ID, InputType, Mutation, ObjectType, Resolver, registerEnumType } from 'type-graphql';
import type { Clock } from '../clock.ts';
import type { LinkSigner } from '../gateway/signed-link.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId } from '../id.ts';
import { exportLink } from './export-endpoint.ts';
import { TransactionFilterInput } from './transaction-list.input.ts';
import { checkFilter } from './transaction-reads.ts';

const ExportFormatEnum = { CSV: 'CSV' } as const;

registerEnumType(ExportFormatEnum, {
  name: 'ExportFormat',
  description: 'How an export is written.',
  valuesConfig: {
    CSV: {
      description:
        'RFC 4180, UTF-8, with a header row: date, id, kind, recurrence, status, description, amount, currency, credits, receipt_number, payment_id, grant_id. Amounts are exact decimals; a description that a spreadsheet would take for a formula begins with an apostrophe.',
    },
  },
});

@InputType('ExportTransactionsInput', { description: 'What to export.' })
export class ExportTransactionsInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => ExportFormatEnum, { defaultValue: ExportFormatEnum.CSV, description: 'How it is written.' })
  format: keyof typeof ExportFormatEnum;

  @Field(() => TransactionFilterInput, { defaultValue: {}, description: 'Which transactions.' })
  filter: TransactionFilterInput;
}

@Inherits()
@ObjectType('ExportTransactionsPayload', {
  description: 'What came of exportTransactions.',
  simpleResolvers: true,
})
export class ExportTransactionsPayload {
  @Field(() => String, {
    nullable: true,
    description: 'Where to download it, without credentials; null when it was refused. Pass it on to nobody.',
  })
  url?: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when a download may begin; null when it was refused.',
  })
  expiresAt?: Date;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT.' })
  userErrors: UserError[];
}

/** `exportTransactions`: a link to a file. */
@Resolver()
export class ExportResolver {
  constructor(private readonly services: { readonly links: LinkSigner; readonly clock: Clock }) {}

  @Permit('billing:read', inputTeam)
  @Mutation(() => ExportTransactionsPayload, {
    description:
      'Makes a link to the transactions of a team as a file, the oldest first, up to now. It expires after 15 minutes; whoever has it can download the file until then.',
  })
  exportTransactions(
    @Arg('input', () => ExportTransactionsInput, { description: 'What to export.' })
    { teamId, filter }: ExportTransactionsInput,
  ): Promise<ExportTransactionsPayload | Refused> {
    const { links, clock } = this.services;
    return orRefused(async () => {
      checkFilter(filter);
      const link = await exportLink(links, parseId('team', teamId, 'teamId'), filter, clock.now());
      return { ...link, userErrors: [] };
    });
  }
}
