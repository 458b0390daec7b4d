import { Field, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { TopUp, topUpNode } from '../payments/top-up.type.ts';
import type { TopUpEvent } from '../payments/top-up-changed.ts';
import type { ChangeKind, LiveEvent } from './event.ts';
import { ChangeKindEnum } from './live.type.ts';

@Inherits()
@ObjectType('TopUpChange', {
  simpleResolvers: true,
  description: "What happened to a team's top-ups. Its numbers are its own, not those of ledger entries.",
})
export class TopUpChange {
  @Field(() => SequenceScalar, {
    description:
      'The first event of the team that the change stands for: always the "seq" of the change before it plus 1; of the first change, "after" plus 1, or 1.',
  })
  fromSeq: bigint;

  @Field(() => SequenceScalar, {
    description: 'The last event that the change stands for. Give it as "after" to go on from here.',
  })
  seq: bigint;

  @Field(() => ChangeKindEnum, { description: 'CHANGE, or SNAPSHOT at the start and as a sign of life.' })
  kind: ChangeKind;

  @Field(() => [TopUp], {
    description:
      'The top-up of every event of the range, in order, as it was after that, for a CHANGE; otherwise none.',
  })
  topUps: TopUp[];

  @Field(() => DateTimeScalar, { description: 'When event "seq" was written.' })
  occurredAt: Date;
}

/** The API form of a change. */
export function toTopUpChange({ fromSeq, seq, kind, entries, atMs }: LiveEvent<TopUpEvent>): TopUpChange {
  const topUps = entries.map(({ topUp }) => topUpNode(topUp));
  return { fromSeq, seq, kind, topUps, occurredAt: new Date(atMs) };
}
