import type { ActorKind } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Payment, PaymentKind } from './payment.ts';

/** A payment as SQL selects it. */
export interface PaymentRow {
  team_id: Uuid;
  id: Uuid;
  kind: PaymentKind;
  payment_intent: string;
  charge: string | null;
  amount_cents: bigint;
  grant_id: Uuid | null;
  bonus_grant_id: Uuid | null;
  top_up_id: Uuid | null;
  subscription_id: Uuid | null;
  stripe_invoice: string | null;
  description: string;
  card_brand: string | null;
  card_last4: string | null;
  refunded_cents: bigint;
  disputed_cents: bigint;
  receipt_number: string;
  paid_at: Date;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `PaymentRow` from `payments p`. */
export function paymentColumns(reader: Reader) {
  return reader.sql`p.team_id, p.id, p.kind, p.payment_intent, p.charge, p.amount_cents, p.grant_id, p.bonus_grant_id,
    p.top_up_id, p.subscription_id, p.stripe_invoice, p.description, p.card_brand, p.card_last4, p.refunded_cents,
    p.disputed_cents, p.receipt_number, p.paid_at, p.actor_kind, p.actor_id`;
}

/** The payment that a row tells of. */
export function paymentFromRow(row: PaymentRow): Payment {
  return {
    teamId: row.team_id,
    id: row.id,
    kind: row.kind,
    paymentIntent: row.payment_intent,
    charge: row.charge,
    amountCents: row.amount_cents,
    grantId: row.grant_id,
    bonusGrantId: row.bonus_grant_id,
    topUpId: row.top_up_id,
    subscriptionId: row.subscription_id,
    stripeInvoice: row.stripe_invoice,
    description: row.description,
    cardBrand: row.card_brand,
    cardLast4: row.card_last4,
    refundedCents: row.refunded_cents,
    disputedCents: row.disputed_cents,
    receiptNumber: row.receipt_number,
    paidAt: row.paid_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

/** A payment of a team by its id. */
export async function paymentById(reader: Reader, teamId: Uuid, id: Uuid): Promise<Payment | undefined> {
  return (await paymentsById(reader, teamId, [id]))[0];
}

/** Payments of a team by their ids, in any order; unknown ones are left out. */
export async function paymentsById(reader: Reader, teamId: Uuid, ids: readonly Uuid[]): Promise<Payment[]> {
  const rows = await reader.sql<PaymentRow[]>`
    select ${paymentColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    join payments p on p.team_id = ${teamId} and p.id = n.id`;
  return rows.map(paymentFromRow);
}

/** The payment of a payment intent of a team. */
export async function paymentByIntent(
  reader: Reader,
  teamId: Uuid,
  paymentIntent: string,
): Promise<Payment | undefined> {
  const rows = await reader.sql<PaymentRow[]>`
    select ${paymentColumns(reader)} from payments p
    where p.team_id = ${teamId} and p.payment_intent = ${paymentIntent}`;
  return rows.map(paymentFromRow)[0];
}

/** The payment of a payment intent, whoever's it is: events do not name the team. */
export async function paymentOfIntent(reader: Reader, paymentIntent: string): Promise<Payment | undefined> {
  const rows = await reader.sql<PaymentRow[]>`
    select ${paymentColumns(reader)} from payments p where p.payment_intent = ${paymentIntent}`;
  return rows.map(paymentFromRow)[0];
}
