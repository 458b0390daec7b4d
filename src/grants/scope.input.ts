import { Field, ID, InputType } from 'type-graphql';
import { parseId } from '../id.ts';
import type { ChargeTarget } from './drawdown.ts';

@InputType('CreditScopeInput', {
  description:
    'What credit is wanted for. Credit without restrictions pays for anything; restricted credit counts only where each of its restrictions is met here.',
})
export class CreditScopeInput {
  @Field(() => String, { nullable: true, description: 'A product, such as "chat".' })
  product?: string | null;

  @Field(() => ID, { nullable: true, description: 'A model, by its id.' })
  modelId?: string | null;

  @Field(() => String, { nullable: true, description: 'A type of GPU, such as "A100".' })
  gpuType?: string | null;
}

/** @throws DomainError BAD_USER_INPUT for an id that is no model's. */
export function targetOf({ product, modelId, gpuType }: CreditScopeInput): ChargeTarget {
  return {
    product: product ?? null,
    modelId: modelId == null ? null : parseId('model', modelId, 'scope.modelId'),
    gpuType: gpuType ?? null,
  };
}
