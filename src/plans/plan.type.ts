import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Entitlements } from '../catalog/entitlement-terms.ts';
import type { Decimal } from '../decimal.ts';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar, DecimalScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { PlanFamily, PlanVersion } from './plan.ts';

export const PlanFamilyEnum = { PLATFORM: 'platform', WORKFLOW: 'workflow' } as const satisfies Record<
  string,
  PlanFamily
>;

registerEnumType(PlanFamilyEnum, {
  name: 'PlanFamily',
  description: 'What plans are for. Of each family a team has at most one.',
  valuesConfig: {
    PLATFORM: { description: 'The platform: what a team may do, and what its deployments cost.' },
    WORKFLOW: { description: 'Workflows: credit each month, equal to what is paid.' },
  },
});

/** What a plan entitles to. */
@Inherits()
@ObjectType('PlanEntitlements', { description: 'What plans entitle a team to.', simpleResolvers: true })
export class PlanEntitlements {
  @Field(() => Boolean, { description: 'To supply models and set their prices.' })
  monetization: boolean;

  @Field(() => Boolean, { description: 'To create API keys of its own.' })
  apiKeys: boolean;

  @Field(() => Boolean, { description: 'To start runs of more than one model.' })
  chainedModels: boolean;

  @Field(() => Boolean, { description: 'To be answered first by technical support.' })
  prioritySupport: boolean;

  @Field(() => DecimalScalar, {
    description: 'The part that is taken off the prices of deployments, such as 0.3; 0 for none.',
  })
  computeDiscount: Decimal;
}

/** The API form of entitlements. */
export function toEntitlements({ computeDiscountBps, ...may }: Entitlements): PlanEntitlements {
  return { ...may, computeDiscount: { coefficient: computeDiscountBps, scale: 4 } };
}

/** A version of a plan. */
@Inherits()
@ObjectType('Plan', {
  implements: Node,
  description:
    'A version of a plan. Whoever subscribes keeps it, and its price, until they change their plan themselves.',
  simpleResolvers: true,
})
export class Plan extends Node {
  @Field(() => String, { description: 'What calls name it by, such as "platform-pro".' })
  code: string;

  @Field(() => Int, { description: 'The number of the version.' })
  version: number;

  @Field(() => PlanFamilyEnum, { description: 'What it is for.' })
  family: PlanFamily;

  @Field(() => String, { description: 'What people call it.' })
  name: string;

  @Field(() => Int, {
    description: 'Its place in the family: a change to a higher one takes effect at once.',
  })
  rank: number;

  @Field(() => Money, { description: 'What a month costs.' })
  monthlyPrice: Money;

  @Field(() => CreditsScalar, {
    description: 'The prepaid credit that is granted for each month that is paid.',
  })
  monthlyCredit: NanoCredits;

  @Field(() => PlanEntitlements, { description: 'What it entitles to.' })
  entitlements: PlanEntitlements;

  @Field(() => [String], { description: 'What it gives, line by line.' })
  benefits: readonly string[];

  @Field(() => Boolean, { description: 'Whether nobody can subscribe to it any more.' })
  retired: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was published.' })
  effectiveAt: Date;
}

/** The API form of a version of a plan. */
export function planNode(plan: PlanVersion): Plan {
  const { code, version, family, name, rank, benefits, retired, effectiveAt } = plan;
  return {
    ...{ code, version, family, name, rank, benefits, retired, effectiveAt },
    id: publicId('plan', plan.id),
    monthlyPrice: toMoney(plan.monthlyCents),
    monthlyCredit: plan.monthlyCreditNano,
    entitlements: toEntitlements(plan.entitlements),
  };
}
