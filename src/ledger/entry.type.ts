import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar, SequenceScalar } from '../graphql/scalars.ts';
import { entryId, postingPublicId, publicId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import {
  ACCOUNT,
  type AccountName,
  accountName,
  ENTRY_KIND,
  type EntryKindName,
  entryKindName,
} from './account.ts';
import type { Entry } from './entry.ts';

/** The names of the entry kinds, as the API has them. */
export const EntryKindEnum = namesOf(ENTRY_KIND);
/** The names of the accounts, as the API has them. */
export const LedgerAccountEnum = namesOf(ACCOUNT);

registerEnumType(EntryKindEnum, {
  name: 'EntryKind',
  description: 'What a ledger entry records. New kinds may be added.',
  valuesConfig: {
    ISSUE: { description: 'A grant came into the books.' },
    CHARGE: { description: 'Usage was paid, or became debt.' },
    EXPIRY: { description: 'What remained of a grant expired.' },
    VOID: { description: 'An operator took back what remained of a grant.' },
    REVERSAL: { description: 'A charge was given back.' },
    EXTENSION: { description: 'Expired credit came back because its grant was extended.' },
    DEBT_PAYMENT: { description: 'Prepaid credit paid what the team owed.' },
    HOLD: { description: 'Credit was set aside for work in progress.' },
    RELEASE: { description: 'Credit that was set aside returned to its grant.' },
    REFUND: { description: 'Credit left its grant to be paid back.' },
    REFUND_RETURN: { description: 'Credit that could not be paid back returned to its grant.' },
    REFUND_PAID: { description: 'What a refund set aside was paid back.' },
    DISPUTE: { description: 'Credit was withheld because its payment is disputed.' },
    DISPUTE_WON: { description: 'Credit that was withheld returned to its grant.' },
    DISPUTE_LOST: { description: "Credit that was withheld went back to the cardholder's bank." },
    CHARGEBACK: { description: 'What had been spent of a payment that the bank took back became debt.' },
  },
});

registerEnumType(LedgerAccountEnum, {
  name: 'LedgerAccount',
  description: 'An account of the books. New accounts may be added.',
  valuesConfig: {
    GRANT: { description: 'What remains of one grant of the team.' },
    HELD: { description: 'Credit of the team set aside for work in progress.' },
    DISPUTED: { description: 'Credit of the team withheld while its payment is disputed.' },
    RECEIVABLE: { description: 'What the team owes.' },
    EARNINGS: { description: 'What the team earned as a supplier.' },
    PAYOUT_PENDING: { description: 'Earnings on their way to be paid out.' },
    IN_TRANSIT: { description: 'Credit on its way between two teams.' },
    CASH: { description: 'Card payments, at the payment provider.' },
    REVENUE: { description: "The platform's revenue." },
    SUPPLIER_PAYABLE: { description: 'What the platform owes a supplier.' },
    PROMO_EXPENSE: { description: 'What the platform gave away as promotional credit.' },
    BREAKAGE: { description: 'Credit that expired unused.' },
    REFUNDS: { description: 'Prepaid credit that was taken back, or is being paid back.' },
  },
});

/** One line of a team's journal. */
@Inherits()
@ObjectType('LedgerEntry', {
  implements: Node,
  description:
    "One line of a team's journal: an amount moved from one account to another. Entries are never changed; corrections are new entries.",
  simpleResolvers: true,
})
export class LedgerEntry extends Node {
  @Field(() => SequenceScalar, { description: "Its number in the team's journal: 1, 2, 3 … without gaps." })
  seq: bigint;

  @Field(() => EntryKindEnum, { description: 'What it records.' })
  kind: EntryKindName;

  @Field(() => LedgerAccountEnum, { description: 'The account it is debited to.' })
  debitAccount: AccountName;

  @Field(() => LedgerAccountEnum, { description: 'The account it is credited to.' })
  creditAccount: AccountName;

  @Field(() => CreditsScalar, { description: 'The amount, always positive.' })
  amount: NanoCredits;

  @Field(() => CreditsScalar, {
    description:
      "What it changed of the team's available credit: negative for a charge, zero when it touched no grant.",
  })
  availableChange: NanoCredits;

  @Field(() => CreditsScalar, { description: "The team's available credit after it." })
  availableAfter: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Credit set aside for work in progress after it.' })
  heldAfter: NanoCredits;

  @Field(() => CreditsScalar, { description: 'Credit withheld because of disputes after it.' })
  disputedAfter: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What the team owed after it.' })
  unpaidAfter: NanoCredits;

  @Field(() => CreditsScalar, {
    nullable: true,
    description: 'What remained of the grant it touched; null when it touched none.',
  })
  grantAfter: NanoCredits | null;

  @Field(() => ID, { nullable: true, description: 'The grant it touched; null when it touched none.' })
  grantId: string | null;

  @Field(() => ID, { description: 'The same on all entries of one business event.' })
  postingId: string;

  @Field(() => DateTimeScalar, { description: 'When it was posted; never before the entry in front of it.' })
  postedAt: Date;

  @Field(() => DateTimeScalar, { description: 'When what it records happened.' })
  occurredAt: Date;

  @Field(() => ActorRefObject, { description: 'Who caused it.' })
  actor: ActorRefObject;

  @Field(() => String, { nullable: true, description: 'Why, where a person had to say so.' })
  reason: string | null;

  @Field(() => SequenceScalar, { nullable: true, description: 'The number of the entry that it corrects.' })
  correctsSeq: bigint | null;

  @Field(() => String, {
    description: 'SHA-256, in hex, over the hash of the entry before it and its own content.',
  })
  hash: string;

  teamId: Uuid;
  /** The stored id of the grant it touched. */
  grantUuid: Uuid | null;
}

/** The API form of an entry. */
export function toLedgerEntry(entry: Entry): LedgerEntry {
  const { seq, after, amountNano, debitAccount, creditAccount } = entry;
  const fromGrant = debitAccount === ACCOUNT.GRANT;
  const toGrant = creditAccount === ACCOUNT.GRANT;
  const grantUuid = fromGrant ? entry.debitRef : toGrant ? entry.creditRef : null;
  return {
    id: entryId(entry.teamId, seq),
    seq,
    kind: entryKindName(entry.kind),
    debitAccount: accountName(debitAccount),
    creditAccount: accountName(creditAccount),
    amount: amountNano,
    availableChange: (toGrant ? amountNano : 0n) - (fromGrant ? amountNano : 0n),
    availableAfter: after.availableNano,
    heldAfter: after.heldNano,
    disputedAfter: after.disputedNano,
    unpaidAfter: after.unpaidNano,
    grantAfter: entry.grantAfterNano,
    postingId: postingPublicId(entry.postingId),
    postedAt: new Date(entry.postedAtMs),
    occurredAt: new Date(entry.occurredAtMs),
    actor: toActorRef(entry.actor),
    reason: entry.reason,
    correctsSeq: entry.correctsSeq,
    hash: entry.hash,
    teamId: entry.teamId,
    grantId: grantUuid && publicId('grant', grantUuid),
    grantUuid,
  };
}

/** A page of ledger entries. */
export const { Connection: LedgerEntryConnection } = connectionType(
  'LedgerEntry',
  'ledger entries',
  () => LedgerEntry,
);

function namesOf<K extends string>(codes: Readonly<Record<K, number>>): { readonly [N in K]: N } {
  // The record has one member for each key of `codes`, and no other.
  return Object.fromEntries(Object.keys(codes).map((name) => [name, name])) as { readonly [N in K]: N };
}
