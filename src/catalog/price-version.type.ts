import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Decimal } from '../decimal.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { PriceVersionRow } from './catalog-reads.ts';
import { PriceComponentObject, PriceMultiplierObject } from './price.type.ts';
import { parsePrice } from './price-json.ts';

/** A version of a model's price in the API. */
@Inherits()
@ObjectType('PriceVersion', {
  implements: Node,
  description:
    'The price list of one model from an instant on, until a newer version holds. It never changes; every charge names the version it was charged by.',
  simpleResolvers: true,
})
export class PriceVersion extends Node {
  row: PriceVersionRow;

  @Field(() => ID, { description: 'Starts with "price_".' })
  override id: string;

  @Field(() => Int, { description: 'Counts the versions of the model from 1.' })
  version: number;

  @Field(() => DateTimeScalar, {
    description: 'Holds for what is used from this instant on; the first version holds since 1970.',
  })
  effectiveAt: Date;

  @Field(() => DateTimeScalar, { description: 'When it was set.' })
  createdAt: Date;

  @Field(() => [PriceComponentObject], { description: 'What things cost.' })
  components: PriceComponentObject[];

  @Field(() => [PriceMultiplierObject], { description: 'Factors for some requests.' })
  multipliers: PriceMultiplierObject[];

  @Field(() => DecimalScalar, { nullable: true, description: 'The least a charge costs, in credits.' })
  minimum: Decimal | null;

  static of(row: PriceVersionRow): PriceVersion {
    const { components, multipliers, minimum = null } = parsePrice(row.components);
    return Object.assign(new PriceVersion(), {
      row,
      id: publicId('priceVersion', row.id),
      version: row.version,
      effectiveAt: row.effectiveAt,
      createdAt: row.createdAt,
      components: components.map(PriceComponentObject.of),
      multipliers: multipliers.map(PriceMultiplierObject.of),
      minimum,
    });
  }
}

export const { Connection: PriceVersionConnection } = connectionType(
  'PriceVersion',
  'price versions',
  () => PriceVersion,
);
