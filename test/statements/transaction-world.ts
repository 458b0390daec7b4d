import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { NANO_PER_CENT, type Payment, type PaymentKind } from '../../src/gateway/payment.ts';
import { recordPayment } from '../../src/gateway/record-payment.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { JobQueue } from '../../src/jobs/job-queue.ts';
import {
  loseDispute,
  openDispute,
  payRefund,
  returnRefund,
  setAsideRefund,
  winDispute,
} from '../../src/ledger/payback.ts';
import { lockBook, writeBooks } from '../../src/ledger/post.ts';
import { changeTopUp } from '../../src/payments/change-top-up.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import type { MovableClock } from '../support/movable-clock.ts';

export interface Paid {
  readonly kind?: PaymentKind;
  readonly cents?: bigint;
  readonly bonusNano?: bigint;
  readonly credit?: boolean;
  readonly description?: string;
}

/** Payments and what becomes of them, by the product's own verbs as far as they move credit. */
export class PaymentWorld {
  /** The jobs that payments asked for. */
  readonly enqueued: object[] = [];

  constructor(
    readonly db: Db,
    readonly clock: MovableClock,
  ) {}

  async pay(teamId: Uuid, options: Paid = {}): Promise<Payment> {
    const { kind = 'PURCHASE', cents = 5000n, bonusNano = 0n, credit = true } = options;
    const source = kind === 'SUBSCRIPTION' ? 'PLAN' : kind === 'AUTO_RECHARGE' ? kind : 'PURCHASE';
    const paid = {
      teamId,
      kind,
      paymentIntent: `pi_${newUuid()}`,
      charge: 'ch_1',
      amountCents: cents,
      description: options.description ?? 'Credit',
      card: { brand: 'visa', last4: '4242' },
      credit: credit ? ({ source, amountNano: cents * NANO_PER_CENT } as const) : null,
      bonusNano,
      actor: SYSTEM_ACTOR,
    };
    const deps = { jobs: this.jobs(), payAsYouGoLimitNano: 0n };
    const now = this.clock.now();
    return inTransaction(this.db, async (tx) => {
      if (kind === 'SUBSCRIPTION') return (await recordPayment(tx, paid, deps, now)).payment;
      const topUp = await startTopUp(
        tx,
        {
          teamId,
          kind,
          flow: 'CHECKOUT',
          amountCents: cents,
          bonusNano,
          paymentMethodId: null,
          returnUrl: null,
          actor: SYSTEM_ACTOR,
        },
        now,
      );
      const { payment } = await recordPayment(tx, { ...paid, topUpId: topUp.id }, deps, now);
      const { paymentIntent, id: paymentId } = payment;
      await changeTopUp(tx, topUp, { status: 'SUCCEEDED', paymentIntent, paymentId }, now);
      return payment;
    });
  }

  /** A refund that was approved, and paid back unless `status` says otherwise. */
  async refund(payment: Payment, cents: bigint, status: 'PENDING' | 'SUCCEEDED' | 'FAILED'): Promise<Uuid> {
    const { teamId, grantId } = payment;
    const id = newUuid(this.clock.now().getTime());
    await this.post(teamId, grantId, (book, grant) => {
      const facts = { actor: SYSTEM_ACTOR };
      const amount = cents * NANO_PER_CENT;
      setAsideRefund(book, grant, amount, facts);
      if (status === 'SUCCEEDED') payRefund(book, amount, facts);
      if (status === 'FAILED') returnRefund(book, grant, amount, facts);
    });
    const at = this.clock.now().toISOString();
    await this.db.sql`
      insert into refunds (team_id, id, payment_id, status, amount_cents, credit_nano, reason, requested_by_kind, requested_at, decided_at)
      values (${teamId}, ${id}, ${payment.id}, ${status}, ${cents}, ${cents * NANO_PER_CENT}, 'test', 0, ${at}::timestamptz, ${at}::timestamptz)`;
    const gone = status === 'FAILED' ? 0n : cents;
    await this.db.sql`
      update payments set refunded_cents = refunded_cents + ${gone} where team_id = ${teamId} and id = ${payment.id}`;
    return id;
  }

  /** A dispute about all of a payment. Answers how to end it. */
  async dispute(payment: Payment): Promise<{ id: Uuid; close(status: 'WON' | 'LOST'): Promise<void> }> {
    const { teamId, grantId, amountCents: cents } = payment;
    const id = newUuid(this.clock.now().getTime());
    const amount = cents * NANO_PER_CENT;
    const facts = { actor: SYSTEM_ACTOR };
    const frozen = await this.post(teamId, grantId, (book, grant) => openDispute(book, grant, amount, facts));
    const at = () => this.clock.now().toISOString();
    await this.db.sql`
      insert into disputes (team_id, id, payment_id, stripe_id, status, amount_cents, reversed_cents, asked_nano,
        frozen_nano, reason, opened_at)
      values (${teamId}, ${id}, ${payment.id}, ${`dp_${id}`}, 'OPEN', ${cents}, ${cents}, ${amount}, ${frozen}, 'fraudulent', ${at()}::timestamptz)`;
    await this.disputed(payment, cents);
    const close = async (status: 'WON' | 'LOST') => {
      const debt = await this.post(teamId, grantId, (book, grant) => {
        if (status === 'LOST')
          return loseDispute(book, grant, { amountNano: amount, voidedNano: 0n }, facts).debtNano;
        winDispute(book, grant, amount, facts);
        return 0n;
      });
      await this.db.sql`
        update disputes set status = ${status}, closed_at = ${at()}::timestamptz, debt_nano = ${debt},
          reversed_cents = ${status === 'WON' ? 0n : cents}, frozen_nano = ${status === 'WON' ? 0n : frozen}
        where team_id = ${teamId} and id = ${id}`;
      if (status === 'WON') await this.disputed(payment, -cents);
    };
    return { id, close };
  }

  private async disputed({ teamId, id }: Payment, cents: bigint): Promise<void> {
    await this.db.sql`
      update payments set disputed_cents = disputed_cents + ${cents} where team_id = ${teamId} and id = ${id}`;
    await this.db.sql`
      update top_ups set status = ${cents > 0n ? 'DISPUTED' : 'SUCCEEDED'}
      where team_id = ${teamId} and payment_id = ${id}`;
  }

  private post<T>(teamId: Uuid, grantId: Uuid | null, work: (book: Book, grant: Grant) => T): Promise<T> {
    return inTransaction(this.db, async (tx) => {
      const book = await lockBook(tx, teamId, this.clock.now().getTime(), grantId ? [grantId] : []);
      const grant = book?.grant(grantId ?? '');
      if (!book || !grant) throw new Error('the payment bought credit');
      const result = work(book, grant);
      await writeBooks(tx, [book]);
      return result;
    });
  }

  private jobs(): JobQueue {
    const enqueue = async (_: unknown, name: string, data: object) => {
      this.enqueued.push({ name, ...data });
    };
    // Of the queue, recording a payment uses `enqueue` alone.
    return { enqueue } as unknown as JobQueue;
  }
}

type Book = NonNullable<Awaited<ReturnType<typeof lockBook>>>;
type Grant = NonNullable<ReturnType<Book['grant']>>;
