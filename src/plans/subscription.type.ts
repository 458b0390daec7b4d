import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { publicId } from '../id.ts';
import { Balance } from '../ledger/balance.type.ts';
import type { PlanFamily } from './plan.ts';
import { PlanEntitlements, PlanFamilyEnum } from './plan.type.ts';
import type { Subscription, SubscriptionStatus } from './subscription.ts';

const SubscriptionStatusEnum = {
  PENDING: 'PENDING',
  ACTION_REQUIRED: 'ACTION_REQUIRED',
  ACTIVE: 'ACTIVE',
  PAST_DUE: 'PAST_DUE',
  CANCELED: 'CANCELED',
  FAILED: 'FAILED',
} as const satisfies { readonly [S in SubscriptionStatus]: S };

registerEnumType(SubscriptionStatusEnum, {
  name: 'PlanSubscriptionStatus',
  description: 'How a subscription is.',
  valuesConfig: {
    PENDING: { description: 'Nothing is known yet. It is found out, whatever happens.' },
    ACTION_REQUIRED: {
      description: 'The first payment waits for its payer: at "actionUrl", or with "clientSecret".',
    },
    ACTIVE: { description: 'The plan holds.' },
    PAST_DUE: {
      description: 'A renewal was not paid. It is tried again, and until then the plan holds.',
    },
    CANCELED: { description: 'It has ended.' },
    FAILED: { description: 'It never began: "failureMessage" says why.' },
  },
});

/** A subscription of a team to a plan. */
@Inherits()
@ObjectType('PlanSubscription', {
  implements: Node,
  description: 'A subscription of a team to a plan.',
  simpleResolvers: true,
})
export class PlanSubscription extends Node {
  /** Not a field: what resolvers go by. */
  stored: Subscription;

  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => PlanFamilyEnum, { description: 'What it is for.' })
  family: PlanFamily;

  @Field(() => SubscriptionStatusEnum, { description: 'How it is.' })
  status: SubscriptionStatus;

  @Field(() => Boolean, { description: 'Whether a change of it is under way.' })
  isChanging: boolean;

  @Field(() => Boolean, { description: 'Whether it ends when its period ends.' })
  cancelAtPeriodEnd: boolean;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When its present period began; null for a plan that costs nothing, and before the first.',
  })
  currentPeriodStart: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its present period ends.' })
  currentPeriodEnd: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the payer has to go: a first payment, an upgrade or a renewal waits for them. Null when nothing is to be done.',
  })
  actionUrl: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why the last payment was not made, for people: of a beginning, a change or a renewal.',
  })
  failureMessage: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when a renewal is not paid.' })
  pastDueSince: Date | null;

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'When something of it last changed.' })
  updatedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null before that.' })
  endedAt: Date | null;

  @Field(() => ActorRefObject, { description: 'Who asked for it.' })
  actor: ActorRefObject;
}

/** The API form of a subscription. */
export function subscriptionNode(stored: Subscription): PlanSubscription {
  const { family, status, cancelAtPeriodEnd, currentPeriodStart, currentPeriodEnd } = stored;
  const { actionUrl, failureMessage, pastDueSince, createdAt, updatedAt, endedAt } = stored;
  return {
    ...{ family, status, cancelAtPeriodEnd, currentPeriodStart, currentPeriodEnd },
    ...{ actionUrl, failureMessage, pastDueSince, createdAt, updatedAt, endedAt },
    id: publicId('subscription', stored.id),
    stored,
    teamId: publicId('team', stored.teamId),
    isChanging: stored.task !== null,
    actor: toActorRef(stored.actor),
  };
}

export const { Connection: PlanSubscriptionConnection } = connectionType(
  'PlanSubscription',
  'subscriptions to plans',
  () => PlanSubscription,
);

/** What a team may do by its plans. */
@Inherits()
@ObjectType('TeamEntitlements', {
  description: 'What the plans of a team entitle it to, of all families together.',
  simpleResolvers: true,
})
export class TeamEntitlements extends PlanEntitlements {
  @Field(() => [String], { description: 'The codes of its plans, that which costs nothing too.' })
  planCodes: string[];

  @Field(() => Boolean, {
    description:
      'Whether what the team is not entitled to is refused. Some installations only tell; discounts always hold.',
  })
  enforced: boolean;
}

/** The members of the payloads of changes to a subscription. */
@Inherits()
@ObjectType({ simpleResolvers: true })
abstract class SubscriptionPayload {
  @Field(() => PlanSubscription, {
    nullable: true,
    description: 'The subscription as it is now, also for a repeat; null when the call was refused.',
  })
  subscription: PlanSubscription | null;

  @Field(() => Balance, {
    nullable: true,
    description: 'What the team has now; null when the call was refused.',
  })
  balance: Balance | null;

  @Field(() => Boolean, { description: 'Whether the idempotency key had been used before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description: 'Why it was refused: the description of the mutation names the codes. Nothing was charged.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType('SubscribeToPlanPayload', { description: 'What came of subscribeToPlan.', simpleResolvers: true })
export class SubscribeToPlanPayload extends SubscriptionPayload {}

@Inherits()
@ObjectType('ChangePlanPayload', { description: 'What came of changePlan.', simpleResolvers: true })
export class ChangePlanPayload extends SubscriptionPayload {}

@Inherits()
@ObjectType('CancelSubscriptionPayload', {
  description: 'What came of cancelSubscription.',
  simpleResolvers: true,
})
export class CancelSubscriptionPayload extends SubscriptionPayload {}
