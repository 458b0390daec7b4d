import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { loadPriceVersion } from '../catalog/loaders.ts';
import { PriceVersion } from '../catalog/price-version.type.ts';
import { assert } from '../domain-error.ts';
import { Inherits, Permit, type RuleData, SignedIn } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { parseId, type Uuid } from '../id.ts';
import { type ChargeServices, loadCharge } from './charges.resolver.ts';
import { explainPayment } from './explain-charge.ts';
import { explainPrice } from './explain-price.ts';
import { ChargeExplanation, ExplainedPaymentObject, ExplainedPriceObject } from './explanation.type.ts';

/** `explainCharge`: the price from its version, the payment from the books of then. */
@Resolver(() => ChargeExplanation)
export class ExplainChargeResolver {
  constructor(private readonly services: ChargeServices) {}

  @SignedIn()
  @Query(() => ChargeExplanation, {
    description: 'Why a charge that you may see is what it is: its price, and which grants paid.',
  })
  async explainCharge(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the charge.' }) id: string,
  ): Promise<ChargeExplanation> {
    const charge = await loadCharge(ctx, this.services, parseId('charge', id));
    const { versionById } = await this.services.catalog.fresh();
    const version = versionById.get(charge.stored.priceVersionId);
    assert(version, 'a charge names a price version of the catalogue');
    return { charge, price: ExplainedPriceObject.of(explainPrice(charge.stored, version)) };
  }

  @Permit('billing:read', explainedTeam)
  @FieldResolver(() => ExplainedPaymentObject, {
    nullable: true,
    description: 'Which grants paid, and why others did not. For those who may see grants.',
  })
  async payment(@Root() { charge: { stored } }: ChargeExplanation): Promise<ExplainedPaymentObject> {
    const { db, catalog } = this.services;
    const snapshot = await catalog.fresh();
    const explained = await explainPayment(db, stored, snapshot);
    const nameOf = (modelId: Uuid) => snapshot.modelById.get(modelId)?.key ?? 'that is unknown';
    return ExplainedPaymentObject.of(stored, explained, nameOf);
  }
}

/** The price version of an explained price. */
@Resolver(() => ExplainedPriceObject)
export class ExplainedPriceResolver {
  constructor(private readonly services: ChargeServices) {}

  @Inherits()
  @FieldResolver(() => PriceVersion, {
    description: 'The version of the price: the one that held when it was used.',
  })
  version(@Ctx() ctx: Context, @Root() price: ExplainedPriceObject): Promise<PriceVersion> {
    return loadPriceVersion(ctx, this.services.db, price.versionId);
  }
}

function explainedTeam({ root }: RuleData<ChargeExplanation, unknown>): Uuid {
  return root.charge.stored.teamId;
}
