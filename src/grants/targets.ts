import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { GrantScope } from '../ledger/grant-account.ts';
import type { ChargeTarget } from './drawdown.ts';

/** A model, as far as grants have to do with it. */
export interface SpendableModel {
  readonly id: Uuid;
  readonly key: string;
  readonly product: string;
  readonly gpuType: string | null;
}

/** What there is to spend credit on, at one moment. */
export interface Spendables {
  readonly modelByKey: ReadonlyMap<string, SpendableModel>;
  readonly modelById: ReadonlyMap<Uuid, SpendableModel>;
}

/** Names of what grants may be restricted to; `model` is the key of a model. */
export interface ScopeNames {
  readonly product?: string | null;
  readonly model?: string | null;
  readonly gpuType?: string | null;
}

/**
 * The restrictions of a grant.
 * @throws DomainError BAD_USER_INPUT naming the member of `scope` that names nothing, or one that no model meets
 * together with the others: such a grant could never be spent.
 */
export function scopeNamed({ product, model, gpuType }: ScopeNames, spendables: Spendables): GrantScope {
  const named = model == null ? undefined : modelNamed(model, spendables);
  let candidates = named ? [named] : [...spendables.modelById.values()];
  if (product != null) candidates = meeting(candidates, 'product', (one) => one.product === product);
  if (gpuType != null) candidates = meeting(candidates, 'gpuType', (one) => one.gpuType === gpuType);
  return { product: product ?? null, modelId: named?.id ?? null, gpuType: gpuType ?? null };
}

function meeting(
  models: readonly SpendableModel[],
  field: 'product' | 'gpuType',
  meets: (model: SpendableModel) => boolean,
): SpendableModel[] {
  const met = models.filter(meets);
  if (met.length === 0)
    throw badInput(`scope.${field}`, 'must be that of a model, and of the one named beside it.');
  return met;
}

/**
 * What credit would be spent on: a model with its product and GPU type, or a product and a GPU type alone.
 * @throws DomainError BAD_USER_INPUT when a model is named together with others, or there is none of this key.
 */
export function targetNamed({ product, model, gpuType }: ScopeNames, spendables: Spendables): ChargeTarget {
  if (model == null) return { product: product ?? null, modelId: null, gpuType: gpuType ?? null };
  if (product != null || gpuType != null) {
    throw badInput(
      'scope',
      'name either a model, which has a product and a GPU type, or those without a model.',
    );
  }
  const named = modelNamed(model, spendables);
  return { product: named.product, modelId: named.id, gpuType: named.gpuType };
}

function modelNamed(key: string, { modelByKey }: Spendables): SpendableModel {
  const model = modelByKey.get(key);
  if (!model) throw badInput('scope.model', 'must be the key of a model.');
  return model;
}
