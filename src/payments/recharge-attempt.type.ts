import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import type { RechargeAttemptStatus, RechargeAttempt as StoredAttempt } from './auto-recharge.ts';
import type { RechargeTrigger } from './recharge-decision.ts';
import { TopUpFailureObject } from './top-up.type.ts';

export const RechargeTriggerEnum = {
  THRESHOLD: 'THRESHOLD',
  REFUSED: 'REFUSED',
} as const satisfies { readonly [T in RechargeTrigger]: T };

registerEnumType(RechargeTriggerEnum, {
  name: 'RechargeTrigger',
  description: 'What asks for a recharge.',
  valuesConfig: {
    THRESHOLD: { description: 'Unrestricted credit, holds and top-ups in flight fell below the threshold.' },
    REFUSED: { description: 'A charge or a hold was refused for lack of credit.' },
  },
});

const RechargeAttemptStatusEnum = {
  IN_FLIGHT: 'IN_FLIGHT',
  ACTION_REQUIRED: 'ACTION_REQUIRED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
} as const satisfies { readonly [S in RechargeAttemptStatus]: S };

registerEnumType(RechargeAttemptStatusEnum, {
  name: 'RechargeAttemptStatus',
  description: 'How far an attempt has come.',
  valuesConfig: {
    IN_FLIGHT: { description: 'It is not known yet what comes of it.' },
    ACTION_REQUIRED: { description: 'The bank wants the payer to confirm: its top-up says where.' },
    SUCCEEDED: { description: 'Paid; the credit is there.' },
    FAILED: { description: 'Nothing was charged.' },
    CANCELED: { description: 'Nobody confirmed it within 24 hours; it is cancelled, nothing was charged.' },
  },
});

/** One time that it was tried to recharge. */
@Inherits()
@ObjectType('RechargeAttempt', {
  implements: Node,
  description: 'One time that it was tried to recharge the team by itself.',
  simpleResolvers: true,
})
export class RechargeAttempt extends Node {
  /** Not fields: what resolvers go by. */
  teamUuid: Uuid;
  topUpUuid: Uuid;

  @Field(() => ID, { description: 'Starts with "recharge_".' })
  override id: string;

  @Field(() => RechargeTriggerEnum, { description: 'What asked for it.' })
  trigger: RechargeTrigger;

  @Field(() => RechargeAttemptStatusEnum, { description: 'How far it has come.' })
  status: RechargeAttemptStatus;

  @Field(() => Money, { description: 'What was to be charged.' })
  amount: Money;

  @Field(() => TopUpFailureObject, { nullable: true, description: 'Why nothing came of it; null unless so.' })
  failure: TopUpFailureObject | null;

  @Field(() => DateTimeScalar, { description: 'When it was begun: what limits and caps count by.' })
  startedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided; null before that.' })
  finishedAt: Date | null;
}

export const { Connection: RechargeAttemptConnection } = connectionType(
  'RechargeAttempt',
  'attempts',
  () => RechargeAttempt,
);

/** The API form of an attempt. */
export function toRechargeAttempt(stored: StoredAttempt): RechargeAttempt {
  const { failureCode: code, failureMessage: message } = stored;
  const hasFailed = stored.status === 'FAILED' || stored.status === 'CANCELED';
  return {
    id: publicId('rechargeAttempt', stored.id),
    teamUuid: stored.teamId,
    topUpUuid: stored.topUpId,
    trigger: stored.trigger,
    status: stored.status,
    amount: toMoney(stored.amountCents),
    failure: hasFailed && code !== null ? { code, message: message ?? code } : null,
    startedAt: stored.startedAt,
    finishedAt: stored.finishedAt,
  };
}
