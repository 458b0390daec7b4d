import { newUuid, type Uuid } from '../../src/id.ts';
import { expiringCards } from '../../src/payments/expiring-card-notice.ts';
import type { PaymentDeps } from '../../src/payments/payment-deps.ts';
import { paymentMethodEffects } from '../../src/payments/payment-method-effects.ts';
import { paymentMethodsJob } from '../../src/payments/payment-method-sync.ts';
import { watchedMethods } from '../../src/payments/payment-method-watch.ts';
import { usableMethods } from '../../src/payments/payment-methods.ts';
import type { Extra, StripeWorld } from '../support/stripe-world.ts';

/** The part of payment methods in what comes of events and of time. */
export function savedMethods(deps: PaymentDeps): Extra[] {
  deps.jobs.handle('payment-methods', paymentMethodsJob(deps));
  return [
    {
      effects: paymentMethodEffects(deps),
      dues: [watchedMethods(deps.jobs), expiringCards(deps.jobs)],
    },
  ];
}

/** The last digits of a team's methods, the oldest first, the default with a star. */
export async function cardsOf({ db }: StripeWorld, teamId: Uuid): Promise<string[]> {
  const methods = await usableMethods(db, teamId);
  return methods.map(({ last4, isDefault }) => `${last4}${isDefault ? '*' : ''}`);
}

/** The same of the team's customer at Stripe, the oldest first. */
export async function cardsAtStripe({ db, stripe }: StripeWorld, teamId: Uuid): Promise<string[]> {
  const [row] = await db.sql<{ stripe_id: string }[]>`
    select stripe_id from stripe_customers where team_id = ${teamId}`;
  if (!row) return [];
  const customer = await stripe.customers.retrieve(row.stripe_id);
  if (customer.deleted) return [];
  const { data } = await stripe.customers.listPaymentMethods(row.stripe_id);
  const chosen = customer.invoice_settings.default_payment_method;
  return data.map(({ id, card }) => `${card?.last4}${id === chosen ? '*' : ''}`).reverse();
}

/** An admin of a team, with an e-mail address. */
export async function addAdmin({ db }: StripeWorld, teamId: Uuid, email: string): Promise<Uuid> {
  const id = newUuid();
  await db.sql`insert into users (id, subject, email, created_at) values (${id}, ${id}, ${email}, now())`;
  await db.sql`
    insert into memberships (team_id, user_id, role, created_at) values (${teamId}, ${id}, 'ADMIN', now())`;
  return id;
}
