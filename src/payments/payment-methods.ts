import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { StoredMethod } from './payment-method.ts';

/** Reads of our copy of the payment methods: they answer while Stripe does not. */

/** A payment method as SQL selects it. */
export interface MethodRow {
  team_id: Uuid;
  id: Uuid;
  stripe_id: string;
  type: string;
  brand: string | null;
  last4: string | null;
  exp_month: number | null;
  exp_year: number | null;
  wallet: string | null;
  fingerprint: string | null;
  is_default: boolean;
  created_at: Date;
  removed_at: Date | null;
  detach_due: boolean;
}

/** The columns of `MethodRow` from `payment_methods p`. */
export function methodColumns(reader: Reader) {
  return reader.sql`p.team_id, p.id, p.stripe_id, p.type, p.brand, p.last4, p.exp_month, p.exp_year, p.wallet,
    p.fingerprint, p.is_default, p.created_at, p.removed_at, p.detach_due`;
}

export function methodFromRow(row: MethodRow): StoredMethod {
  return {
    teamId: row.team_id,
    id: row.id,
    stripeId: row.stripe_id,
    type: row.type,
    brand: row.brand,
    last4: row.last4,
    expMonth: row.exp_month,
    expYear: row.exp_year,
    wallet: row.wallet,
    fingerprint: row.fingerprint,
    isDefault: row.is_default,
    createdAt: row.created_at,
    removedAt: row.removed_at,
    detachDue: row.detach_due,
  };
}

/**
 * The method that a payment of the team is to use: the one named, or, for null, the default. Undefined when there is
 * none such that may still be used; one of another team is none.
 */
export async function chosenMethod(
  reader: Reader,
  teamId: Uuid,
  paymentMethodId: Uuid | null,
): Promise<StoredMethod | undefined> {
  const { sql } = reader;
  const which = paymentMethodId === null ? sql`p.is_default` : sql`p.id = ${paymentMethodId}`;
  const rows = await sql<MethodRow[]>`
    select ${methodColumns(reader)} from payment_methods p
    where p.team_id = ${teamId} and ${which} and p.removed_at is null`;
  return rows.map(methodFromRow)[0];
}

/** The methods of a team that may be used, the oldest first. */
export async function usableMethods(reader: Reader, teamId: Uuid): Promise<StoredMethod[]> {
  const rows = await reader.sql<MethodRow[]>`
    select ${methodColumns(reader)} from payment_methods p
    where p.team_id = ${teamId} and p.removed_at is null order by p.id`;
  return rows.map(methodFromRow);
}

/** The methods of a team by their ids, in any order, removed ones too; unknown ids and those of others are left out. */
export async function methodsOfTeam(
  reader: Reader,
  teamId: Uuid,
  ids: readonly Uuid[],
): Promise<StoredMethod[]> {
  const rows = await reader.sql<MethodRow[]>`
    select ${methodColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    join payment_methods p on p.team_id = ${teamId} and p.id = n.id`;
  return rows.map(methodFromRow);
}

/** The methods with these ids, of any teams and in any order, removed ones too. */
export async function methodsById(reader: Reader, ids: readonly Uuid[]): Promise<StoredMethod[]> {
  const rows = await reader.sql<MethodRow[]>`
    select ${methodColumns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id)
    join payment_methods p on p.id = n.id`;
  return rows.map(methodFromRow);
}

/** The method of a team by its id at Stripe, unless it was removed. */
export async function methodOfStripe(
  reader: Reader,
  teamId: Uuid,
  stripeId: string,
): Promise<StoredMethod | undefined> {
  const rows = await reader.sql<MethodRow[]>`
    select ${methodColumns(reader)} from payment_methods p
    where p.team_id = ${teamId} and p.stripe_id = ${stripeId} and p.removed_at is null`;
  return rows.map(methodFromRow)[0];
}

/** The teams whose copies know a method by its id at Stripe: one, as a rule. */
export async function teamsWithMethod(reader: Reader, stripeId: string): Promise<Uuid[]> {
  const rows = await reader.sql<{ team_id: Uuid }[]>`
    select team_id from payment_methods where stripe_id = ${stripeId}`;
  return rows.map(({ team_id }) => team_id);
}
