import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Money, toMoney } from '../gateway/money.type.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { entryId, publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import {
  type Recurrence,
  type Transaction as StoredTransaction,
  TRANSACTION_KINDS,
  type TransactionKind,
  type TransactionStatus,
} from './transaction.ts';
import { transactionId } from './transaction-id.ts';

/** The kinds of transactions, as the API has them. */
// One member for each kind, and no other.
export const TransactionKindEnum = Object.fromEntries(TRANSACTION_KINDS.map((kind) => [kind, kind])) as {
  readonly [K in TransactionKind]: K;
};

registerEnumType(TransactionKindEnum, {
  name: 'TransactionKind',
  description: 'What moved money or credit. New kinds may be added.',
  valuesConfig: {
    PURCHASE: { description: 'Credit was bought.' },
    AUTO_RECHARGE: { description: 'Credit was bought by itself, as the team had set it.' },
    DEBT_INVOICE: { description: 'What the team owed was charged to its card.' },
    SUBSCRIPTION: { description: 'A period of a plan was paid, with the credit that comes with it.' },
    REFUND: { description: 'A payment is paid back, or a part of it.' },
    DISPUTE_OPENED: {
      description:
        "A cardholder's bank asks a payment back: it and its unspent credit are withheld. The credit is told as 0 once the dispute was won: it has returned.",
    },
    DISPUTE_WON: { description: 'A dispute ended well: the money stays, and the credit has returned.' },
    DISPUTE_LOST: {
      description: 'A dispute was lost: what was withheld is gone. What had been spent is a CHARGEBACK.',
    },
    SIGN_UP: { description: 'Credit for signing up.' },
    PROMO_CODE: { description: 'A promo code was redeemed.' },
    BONUS: { description: 'Credit that came with a purchase, by its size.' },
    GRANT: { description: 'Credit that was given otherwise, such as goodwill.' },
    EXPIRY: { description: 'Credit expired.' },
    VOID: { description: 'Credit was taken back.' },
    EXTENSION: { description: 'Expired credit came back because its grant was extended.' },
    CHARGEBACK: {
      description: 'What had been spent of a payment that was taken back is owed.',
    },
    USAGE: {
      description:
        'Usage was charged, or given back: one for each grant that paid. Listed only when it is asked for.',
    },
  },
});

/** The API's names of recurrences. */
export const RecurrenceEnum = {
  ONE_TIME: 'ONE_TIME',
  RECURRING: 'RECURRING',
} as const satisfies Record<Recurrence, Recurrence>;

registerEnumType(RecurrenceEnum, {
  name: 'TransactionRecurrence',
  description: 'Whether it comes again by itself at fixed times.',
  valuesConfig: {
    ONE_TIME: { description: 'It happened once, auto-recharges too: their times are not fixed.' },
    RECURRING: { description: 'A payment of a subscription, its refund or its dispute.' },
  },
});

const TransactionStatusEnum = {
  COMPLETED: 'COMPLETED',
  PENDING: 'PENDING',
  FAILED: 'FAILED',
} as const satisfies Record<TransactionStatus, TransactionStatus>;

registerEnumType(TransactionStatusEnum, {
  name: 'TransactionStatus',
  description: 'How far a transaction has come.',
  valuesConfig: {
    COMPLETED: { description: 'It is done.' },
    PENDING: { description: 'A refund on its way, or a dispute that is open.' },
    FAILED: { description: 'A refund that could not be paid out: nothing has moved in the end.' },
  },
});

/** Something that moved money or credit, in the API. */
@ObjectType('Transaction', {
  description:
    'Something that moved the money or the credit of a team. The credits of all transactions, USAGE too, add up to what the team has, available and held, less what it owes; their amounts to what it has paid for good.',
})
export class Transaction {
  /** As it was read. */
  stored: StoredTransaction;

  @Inherits()
  @Field(() => ID, {
    description: 'Always the same for the same transaction, and unique among those of a team.',
  })
  id: string;

  @Inherits()
  @Field(() => DateTimeScalar, { description: 'When it was booked; of refunds, when they were decided.' })
  date: Date;

  @Inherits()
  @Field(() => TransactionKindEnum, { description: 'What it is.' })
  kind: TransactionKind;

  @Inherits()
  @Field(() => String, { description: 'What it is, for people.' })
  description: string;

  @Inherits()
  @Field(() => Money, {
    nullable: true,
    description: 'What the team paid, negative for what went back to it; null where no money moved.',
  })
  amount: Money | null;

  @Inherits()
  @Field(() => CreditsScalar, {
    description: 'What it changed of what the team has less what it owes; negative for what went.',
  })
  credits: NanoCredits;

  @Inherits()
  @Field(() => RecurrenceEnum, { description: 'Whether it comes again by itself at fixed times.' })
  recurrence: Recurrence;

  @Inherits()
  @Field(() => TransactionStatusEnum, { description: 'How far it has come.' })
  status: TransactionStatus;

  @Inherits()
  @Field(() => String, { nullable: true, description: 'The number of the receipt of its payment.' })
  receiptNumber: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The refund that it is.' })
  refundId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The dispute that it is about.' })
  disputeId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The grant whose credit it moved.' })
  grantId: string | null;

  @Inherits()
  @Field(() => ID, { nullable: true, description: 'The ledger entry that it is.' })
  entryId: string | null;
}

/** The API form of a transaction. */
export function toTransaction(stored: StoredTransaction): Transaction {
  const { teamId, refundId, disputeId, grantId, entrySeq } = stored;
  return Object.assign(new Transaction(), {
    stored,
    id: transactionId(stored),
    date: stored.place.at,
    kind: stored.kind,
    description: stored.description,
    amount: stored.amountCents === null ? null : toMoney(stored.amountCents),
    credits: stored.creditsNano,
    recurrence: stored.recurrence,
    status: stored.status,
    receiptNumber: stored.receiptNumber,
    refundId: refundId && publicId('refund', refundId),
    disputeId: disputeId && publicId('dispute', disputeId),
    grantId: grantId && publicId('grant', grantId),
    entryId: entrySeq === null ? null : entryId(teamId, entrySeq),
  });
}

/** A page of transactions. */
export const { Connection: TransactionConnection } = connectionType(
  'Transaction',
  'transactions',
  () => Transaction,
);
