import { Field, ObjectType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { CreditsScalar, DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { TeamBalance } from './balance.ts';
import type { GrantAccount } from './grant-account.ts';
import type { LedgerPosted } from './posted.ts';

@Inherits()
@ObjectType('BalanceByKind', {
  description: 'The available credit, by where it came from.',
  simpleResolvers: true,
})
export class BalanceByKind {
  @Field(() => CreditsScalar, {
    description: 'Credit that was given: sign-up credit, promo codes, goodwill.',
  })
  promotional: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Credit that was paid for.' })
  prepaid: NanoCredits;
}

/** What a team has and owes at an instant. */
@Inherits()
@ObjectType('Balance', { description: 'What a team has and owes at an instant.', simpleResolvers: true })
export class Balance {
  @Field(() => CreditsScalar, { description: 'Available and held credit together.' })
  posted: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'Credit of all open grants. A part of it may be restricted: see "unrestricted" and "availableFor".',
  })
  available: NanoCredits;

  @Field(() => CreditsScalar, { description: 'The part of "available" that may be used for anything.' })
  unrestricted: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Credit set aside for work in progress.' })
  held: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Credit withheld while its payment is disputed.' })
  disputed: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      'What the team owes for work that was done after its credit had run out; a figure of its own.',
  })
  unpaid: NanoCredits;

  @Field(() => BalanceByKind, { description: 'The available credit, by where it came from.' })
  byKind: BalanceByKind;

  @Field(() => SequenceScalar, { description: 'The last ledger entry that had been posted.' })
  seq: bigint;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it next changes by itself: the first expiry of an open grant or start of a scheduled one. Null for never, and for past balances.',
  })
  nextDueAt: Date | null;

  @Field(() => DateTimeScalar, { description: 'The instant of the balance.' })
  asOf: Date;

  teamId: Uuid;

  /** The open grants behind it, when they are at hand: fields above the ledger then need no look-up. */
  grants?: readonly GrantAccount[];

  /** Whether it is of a past instant. */
  isPast?: boolean;
}

/** The API form of a balance. */
export function toBalance(
  { teamId, balances, seq, nextDueAtMs, asOfMs }: TeamBalance,
  grants?: readonly GrantAccount[],
): Balance {
  const { availableNano, prepaidNano, unrestrictedNano, heldNano, disputedNano, unpaidNano } = balances;
  return {
    posted: availableNano + heldNano,
    available: availableNano,
    unrestricted: unrestrictedNano,
    held: heldNano,
    disputed: disputedNano,
    unpaid: unpaidNano,
    byKind: { promotional: availableNano - prepaidNano, prepaid: prepaidNano },
    seq,
    nextDueAt: nextDueAtMs === null ? null : new Date(nextDueAtMs),
    asOf: new Date(asOfMs),
    teamId,
    ...(grants && { grants }),
  };
}

/** The balance right after a posting, without a look-up. */
export function balanceAfter(posted: LedgerPosted): Balance {
  return toBalance({ ...posted, asOfMs: posted.atMs }, posted.grants);
}
