import { FieldResolver, Resolver, Root } from 'type-graphql';
import { targetOf } from '../charging/payment.ts';
import { assert } from '../domain-error.ts';
import type { ChargeTarget } from '../grants/drawdown.ts';
import { Inherits, Permit, type RuleData } from '../graphql/auth.ts';
import { CreditsScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import { readBook } from '../ledger/balance.ts';
import type { Book } from '../ledger/book.ts';
import type { NanoCredits } from '../money.ts';
import type { Estimating } from './estimate-run.ts';
import { availableForAll, shortOf } from './run-cover.ts';
import { RunQuote } from './run-quote.type.ts';
import { modelOfStep } from './run-step.type.ts';

/** The fields of a quote that depend on what the team has now. */
@Resolver(() => RunQuote)
export class RunQuoteResolver {
  constructor(private readonly services: Estimating) {}

  @Inherits()
  @FieldResolver(() => Boolean, {
    description:
      'Whether the credit that the team has now pays for all steps, one after the other. Caps on spend are not looked at.',
  })
  async canAfford(@Root() quote: RunQuote): Promise<boolean> {
    return (await this.missing(quote)) === 0n;
  }

  @Inherits()
  @FieldResolver(() => Boolean, {
    description:
      'Whether the total can be held now: of credit that may pay for every model of the job. Caps on spend are not looked at.',
  })
  async canHold(@Root() quote: RunQuote): Promise<boolean> {
    return (await this.holdable(quote)) >= quote.total;
  }

  @Permit('billing:read', quotedTeam)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description:
      'What the team lacks to pay for all steps, one after the other; 0 if it can afford it. For those who may see its balance.',
  })
  shortBy(@Root() quote: RunQuote): Promise<NanoCredits> {
    return this.missing(quote);
  }

  @Permit('billing:read', quotedTeam)
  @FieldResolver(() => CreditsScalar, {
    nullable: true,
    description:
      'The credit that may pay for every model of the job: what can be held for it. For those who may see the balance.',
  })
  available(@Root() quote: RunQuote): Promise<NanoCredits> {
    return this.holdable(quote);
  }

  private async missing(quote: RunQuote): Promise<NanoCredits> {
    const book = await this.bookOf(quote);
    const parts = quote.stored.steps.map((step) => ({
      target: targetOf(modelOfStep(step, quote.catalog)),
      amountNano: step.estimatedNano,
    }));
    return shortOf(book.grants, parts, book.atMs);
  }

  private async holdable(quote: RunQuote): Promise<NanoCredits> {
    const book = await this.bookOf(quote);
    return availableForAll(book.grants, targetsOf(quote), book.atMs);
  }

  private bookOf(quote: RunQuote): Promise<Book> {
    quote.book ??= this.readBook(quote.stored.teamId);
    return quote.book;
  }

  private async readBook(teamId: Uuid): Promise<Book> {
    const book = await readBook(this.services.db, teamId, this.services.clock.now());
    assert(book, 'every team has a wallet');
    return book;
  }
}

function targetsOf({ stored, catalog }: RunQuote): ChargeTarget[] {
  const models = new Set(stored.steps.map((step) => modelOfStep(step, catalog)));
  return [...models].map(targetOf);
}

function quotedTeam({ root }: RuleData<RunQuote, unknown>): Uuid {
  return root.stored.teamId;
}
