import { Field, Int, ObjectType } from 'type-graphql';
import type { CatalogModel, CatalogSnapshot, CatalogVersion } from '../catalog/catalog-cache.ts';
import { ChargeParam, ChargeQuantity, paramsOf, quantitiesOf } from '../charging/charge.type.ts';
import { ExplainedPriceObject } from '../charging/explanation.type.ts';
import type { RunStep as StoredStep } from '../charging/run.ts';
import { assert } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import type { NanoCredits } from '../money.ts';
import { explainStep } from './explain-step.ts';
import type { StepCost } from './run-cost.ts';

/** What the steps of quotes and of runs have in common. */
@ObjectType({ simpleResolvers: true })
abstract class PlannedStepObject {
  @Field(() => String, { description: 'What usage is reported for: unique among the steps.' })
  readonly key: string;

  @Field(() => String, { description: 'The key of the model.' })
  readonly modelKey: string;

  @Field(() => Int, { description: 'How many times the model is expected to be used.' })
  readonly times: number;

  @Field(() => CreditsScalar, {
    description: 'What all times together are expected to cost, exact and rounded once.',
  })
  readonly estimated: NanoCredits;

  constructor(
    /** The step as it is kept. */
    readonly stored: StoredStep,
    /** Its model. */
    readonly catalogModel: CatalogModel,
  ) {
    this.key = stored.key;
    this.modelKey = catalogModel.key;
    this.times = Number(stored.times);
    this.estimated = stored.estimatedNano;
  }

  @Field(() => [ChargeQuantity], { description: 'What is expected to be used each time.' })
  get quantities(): ChargeQuantity[] {
    return quantitiesOf(this.stored.quantities);
  }

  @Field(() => [ChargeParam], { description: 'Facts of the requests that may change their price.' })
  get params(): ChargeParam[] {
    return paramsOf(this.stored.params);
  }
}

/** A step of a quote, with its formula. */
@Inherits()
@ObjectType('QuotedStep', {
  simpleResolvers: true,
  description: 'One part of a job, with how its expected cost comes about.',
})
export class QuotedStep extends PlannedStepObject {
  constructor(
    stored: StoredStep,
    model: CatalogModel,
    private readonly version: CatalogVersion,
  ) {
    super(stored, model);
  }

  @Field(() => ExplainedPriceObject, {
    description: 'What one time costs, line by line, and by which price.',
  })
  get price(): ExplainedPriceObject {
    return ExplainedPriceObject.of(explainStep(this.stored, this.version).once);
  }

  @Field(() => String, { description: 'How often that is expected, with the numbers: "500 × 0.005 = 2.5".' })
  get formula(): string {
    return explainStep(this.stored, this.version).formula;
  }
}

/** A step of a run, with what has been charged for it. */
@Inherits()
@ObjectType('RunStep', {
  simpleResolvers: true,
  description: 'One part of a run: what it was expected to cost, and what it has cost.',
})
export class RunStep extends PlannedStepObject {
  @Field(() => CreditsScalar, {
    description: 'What has been charged for it; what was reversed counts no more.',
  })
  readonly spent: NanoCredits;

  @Field(() => Int, { description: 'How many charges were made for it, reversed and unbilled ones too.' })
  readonly charges: number;

  constructor(stored: StoredStep, model: CatalogModel, cost: StepCost) {
    super(stored, model);
    this.spent = cost.spentNano;
    this.charges = Number(cost.charges);
  }
}

/** The model of a step. @throws Error when the snapshot is older than the step. */
export function modelOfStep({ modelId }: StoredStep, { modelById }: CatalogSnapshot): CatalogModel {
  const model = modelById.get(modelId);
  assert(model, 'a step names a model of the catalogue');
  return model;
}

/** A step of a quote in the API. `catalog`: no older than the quote. */
export function quotedStep(step: StoredStep, catalog: CatalogSnapshot): QuotedStep {
  const version = catalog.versionById.get(step.priceVersionId);
  assert(version, 'a step names a price version of the catalogue');
  return new QuotedStep(step, modelOfStep(step, catalog), version);
}
