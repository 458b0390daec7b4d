import { type Db, inTransaction, type Reader } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { askStripe, StripeFailed } from './ask-stripe.ts';
import type { Gateway } from './stripe.ts';

/**
 * The customer at Stripe that stands for a team, `cus_…`; made when it is first needed. Two calls at once get the same.
 * @throws DomainError NOT_FOUND for the team, UNAVAILABLE.
 */
export async function stripeCustomer(db: Db, gateway: Gateway, teamId: Uuid, now: Date): Promise<string> {
  const known = await customerOfTeam(db, teamId);
  if (known !== undefined) return known;
  const [team] = await db.sql<{ name: string }[]>`select name from teams where id = ${teamId}`;
  if (!team) throw notFound('Team', publicId('team', teamId));
  const id = await createCustomer(gateway, teamId, team.name);
  await inTransaction(
    db,
    (tx) => tx.sql`
      insert into stripe_customers (team_id, stripe_id, created_at)
      values (${teamId}, ${id}, ${now.toISOString()}::timestamptz) on conflict do nothing`,
  );
  return (await customerOfTeam(db, teamId)) ?? id;
}

/** Of two customers the row decides which is used: one too many is harmless, none for ever is not. */
async function createCustomer({ stripe }: Gateway, teamId: Uuid, name: string): Promise<string> {
  const params = { name, metadata: { teamId: publicId('team', teamId) } };
  const create = (idempotencyKey: string) =>
    askStripe(() => stripe.customers.create(params, { idempotencyKey }));
  try {
    return (await create(`customer:${teamId}`)).id;
  } catch (error) {
    // With this key it will fail for ever.
    if (!(error instanceof StripeFailed)) throw error;
    return (await create(`customer:${teamId}:${newUuid()}`)).id;
  }
}

/** The customer that stands for a team, if there is one yet. */
export async function customerOfTeam(reader: Reader, teamId: Uuid): Promise<string | undefined> {
  const [row] = await reader.sql<{ stripe_id: string }[]>`
    select stripe_id from stripe_customers where team_id = ${teamId}`;
  return row?.stripe_id;
}

/** The team that a customer stands for. */
export async function teamOfCustomer(reader: Reader, customerId: string): Promise<Uuid | undefined> {
  const [row] = await reader.sql<{ team_id: Uuid }[]>`
    select team_id from stripe_customers where stripe_id = ${customerId}`;
  return row?.team_id;
}
