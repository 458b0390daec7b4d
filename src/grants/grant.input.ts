import { Field, ID, InputType, Int } from 'type-graphql';
import { badInput } from '../domain-error.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { parseId, type Uuid } from '../id.ts';
import type { GrantKind } from '../ledger/grant-account.ts';
import type { NanoCredits } from '../money.ts';
import { GrantKindEnum, GrantSourceEnum } from './grant.type.ts';
import type { ChangeGrant, ExtendGrant, GrantSource, IssueGrant } from './issue.ts';
import { type ScopeNames, type Spendables, scopeNamed } from './targets.ts';

@InputType('GrantScopeInput', {
  description: 'What a grant may be spent on: usage that meets every restriction given.',
})
export class GrantScopeInput implements ScopeNames {
  @Field(() => String, { nullable: true, description: 'Only this product, such as "chat".' })
  product?: string | null;

  @Field(() => String, { nullable: true, description: 'Only the model of this key.' })
  model?: string | null;

  @Field(() => String, { nullable: true, description: 'Only this GPU type.' })
  gpuType?: string | null;
}

@InputType('SpendScopeInput', {
  description:
    'What credit would be spent on: a model, with its product and GPU type; or a product and a GPU type without a model.',
})
export class SpendScopeInput implements ScopeNames {
  @Field(() => String, { nullable: true, description: 'The key of the model. Not together with the others.' })
  model?: string | null;

  @Field(() => String, { nullable: true, description: 'The product, such as "chat".' })
  product?: string | null;

  @Field(() => String, { nullable: true, description: 'The GPU type.' })
  gpuType?: string | null;
}

const KEY = {
  description: 'Your own key for this request: a repeat answers the same grant. 1 to 255 characters.',
};
const REASON = { description: 'Why, for the record: 1 to 500 characters.' };

@InputType('IssueGrantInput', { description: 'Credit to give to a team.' })
export class IssueGrantInput {
  @Field(() => ID, { description: 'The team that gets it.' })
  teamId: string;

  @Field(() => GrantKindEnum, { description: 'Whether it is given or was paid for.' })
  kind: GrantKind;

  @Field(() => GrantSourceEnum, { description: 'Why it exists; it must fit the kind.' })
  source: GrantSource;

  @Field(() => CreditsScalar, { description: 'How much.' })
  amount: NanoCredits;

  @Field(() => GrantScopeInput, {
    nullable: true,
    description: 'What it may be spent on; anything when absent. For PROMOTIONAL grants only.',
  })
  scope?: GrantScopeInput | null;

  @Field(() => Int, {
    defaultValue: 50,
    description: '0 to 100: of grants of the same shape, the one with the lower priority pays first.',
  })
  priority: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it starts; at once when absent.' })
  effectiveAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it expires; never when absent. For PROMOTIONAL grants only.',
  })
  expiresAt?: Date | null;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'What was really paid for it. When absent: nothing for PROMOTIONAL, all of it for PREPAID.',
  })
  costBasis?: NanoCredits | null;

  @Field(() => String, REASON)
  reason: string;

  @Field(() => String, KEY)
  idempotencyKey: string;
}

@InputType('VoidGrantInput', { description: 'A grant to take back.' })
export class VoidGrantInput {
  @Field(() => ID, { description: 'The grant.' })
  grantId: string;

  @Field(() => String, REASON)
  reason: string;

  @Field(() => String, KEY)
  idempotencyKey: string;
}

@InputType('ExtendGrantInput', { description: 'A grant to give a later expiry.' })
export class ExtendGrantInput extends VoidGrantInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is to expire. Required: null for a grant that is no longer to expire.',
  })
  expiresAt?: Date | null;
}

/** @throws DomainError BAD_USER_INPUT naming the member that cannot be used. */
export function issueFrom(input: IssueGrantInput, spendables: Spendables): IssueGrant {
  const { teamId, kind, source, amount, scope, priority, effectiveAt, expiresAt, costBasis } = input;
  return {
    teamId: parseId('team', teamId, 'teamId'),
    kind,
    source,
    amountNano: amount,
    priority,
    reason: input.reason,
    idempotencyKey: input.idempotencyKey,
    ...(scope ? { scope: scopeNamed(scope, spendables) } : {}),
    ...(effectiveAt ? { effectiveAt } : {}),
    ...(expiresAt ? { expiresAt } : {}),
    ...(costBasis == null ? {} : { costBasisNano: costBasis }),
  };
}

/** The change of a grant of a team. */
export function changeFrom({ grantId, reason, idempotencyKey }: VoidGrantInput, teamId: Uuid): ChangeGrant {
  return { teamId, grantId: parseId('grant', grantId, 'grantId'), reason, idempotencyKey };
}

/** @throws DomainError BAD_USER_INPUT when nothing is said of the expiry: a slip must not make a grant last for ever. */
export function extensionFrom(input: ExtendGrantInput, teamId: Uuid): ExtendGrant {
  const { expiresAt } = input;
  if (expiresAt === undefined) throw badInput('expiresAt', 'must be an instant, or null for no expiry.');
  return { ...changeFrom(input, teamId), expiresAt };
}
