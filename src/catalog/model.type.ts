import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { ModelRow } from './catalog-reads.ts';
import { InstanceType } from './instance-type.type.ts';
import { type ModelFacts, NO_FACTS } from './model-facts.ts';

/** A fact that has no field of its own. */
@Inherits()
@ObjectType('ModelFact', { description: 'A fact that has no field of its own.', simpleResolvers: true })
export class ModelFact {
  @Field(() => String, { description: 'The name it has in the price list.' })
  name: string;

  @Field(() => String, { description: 'The value, lists joined by commas.' })
  value: string;
}

/** What is known of a model besides its price. */
@Inherits()
@ObjectType('ModelFacts', {
  description: 'What is known of a model besides its price.',
  simpleResolvers: true,
})
export class ModelFactsObject {
  @Field(() => Int, { nullable: true, description: 'The most input tokens of a request, if known.' })
  maxInputTokens: number | null;

  @Field(() => Int, { nullable: true, description: 'The most output tokens of a request, if known.' })
  maxOutputTokens: number | null;

  @Field(() => [String], { description: 'What it can do, such as "vision".' })
  capabilities: readonly string[];

  @Field(() => [String], { description: 'What it is known not to do.' })
  lacking: readonly string[];

  @Field(() => [String], { description: 'What it takes, such as "text" and "image"; empty if unknown.' })
  inputModalities: readonly string[];

  @Field(() => [String], { description: 'What it gives, such as "text" and "audio"; empty if unknown.' })
  outputModalities: readonly string[];

  @Field(() => [String], { description: 'The endpoints of its supplier that it is used by.' })
  endpoints: readonly string[];

  @Field(() => String, { nullable: true, description: 'The date after which its supplier may withdraw it.' })
  deprecationDate: string | null;

  @Field(() => String, { nullable: true, description: 'Where the price was published.' })
  source: string | null;

  @Field(() => String, { nullable: true, description: 'A remark of the price list.' })
  comment: string | null;

  @Field(() => [ModelFact], { description: 'Everything else the price list says.' })
  other: ModelFact[];

  static of(facts: ModelFacts): ModelFactsObject {
    const { maxInputTokens = null, maxOutputTokens = null, deprecationDate = null, source = null } = facts;
    const { comment = null, other, ...rest } = facts;
    const known = { maxInputTokens, maxOutputTokens, deprecationDate, source, comment };
    const more = Object.entries(other).map(([name, value]) => ({ name, value: String(value) }));
    return Object.assign(new ModelFactsObject(), rest, known, { other: more });
  }
}

/** A model in the API. */
@Inherits()
@ObjectType('Model', {
  implements: Node,
  description:
    'Something that is sold by use. Anyone may look at models and their prices. Charges and prices of hours name their instance type as a model, too.',
  simpleResolvers: true,
})
export class Model extends Node {
  row: ModelRow;

  @Field(() => ID, { description: 'Starts with "model_".' })
  override id: string;

  @Field(() => String, { description: 'The name that callers use, unique.' })
  key: string;

  @Field(() => String, { description: 'The name for people.' })
  name: string;

  @Field(() => String, {
    description: 'The product it belongs to, such as "chat"; grants may be restricted to one.',
  })
  product: string;

  @Field(() => String, { nullable: true, description: 'The GPU type it runs on, when that is fixed.' })
  gpuType: string | null;

  @Field(() => String, { description: 'Who supplies it: a label.' })
  supplier: string;

  @Field(() => Boolean, { description: 'False once it is no longer sold.' })
  active: boolean;

  @Field(() => InstanceType, {
    nullable: true,
    description:
      'The instance type whose hours are sold, where a charge or a price names one; null for a model.',
  })
  instanceType: InstanceType | null;

  @Field(() => ModelFactsObject, { description: 'Limits, capabilities and what else is known of it.' })
  facts: ModelFactsObject;

  @Field(() => DateTimeScalar, { description: 'When it came into the catalogue.' })
  createdAt: Date;

  static of(row: ModelRow): Model {
    const { key, name, product, gpuType, active, createdAt } = row;
    // Only this room writes the column, as ModelFacts.
    const facts = ModelFactsObject.of({ ...NO_FACTS, ...(row.facts as Partial<ModelFacts>) });
    const id = publicId('model', row.id);
    const supplier = row.supplierLabel;
    return Object.assign(new Model(), {
      row,
      id,
      key,
      name,
      product,
      gpuType,
      supplier,
      active,
      instanceType: row.instance && InstanceType.of(row),
      facts,
      createdAt,
    });
  }
}

export const { Connection: ModelConnection } = connectionType('Model', 'models', () => Model);
