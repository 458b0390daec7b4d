import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { AutoRechargeStatus } from './auto-recharge.ts';
import type { AutoRechargeStanding } from './auto-recharge-reads.ts';
import { RechargeTriggerEnum } from './recharge-attempt.type.ts';
import type { RechargeObstacle, RechargeTrigger, SuspendedReason } from './recharge-decision.ts';

const AutoRechargeStatusEnum = {
  OFF: 'OFF',
  ACTIVE: 'ACTIVE',
  CHARGING: 'CHARGING',
  ACTION_REQUIRED: 'ACTION_REQUIRED',
  BACKING_OFF: 'BACKING_OFF',
  SUSPENDED: 'SUSPENDED',
} as const satisfies { readonly [S in AutoRechargeStatus]: S };

registerEnumType(AutoRechargeStatusEnum, {
  name: 'AutoRechargeStatus',
  description: 'How auto-recharge fares.',
  valuesConfig: {
    OFF: { description: 'No admin has turned it on. Nothing else does.' },
    ACTIVE: { description: 'It watches the credit.' },
    CHARGING: { description: 'A payment is on its way.' },
    ACTION_REQUIRED: {
      description: 'The bank wants the last payment to be confirmed: its top-up says where.',
    },
    BACKING_OFF: { description: 'The card was declined: it is tried again at "nextPossibleAt".' },
    SUSPENDED: { description: 'It has stopped: "suspendedReason" says why, and what goes on with it.' },
  },
});

const SuspendedReasonEnum = {
  DECLINED: 'DECLINED',
  DISPUTED: 'DISPUTED',
} as const satisfies { readonly [R in SuspendedReason]: R };

registerEnumType(SuspendedReasonEnum, {
  name: 'AutoRechargeSuspendedReason',
  description: 'Why auto-recharge has stopped.',
  valuesConfig: {
    DECLINED: {
      description: 'Three attempts in a row failed. A payment that succeeds, or another card, ends that.',
    },
    DISPUTED: {
      description: 'A payment is disputed. An admin turns it on again, once no dispute is open.',
    },
  },
});

const RechargeObstacleEnum = {
  OFF: 'OFF',
  NOT_NEEDED: 'NOT_NEEDED',
  TOP_UP_IN_FLIGHT: 'TOP_UP_IN_FLIGHT',
  SUSPENDED: 'SUSPENDED',
  NO_PAYMENT_METHOD: 'NO_PAYMENT_METHOD',
  ATTEMPT_IN_FLIGHT: 'ATTEMPT_IN_FLIGHT',
  BACKING_OFF: 'BACKING_OFF',
  HOURLY_LIMIT: 'HOURLY_LIMIT',
  DAILY_CAP: 'DAILY_CAP',
  MONTHLY_CAP: 'MONTHLY_CAP',
} as const satisfies { readonly [O in RechargeObstacle]: O };

registerEnumType(RechargeObstacleEnum, {
  name: 'RechargeObstacle',
  description: 'Why a team is not recharged now. New ones may be added.',
  valuesConfig: {
    OFF: { description: 'It is off.' },
    NOT_NEEDED: { description: 'The credit is at or above the threshold, and nothing was refused.' },
    TOP_UP_IN_FLIGHT: { description: 'Top-ups that are on their way reach the threshold.' },
    SUSPENDED: { description: 'It is suspended.' },
    NO_PAYMENT_METHOD: { description: 'There is no payment method that may be charged.' },
    ATTEMPT_IN_FLIGHT: { description: 'An attempt is in flight; there is one at a time.' },
    BACKING_OFF: {
      description: 'The card was declined not long ago: after 1, then 6, then 24 hours it is tried again.',
    },
    HOURLY_LIMIT: { description: 'The last attempt was begun less than an hour ago.' },
    DAILY_CAP: { description: 'The cap of the UTC day leaves no room for the amount.' },
    MONTHLY_CAP: { description: 'The cap of the UTC month leaves no room for the amount.' },
  },
});

/** How a team's credit is kept up. */
@Inherits()
@ObjectType('AutoRecharge', { description: "How a team's credit is kept up.", simpleResolvers: true })
export class AutoRecharge {
  /** Not fields: what resolvers go by. */
  teamUuid: Uuid;
  methodUuid: Uuid | null;

