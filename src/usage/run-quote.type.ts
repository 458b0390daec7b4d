import { Field, ID, ObjectType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { Inherits } from '../graphql/auth.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { Book } from '../ledger/book.ts';
import type { NanoCredits } from '../money.ts';
import type { RunQuote as StoredQuote } from './run-quote.ts';
import { QuotedStep, quotedStep } from './run-step.type.ts';

/** A quote in the API. Whether it can be afforded is judged when that is asked. */
@Inherits()
@ObjectType('RunQuote', {
  implements: Node,
  simpleResolvers: true,
  description: 'What a job is expected to cost, item by item, by the prices of an instant.',
})
export class RunQuote implements Node {
  @Field(() => CreditsScalar, { description: 'The sum of the steps.' })
  readonly total: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When it was made. The prices are those of this instant.' })
  readonly createdAt: Date;

  @Field(() => DateTimeScalar, { description: 'Until when a run can be started from it.' })
  readonly expiresAt: Date;

  /** What the team has, read once for all fields of an answer. */
  book?: Promise<Book>;

  constructor(
    /** The quote as it is kept. */
    readonly stored: StoredQuote,
    /** No older than the quote. */
    readonly catalog: CatalogSnapshot,
  ) {
    this.total = stored.totalNano;
    this.createdAt = stored.createdAt;
    this.expiresAt = stored.expiresAt;
  }

  get id(): string {
    return publicId('quote', this.stored.id);
  }

  @Field(() => ID, { description: 'The team that would pay.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => [QuotedStep], { description: 'The steps in the order in which they were named.' })
  get steps(): QuotedStep[] {
    return this.stored.steps.map((step) => quotedStep(step, this.catalog));
  }
}
