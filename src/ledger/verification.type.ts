import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { AccountName } from './account.ts';
import { LedgerAccountEnum } from './entry.type.ts';
import type { LedgerHealth } from './health.ts';
import type { Fault, Problem, TeamVerification } from './verify.ts';

const LedgerFaultEnum = {
  MISSING_ENTRY: 'MISSING_ENTRY',
  HASH_MISMATCH: 'HASH_MISMATCH',
  TIME_REVERSED: 'TIME_REVERSED',
  BAD_ENTRY: 'BAD_ENTRY',
  BALANCE_MISMATCH: 'BALANCE_MISMATCH',
  GRANT_MISMATCH: 'GRANT_MISMATCH',
  WALLET_MISMATCH: 'WALLET_MISMATCH',
  GRANT_ROW_MISMATCH: 'GRANT_ROW_MISMATCH',
  CHARGE_MISMATCH: 'CHARGE_MISMATCH',
  CHECKPOINT_MISMATCH: 'CHECKPOINT_MISMATCH',
  CHECKPOINT_FORGED: 'CHECKPOINT_FORGED',
} as const satisfies Record<Fault, Fault>;

registerEnumType(LedgerFaultEnum, {
  name: 'LedgerFault',
  description: 'Why books are not proved. New faults may be added.',
  valuesConfig: {
    MISSING_ENTRY: { description: 'A number is left out.' },
    HASH_MISMATCH: { description: 'An entry, or the one in front of it, was changed.' },
    TIME_REVERSED: { description: 'An entry was posted before the one in front of it.' },
    BAD_ENTRY: { description: 'An entry that cannot be: its accounts, its amount or its team.' },
    BALANCE_MISMATCH: { description: 'The balances in an entry are not the sums of the entries up to it.' },
    GRANT_MISMATCH: { description: 'An entry does not fit the grant it touches.' },
    WALLET_MISMATCH: { description: 'The wallet is not what the entries make.' },
    GRANT_ROW_MISMATCH: { description: 'A grant is not what its entries make.' },
    CHARGE_MISMATCH: { description: 'A charge is not what its entries make.' },
    CHECKPOINT_MISMATCH: {
      description:
        'A signed checkpoint knows another entry, or one that is gone: history was rewritten or cut.',
    },
    CHECKPOINT_FORGED: { description: 'A checkpoint was not signed by the key of this installation.' },
  },
});

@Inherits()
@ObjectType('LedgerProblem', { description: 'Something that does not fit.', simpleResolvers: true })
class LedgerProblem implements Problem {
  @Field(() => SequenceScalar, {
    nullable: true,
    description: 'The number of the entry; null when it is not about one.',
  })
  seq: bigint | null;

  @Field(() => LedgerFaultEnum, { description: 'What is wrong, for programs.' })
  fault: Fault;

  @Field(() => String, { description: 'What is wrong, for people, in English.' })
  message: string;
}

/** What came of verifying the books of a team. */
@Inherits()
@ObjectType('LedgerVerification', {
  description: 'What came of recomputing the books of a team from their first entry.',
  simpleResolvers: true,
})
export class LedgerVerification {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => Boolean, { description: 'Whether everything fits.' })
  ok: boolean;

  @Field(() => SequenceScalar, { description: 'How many entries were recomputed.' })
  entries: bigint;

  @Field(() => Int, { description: 'How many signed checkpoints were compared.' })
  checkpoints: number;

  @Field(() => String, { description: 'The hash of the last entry recomputed.' })
  headHash: string;

  @Field(() => [LedgerProblem], {
    description:
      'What does not fit. The first entry that does not comes first; nothing after it can be judged.',
  })
  problems: readonly Problem[];

  static of(verification: TeamVerification): LedgerVerification {
    return { ...verification, teamId: publicId('team', verification.teamId) };
  }
}

@Inherits()
@ObjectType('LedgerCheck', {
  description: 'One promise of the books, looked for in all teams.',
  simpleResolvers: true,
})
class LedgerCheck {
  @Field(() => String, { description: 'What it is called.' })
  name: string;

  @Field(() => String, { description: 'What must hold.' })
  promise: string;

  @Field(() => Boolean, { description: 'Whether it holds.' })
  ok: boolean;

  @Field(() => Int, { description: 'How often it is broken.' })
  violations: number;

  @Field(() => [String], { description: 'Up to five of them.' })
  sample: readonly string[];
}

@Inherits()
@ObjectType('AccountTotal', {
  description: 'Everything that ever went into and out of an account, in all teams.',
  simpleResolvers: true,
})
class AccountTotalObject {
  @Field(() => LedgerAccountEnum, { description: 'The account.' })
  account: AccountName;

  @Field(() => CreditsScalar, { description: 'The sum of its debits.' })
  debits: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The sum of its credits.' })
  credits: NanoCredits;
}

/** What came of the audit of all books. */
@Inherits()
@ObjectType('LedgerHealth', { description: 'What came of the audit of all books.', simpleResolvers: true })
export class LedgerHealthObject {
  @Field(() => Boolean, { description: 'Whether every promise holds.' })
  ok: boolean;

  @Field(() => DateTimeScalar, { description: 'When they were looked at.' })
  checkedAt: Date;

  @Field(() => [LedgerCheck], { description: 'The promises, one by one.' })
  checks: readonly LedgerCheck[];

  @Field(() => [AccountTotalObject], { description: 'The accounts in use. All debits make all credits.' })
  accounts: readonly AccountTotalObject[];

  static of({ accounts, ...health }: LedgerHealth): LedgerHealthObject {
    const totals = accounts.map(({ account, debitsNano, creditsNano }) => ({
      account,
      debits: debitsNano,
      credits: creditsNano,
    }));
    return { ...health, accounts: totals };
  }
}
