import { Field, ID, InputType, Int } from 'type-graphql';
import type { Entitlements } from '../catalog/entitlement-terms.ts';
import type { Decimal } from '../decimal.ts';
import { badInput } from '../domain-error.ts';
import { CreditsScalar, DecimalScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { CancelSubscription } from './cancel-subscription.ts';
import type { ChangePlan } from './change-plan.ts';
import type { PublishPlan } from './publish-plan.ts';
import type { SubscribeToPlan } from './subscribe-to-plan.ts';

const KEY = 'Your own key for this request: a repeat answers the same. 1 to 255 characters.';

@InputType('PlanEntitlementsInput', { description: 'What a plan entitles to.' })
class PlanEntitlementsInput {
  @Field(() => Boolean, { defaultValue: false, description: 'To supply models and set their prices.' })
  monetization: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'To create API keys.' })
  apiKeys: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'To start runs of more than one model.' })
  chainedModels: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'To be answered first.' })
  prioritySupport: boolean;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The part that is taken off the prices of deployments: 0 to 0.9999, with up to 4 decimals.',
  })
  computeDiscount?: Decimal | null;
}

@InputType('PublishPlanInput', { description: 'A new version of a plan: all of it, not only what changes.' })
export class PublishPlanInput {
  @Field(() => String, {
    description: 'The plan: an existing code, or a new one that begins with "platform-" or "workflow-".',
  })
  code: string;

  @Field(() => String, { description: 'What people call it: 1 to 200 characters.' })
  name: string;

  @Field(() => Int, { description: 'Its place in the family, 0 to 1000.' })
  rank: number;

  @Field(() => DecimalScalar, { description: 'US dollars a month, whole cents: 0, or 1 to 999999.99.' })
  monthlyPrice: Decimal;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'The prepaid credit for each month that is paid; none when absent.',
  })
  monthlyCredit?: NanoCredits | null;

  @Field(() => PlanEntitlementsInput, { description: 'What it entitles to.' })
  entitlements: PlanEntitlementsInput;

  @Field(() => [String], { description: 'What it gives, line by line: up to 30 lines.' })
  benefits: string[];

  @Field(() => Boolean, { defaultValue: false, description: 'Nobody is to subscribe to it any more.' })
  retired: boolean;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, { description: KEY })
  idempotencyKey: string;
}

@InputType('SubscribeToPlanInput', { description: 'The plan that a team wants.' })
export class SubscribeToPlanInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => String, { description: 'The plan, such as "platform-pro".' })
  planCode: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The payment method, for renewals too. Absent: the default one, renewals with what is the default then; without any the payer enters one at "actionUrl".',
  })
  paymentMethodId?: string | null;

  @Field(() => String, { description: KEY })
  idempotencyKey: string;
}

@InputType('ChangePlanInput', { description: 'The plan that a team wants instead.' })
export class ChangePlanInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => String, {
    description: 'A plan of the same family; the present one takes back a change or an end that is to come.',
  })
  planCode: string;

  @Field(() => String, { description: KEY })
  idempotencyKey: string;
}

@InputType('CancelSubscriptionInput', { description: 'The subscription that is to end.' })
export class CancelSubscriptionInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => ID, { description: 'The subscription.' })
  subscriptionId: string;

  @Field(() => String, { description: KEY })
  idempotencyKey: string;
}

/** @throws DomainError BAD_USER_INPUT naming the field. */
export function publishFrom({
  monthlyPrice,
  monthlyCredit,
  entitlements,
  ...rest
}: PublishPlanInput): PublishPlan {
  return {
    ...rest,
    monthlyCents: scaled(monthlyPrice, 2, 'monthlyPrice'),
    monthlyCreditNano: monthlyCredit ?? 0n,
    entitlements: entitlementsFrom(entitlements),
  };
}

function entitlementsFrom({ computeDiscount, ...may }: PlanEntitlementsInput): Entitlements {
  const field = 'entitlements.computeDiscount';
  return { ...may, computeDiscountBps: computeDiscount ? scaled(computeDiscount, 4, field) : 0n };
}

/** A decimal in units of its last place that may be used. */
function scaled({ coefficient, scale }: Decimal, places: number, field: string): bigint {
  if (scale > places) throw badInput(field, `must have at most ${places} decimal places.`);
  return coefficient * 10n ** BigInt(places - scale);
}

/** @throws DomainError BAD_USER_INPUT when an id is none. */
export function subscribeFrom(input: SubscribeToPlanInput): SubscribeToPlan {
  const { paymentMethodId: method, planCode, idempotencyKey } = input;
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    planCode,
    paymentMethodId: method == null ? null : parseId('paymentMethod', method, 'paymentMethodId'),
    idempotencyKey,
  };
}

/** @throws DomainError BAD_USER_INPUT when the id is none. */
export function changeFrom({ teamId, planCode, idempotencyKey }: ChangePlanInput): ChangePlan {
  return { teamId: parseId('team', teamId, 'teamId'), planCode, idempotencyKey };
}

/** @throws DomainError BAD_USER_INPUT when an id is none. */
export function cancelFrom(input: CancelSubscriptionInput): CancelSubscription {
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    subscriptionId: parseId('subscription', input.subscriptionId, 'subscriptionId'),
    idempotencyKey: input.idempotencyKey,
  };
}
