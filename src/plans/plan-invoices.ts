import { textArrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import type { Payment } from '../gateway/payment.ts';
import { recordPayment, type SucceededPayment } from '../gateway/record-payment.ts';
import type { Uuid } from '../id.ts';
import { type PlanVersion, planCredit } from './plan.ts';
import type { PlanDeps } from './plan-deps.ts';
import type { Subscription } from './subscription.ts';

/** An invoice of a subscription that was paid, as Stripe tells it. */
export interface PaidInvoice {
  /** `in_…`. */
  readonly id: string;
  /** The plan that it is for; that of the subscription when it names none of ours. */
  readonly plan: PlanVersion | undefined;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  /** What was charged, in cents. */
  readonly paidCents: bigint;
  /** Null when nothing was charged. */
  readonly payment: InvoicePayment | null;
}

/** How an invoice was paid. */
export interface InvoicePayment {
  /** `pi_…`. */
  readonly intent: string;
  /** `ch_…`. */
  readonly charge: string | null;
  readonly card: { readonly brand: string; readonly last4: string } | null;
}

/**
 * Records an invoice that was paid, and grants the credit of its plan: exactly once, whoever tells of it, whenever and
 * however often. Of a part of a month that is the part that was charged. Under `lockPayments` of the team.
 */
export async function recordInvoice(
  tx: Tx,
  deps: PlanDeps,
  subscription: Subscription,
  invoice: PaidInvoice,
  fallback: PlanVersion,
): Promise<void> {
  const { teamId, id: subscriptionId } = subscription;
  const plan = invoice.plan ?? fallback;
  const now = deps.clock.now();
  if ((await recordedInvoices(tx, teamId, [invoice.id])).size > 0) return;
  const payment = await pay(tx, deps, subscription, invoice, plan, now);
  await tx.sql`
    insert into plan_invoices (team_id, stripe_invoice, subscription_id, plan_version_id, period_start, period_end,
      amount_cents, payment_id, grant_id, paid_at)
    values (${teamId}, ${invoice.id}, ${subscriptionId}, ${plan.id}, ${invoice.periodStart.toISOString()}::timestamptz,
      ${invoice.periodEnd.toISOString()}::timestamptz, ${invoice.paidCents}, ${payment?.id ?? null},
      ${payment?.grantId ?? null}, ${now.toISOString()}::timestamptz)`;
}

/** What nothing was charged for is no payment. */
async function pay(
  tx: Tx,
  deps: PlanDeps,
  subscription: Subscription,
  invoice: PaidInvoice,
  plan: PlanVersion,
  now: Date,
): Promise<Payment | undefined> {
  if (invoice.payment === null || invoice.paidCents === 0n) return undefined;
  const paid = paymentFor(subscription, invoice, invoice.payment, plan);
  return (await recordPayment(tx, paid, deps, now)).payment;
}

function paymentFor(
  { teamId, id: subscriptionId, actor }: Subscription,
  { id: stripeInvoice, paidCents, periodStart, periodEnd }: PaidInvoice,
  { intent, charge, card }: InvoicePayment,
  plan: PlanVersion,
): SucceededPayment {
  const amountNano = planCredit(plan, paidCents);
  return {
    teamId,
    kind: 'SUBSCRIPTION',
    paymentIntent: intent,
    charge,
    amountCents: paidCents,
    description: `Plan ${plan.name}, ${day(periodStart)} to ${day(periodEnd)}`,
    card,
    credit: amountNano === 0n ? null : { source: 'PLAN', amountNano },
    bonusNano: 0n,
    subscriptionId,
    stripeInvoice,
    actor,
  };
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Which of these invoices have been recorded. */
export async function recordedInvoices(
  { sql }: Pick<Tx, 'sql'>,
  teamId: Uuid,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ stripe_invoice: string }[]>`
    select stripe_invoice from plan_invoices where team_id = ${teamId} and stripe_invoice = any(${textArrayOf(ids)}::text[])`;
  return new Set(rows.map(({ stripe_invoice }) => stripe_invoice));
}
