import { describe, expect, test } from 'vitest';
import type { Uuid } from '../../src/id.ts';
import { expiringCards } from '../../src/payments/expiring-card-notice.ts';
import { removeMethod } from '../../src/payments/payment-method-changes.ts';
import { usableMethods } from '../../src/payments/payment-methods.ts';
import { setupPaymentMethod } from '../../src/payments/setup-payment-method.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { addAdmin, savedMethods } from './saved-methods.ts';

// It is 2026-11-10T12:00Z when the tests begin, and time goes on from one to the next.
const world = useStripeWorld(savedMethods);
const DAY = 86_400_000;

/** A team with a card that expires with this month, and its admins. */
async function teamWithCard(expMonth: number, expYear: number, admins: readonly string[]): Promise<Uuid> {
  const teamId = await world.world.team();
  for (const email of admins) await addAdmin(world, teamId, email);
  const deps = { ...world.deps, isSandbox: true };
  const { method } = await setupPaymentMethod(deps, {
    teamId,
    hostedPage: false,
    sandboxCard: 'pm_card_visa',
  });
  await expires(method?.stripeId, expMonth, expYear);
  return teamId;
}

async function expires(stripeId: string | undefined, expMonth: number, expYear: number): Promise<void> {
  await world.stripe.paymentMethods.update(stripeId ?? '', {
    card: { exp_month: expMonth, exp_year: expYear },
  });
  await world.settle();
}

interface Mail {
  to: string[];
  subject: string;
  text: string;
  created_at: Date;
}

async function mailsOf(teamId: Uuid): Promise<Mail[]> {
  return world.db.sql<Mail[]>`
    select to_json("to") as to, subject, text, created_at from mails where team_id = ${teamId} order by created_at`;
}

const until = async (instant: string) => world.advance(Date.parse(instant) - world.clock.now().getTime());

describe('that a card expires', () => {
  test('is told to all admins once, 30 days before the end of its month', async () => {
    const admins = ['ada@example.com', 'bob@example.com'];
    const teamId = await teamWithCard(12, 2026, admins);
    await until('2026-12-01T23:59:59.999Z');
    expect(await mailsOf(teamId)).toEqual([]);
    expect(await expiringCards(world.jobs).nextAt(world.db)).toEqual(new Date('2026-12-02T00:00:00.000Z'));
    await until('2026-12-02T00:00:00.000Z');
    expect(await mailsOf(teamId)).toMatchObject([
      { to: admins, subject: 'Visa ending in 4242 of Test expires soon', created_at: world.clock.now() },
    ]);
    expect((await mailsOf(teamId))[0]?.text).toContain(
      'is valid until the end of December 2026. It is the default',
    );
    await world.advance(60 * DAY, DAY);
    expect(await mailsOf(teamId)).toHaveLength(1);
  });

  test('is told again when another expiry comes near', async () => {
    const teamId = await teamWithCard(3, 2027, ['ada@example.com']);
    await until('2027-03-02T00:00:00.000Z');
    expect(await mailsOf(teamId)).toHaveLength(1);
    const [method] = await usableMethods(world.db, teamId);
    await expires(method?.stripeId, 4, 2027);
    expect(await mailsOf(teamId)).toHaveLength(1);
    await until('2027-04-01T00:00:00.000Z');
    expect((await mailsOf(teamId)).map(({ text }) => /end of (\w+)/.exec(text)?.[1])).toEqual([
      'March',
      'April',
    ]);
  });

  test('is told of one that has expired already as that', async () => {
    const teamId = await teamWithCard(1, 2027, ['ada@example.com']);
    expect(await mailsOf(teamId)).toMatchObject([{ subject: 'Visa ending in 4242 of Test has expired' }]);
  });

  test('is not told of one that was removed', async () => {
    const teamId = await teamWithCard(6, 2027, ['ada@example.com']);
    const [method] = await usableMethods(world.db, teamId);
    await removeMethod(world.deps, { teamId, id: method?.id ?? '' });
    await until('2027-06-15T00:00:00.000Z');
    expect(await mailsOf(teamId)).toEqual([]);
  });
});
