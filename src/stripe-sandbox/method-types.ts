import type { Params } from './params.ts';
import { invalidRequest } from './problem.ts';

/** `allowed_payment_method_types` as a member of an intent, when it is given. @throws StripeProblem for all but cards. */
export function allowedTypesOf(params: Params): { allowed_payment_method_types?: ['card'] } {
  const types = params.texts('allowed_payment_method_types');
  if (types === undefined) return {};
  const other = types.find((type) => type !== 'card');
  if (types.length > 0 && other === undefined) return { allowed_payment_method_types: ['card'] };
  throw invalidRequest(
    `The payment method type provided: ${other ?? ''} is invalid. The sandbox takes card.`,
    {
      param: 'allowed_payment_method_types',
    },
  );
}
