import { Field, ID, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { type CapPeriod, type CapSubject, capUsedAt, nextPeriodStart, type Cap as StoredCap } from './cap.ts';
import { CapPeriodEnum, CapSubjectEnum } from './refusal.type.ts';

/** A cap in the API, with its figures as of one instant. */
@Inherits()
@ObjectType('SpendCap', {
  implements: Node,
  simpleResolvers: true,
  description:
    'How much may be spent on behalf of a member, with a key or on a model in a UTC day or month. Charges and holds beyond it are refused; work that is done already is counted and charged.',
})
export class SpendCap extends Node {
  @Field(() => ID, { description: 'Starts with "cap_".' })
  override id: string;

  @Field(() => CapSubjectEnum, { description: 'Whose spend, or on what, it limits.' })
  subject: CapSubject;

  @Field(() => ID, { nullable: true, description: 'The member, if it is about one.' })
  memberId: string | null;

  @Field(() => ID, { nullable: true, description: 'The API key, if it is about one.' })
  apiKeyId: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The key of the model or instance type, if it is about one.',
  })
  modelKey: string | null;

  @Field(() => CapPeriodEnum, { description: 'What it counts together.' })
  period: CapPeriod;

  @Field(() => CreditsScalar, { description: 'The most that may be spent in a period.' })
  limit: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What was charged in the present period and has not been given back.',
  })
  spent: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What open holds have set aside, whenever they were placed.' })
  held: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'What may still be charged or held: the limit without what is spent and held, never below 0.',
  })
  remaining: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When the next period begins, in which nothing is spent yet.' })
  resetsAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was first set.' })
  createdAt: Date;
}

/** What a cap about a model shows of it. */
export interface CappedModels {
  readonly modelById: ReadonlyMap<string, { readonly key: string }>;
}

export function toSpendCap(cap: StoredCap, models: CappedModels, now: Date): SpendCap {
  const { subject, subjectId, period, limitNano, heldNano, createdAt } = cap;
  const used = capUsedAt(cap, now.getTime());
  return Object.assign(new SpendCap(), {
    id: publicId('cap', cap.id),
    subject,
    memberId: subject === 'MEMBER' ? publicId('user', subjectId) : null,
    apiKeyId: subject === 'API_KEY' ? publicId('apiKey', subjectId) : null,
    modelKey: subject === 'MODEL' ? (models.modelById.get(subjectId)?.key ?? null) : null,
    period,
    limit: limitNano,
    spent: used - heldNano,
    held: heldNano,
    remaining: used < limitNano ? limitNano - used : 0n,
    resetsAt: new Date(nextPeriodStart(period, now.getTime())),
    createdAt,
  });
}

export const { Connection: SpendCapConnection } = connectionType('SpendCap', 'caps', () => SpendCap);