  @Field(() => AutoRechargeStatusEnum, { description: 'How it fares.' })
  status: AutoRechargeStatus;

  @Field(() => CreditsScalar, {
    nullable: true,
    description:
      'Below this, counting unrestricted credit, open holds and top-ups in flight, it charges. Null when it was never set up.',
  })
  threshold: NanoCredits | null;

  @Field(() => Money, { nullable: true, description: 'What it charges. Null when it was never set up.' })
  amount: Money | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'With it, the smallest multiple of the amount that reaches the threshold is charged, up to this. Null: always the amount.',
  })
  maxPerCharge: Money | null;

  @Field(() => Money, {
    nullable: true,
    description: 'The most it tries to charge in a UTC day; null: no cap.',
  })
  dailyCap: Money | null;

  @Field(() => Money, {
    nullable: true,
    description: 'The most it tries to charge in a UTC month; null: no cap.',
  })
  monthlyCap: Money | null;

  @Field(() => SuspendedReasonEnum, {
    nullable: true,
    description: 'Why it has stopped; null unless it has.',
  })
  suspendedReason: SuspendedReason | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it has stopped; null unless it has.',
  })
  suspendedAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it may charge at the earliest, if that is wanted then. Null while it is off, suspended or without a payment method.',
  })
  nextPossibleAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it last changed; null when it was never set up.',
  })
  updatedAt: Date | null;
}

/** What auto-recharge would do now. */
@Inherits()
@ObjectType('AutoRechargePreview', {
  description: 'What auto-recharge would do now. Asking changes nothing.',
  simpleResolvers: true,
})
export class AutoRechargePreview {
  @Field(() => Boolean, { description: 'Whether it would charge now.' })
  wouldCharge: boolean;

  @Field(() => RechargeTriggerEnum, { nullable: true, description: 'What asks for it; null: nothing.' })
  trigger: RechargeTrigger | null;

  @Field(() => [RechargeObstacleEnum], { description: 'Why it would not; empty when it would.' })
  obstacles: readonly RechargeObstacle[];

  @Field(() => Money, {
    nullable: true,
    description:
      'What it would charge, now or as soon as nothing is in the way. Null when it was never set up.',
  })
  amount: Money | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it may charge at the earliest, if that is wanted then. Null while it is off, suspended or without a payment method.',
  })
  nextPossibleAt: Date | null;

  @Field(() => Money, {
    description: 'What attempts of this UTC day were for. Those that failed keep their place under the cap.',
  })
  usedToday: Money;

  @Field(() => Money, {
    description:
      'What attempts of this UTC month were for. Those that failed keep their place under the cap.',
  })
  usedThisMonth: Money;
}

const orNull = (cents: bigint | null) => (cents === null ? null : toMoney(cents));

/** The API form of how auto-recharge of a team stands; of one that was never set up, too. */
export function toAutoRecharge(teamUuid: Uuid, standing: AutoRechargeStanding | undefined): AutoRecharge {
  const settings = standing?.settings;
  return {
    teamUuid,
    methodUuid: settings?.paymentMethodId ?? null,
    status: standing?.status ?? 'OFF',
    threshold: settings?.thresholdNano ?? null,
    amount: orNull(settings?.amountCents ?? null),
    maxPerCharge: orNull(settings?.maxPerChargeCents ?? null),
    dailyCap: orNull(settings?.dailyCapCents ?? null),
    monthlyCap: orNull(settings?.monthlyCapCents ?? null),
    suspendedReason: settings?.suspendedReason ?? null,
    suspendedAt: settings?.suspendedAt ?? null,
    nextPossibleAt: standing?.verdict.nextPossibleAt ?? null,
    updatedAt: settings?.updatedAt ?? null,
  };
}

/** The API form of what auto-recharge would do now. */
export function toPreview(standing: AutoRechargeStanding | undefined): AutoRechargePreview {
  const { verdict, facts } = standing ?? {};
  return {
    wouldCharge: verdict?.obstacles.length === 0,
    trigger: verdict?.trigger ?? null,
    obstacles: verdict?.obstacles ?? ['OFF'],
    amount: orNull(verdict?.amountCents ?? null),
    nextPossibleAt: verdict?.nextPossibleAt ?? null,
    usedToday: toMoney(facts?.usedTodayCents ?? 0n),
    usedThisMonth: toMoney(facts?.usedThisMonthCents ?? 0n),
  };
}
