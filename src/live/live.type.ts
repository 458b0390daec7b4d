import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { Balance, toBalance } from '../ledger/balance.type.ts';
import type { Entry } from '../ledger/entry.ts';
import { LedgerEntry, toLedgerEntry } from '../ledger/entry.type.ts';
import type { TeamState } from '../ledger/team-state.ts';
import { Spend } from '../usage/spend.type.ts';
import type { ChangeKind, LiveEvent, StateEvent } from './event.ts';
import type { SpendState } from './spend-source.ts';

/** What an event stands for, as the API has it. */
export const ChangeKindEnum = {
  SNAPSHOT: 'SNAPSHOT',
  CHANGE: 'CHANGE',
  COALESCED: 'COALESCED',
} as const satisfies Record<ChangeKind, ChangeKind>;

registerEnumType(ChangeKindEnum, {
  name: 'ChangeKind',
  description: 'How an event of a live feed tells what happened.',
  valuesConfig: {
    SNAPSHOT: {
      description:
        'What there is at "seq". The first event without "after" is one, and stands for everything up to there. One whose "fromSeq" is greater than its "seq" stands for nothing: it is a sign of life every 20 seconds of silence, and tells of spend when deployments start, stop or change their size.',
    },
    CHANGE: {
      description:
        'All that happened in the range, with its ledger entries or events where the change lists them.',
    },
    COALESCED: {
      description:
        'The range as one, with the newest state and without its entries: several postings in quick succession, or while you were away or busy. "ledgerEntries" has the entries.',
    },
  },
});

const FROM_SEQ =
  'The first ledger entry that the event stands for: always the "seq" of the event before it plus 1; of the first event, "after" plus 1, or 1.';
const SEQ = 'The last ledger entry that the event stands for. Give it as "after" to go on from here.';

@Inherits()
@ObjectType('BalanceChange', {
  simpleResolvers: true,
  description: "What became of a team's balance in a range of its ledger entries.",
})
export class BalanceChange {
  @Field(() => SequenceScalar, { description: FROM_SEQ })
  fromSeq: bigint;

  @Field(() => SequenceScalar, { description: SEQ })
  seq: bigint;

  @Field(() => ChangeKindEnum, { description: 'How the range is told.' })
  kind: ChangeKind;

  @Field(() => Balance, { description: 'What the team has after entry "seq".' })
  balance: Balance;

  @Field(() => [LedgerEntry], { description: 'All entries of the range for a CHANGE; otherwise none.' })
  entries: LedgerEntry[];

  @Field(() => DateTimeScalar, { description: 'When entry "seq" was posted.' })
  occurredAt: Date;
}

@Inherits()
@ObjectType('LedgerEntryChange', {
  simpleResolvers: true,
  description: "What was posted to a team's ledger: whole postings, up to 256 entries unless one has more.",
})
export class LedgerEntryChange {
  @Field(() => SequenceScalar, { description: FROM_SEQ })
  fromSeq: bigint;

  @Field(() => SequenceScalar, { description: SEQ })
  seq: bigint;

  @Field(() => ChangeKindEnum, { description: 'CHANGE, or SNAPSHOT at the start and as a sign of life.' })
  kind: ChangeKind;

  @Field(() => [LedgerEntry], {
    description: 'Every entry of the range, in order, for a CHANGE; otherwise none.',
  })
  entries: LedgerEntry[];

  @Field(() => DateTimeScalar, { description: 'When entry "seq" was posted.' })
  occurredAt: Date;
}

@Inherits()
@ObjectType('SpendChange', {
  simpleResolvers: true,
  description: "What became of a team's spend in a range of its ledger entries.",
})
export class SpendChange {
  @Field(() => SequenceScalar, { description: FROM_SEQ })
  fromSeq: bigint;

  @Field(() => SequenceScalar, { description: SEQ })
  seq: bigint;

  @Field(() => ChangeKindEnum, { description: 'How the range is told.' })
  kind: ChangeKind;

  @Field(() => Spend, { description: 'What the team spends, with every entry up to "seq" counted.' })
  spend: Spend;

  @Field(() => DateTimeScalar, { description: 'When entry "seq" was posted.' })
  occurredAt: Date;
}

export function toBalanceChange(event: StateEvent<TeamState>): BalanceChange {
  return { ...toLedgerEntryChange(event), balance: toBalance(event.state, event.state.grants) };
}

export function toLedgerEntryChange({
  fromSeq,
  seq,
  kind,
  entries,
  atMs,
}: LiveEvent<Entry>): LedgerEntryChange {
  return { fromSeq, seq, kind, entries: entries.map(toLedgerEntry), occurredAt: new Date(atMs) };
}

export function toSpendChange({ fromSeq, seq, kind, atMs, state }: StateEvent<SpendState>): SpendChange {
  const spend = new Spend(state.team, state.figures, state.asOfMs);
  return { fromSeq, seq, kind, spend, occurredAt: new Date(atMs) };
}
