import { Field, ID, InputType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { assert } from '../domain-error.ts';
import { OneOf } from '../graphql/one-of.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import { parseId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { CapPeriod } from './cap.ts';
import { CapPeriodEnum } from './refusal.type.ts';
import { noSubject, type SetSpendCap } from './set-spend-cap.ts';

@OneOf()
@InputType('SpendCapSubjectInput', { description: 'Whose spend, or on what, to limit: one of these.' })
export class SpendCapSubjectInput {
  @Field(() => ID, { nullable: true, description: 'A member of the team: what is used on their behalf.' })
  memberId?: string | null;

  @Field(() => ID, { nullable: true, description: 'An API key of the team: what is used with it.' })
  apiKeyId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The key of a model or an instance type: what is used of it.',
  })
  model?: string | null;
}

@InputType('SetSpendCapInput', { description: 'How much may be spent on what, and in which time.' })
export class SetSpendCapInput {
  @Field(() => ID, { description: 'The team.' })
  teamId: string;

  @Field(() => SpendCapSubjectInput, { description: 'Whose spend, or on what, to limit.' })
  subject: SpendCapSubjectInput;

  @Field(() => CapPeriodEnum, { description: 'What to count together. A subject may have a cap for each.' })
  period: CapPeriod;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'The most that may be spent in a period; 0 lets nothing be spent, null removes the cap.',
  })
  limit: NanoCredits | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your own key for this request: a repeat changes nothing. 1 to 255 characters.',
  })
  idempotencyKey?: string | null;
}

/** What the input asks for. @throws DomainError BAD_USER_INPUT, and NOT_FOUND for the model, naming the field. */
export function capFrom(input: SetSpendCapInput, models: Pick<CatalogSnapshot, 'modelByKey'>): SetSpendCap {
  const { period, limit, idempotencyKey } = input;
  return {
    teamId: parseId('team', input.teamId, 'teamId'),
    ...subjectOf(input.subject, models),
    period,
    limitNano: limit ?? null,
    idempotencyKey: idempotencyKey ?? undefined,
  };
}

function subjectOf(
  { memberId, apiKeyId, model }: SpendCapSubjectInput,
  models: Pick<CatalogSnapshot, 'modelByKey'>,
): Pick<SetSpendCap, 'subject' | 'subjectId'> {
  if (memberId != null)
    return { subject: 'MEMBER', subjectId: parseId('user', memberId, 'subject.memberId') };
  if (apiKeyId != null)
    return { subject: 'API_KEY', subjectId: parseId('apiKey', apiKeyId, 'subject.apiKeyId') };
  assert(model != null, 'exactly one member of a @oneOf input is given');
  const found = models.modelByKey.get(model);
  if (!found) throw noSubject('MODEL');
  return { subject: 'MODEL', subjectId: found.id };
}
