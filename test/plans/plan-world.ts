import { expect } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { entitlementsOf } from '../../src/catalog/entitlements.ts';
import { inTransaction } from '../../src/db/client.ts';
import { customerOfTeam } from '../../src/gateway/customers.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { chosenMethod } from '../../src/payments/payment-methods.ts';
import { cancelSubscription } from '../../src/plans/cancel-subscription.ts';
import { changePlan } from '../../src/plans/change-plan.ts';
import type { PlanDeps } from '../../src/plans/plan-deps.ts';
import { handleSubscriptions, planEffects, subscriptionsDue } from '../../src/plans/plan-effects.ts';
import { plansById } from '../../src/plans/plan-rows.ts';
import { pursueSubscription } from '../../src/plans/pursue-subscription.ts';
import { seedPlans } from '../../src/plans/seed-plans.ts';
import { subscribeToPlan } from '../../src/plans/subscribe-to-plan.ts';
import type { Subscription } from '../../src/plans/subscription.ts';
import { subscriptionById, subscriptionsOf } from '../../src/plans/subscription-rows.ts';
import { users } from '../../src/teams/tables.ts';
import { type StripeWorld, useStripeWorld } from '../support/stripe-world.ts';

export const DAY = 86_400_000;

/** A world with Stripe's sandbox in which plans can be subscribed to. */
export interface PlanWorld extends StripeWorld {
  readonly plans: PlanDeps;
}

export function usePlanWorld(): PlanWorld {
  let plans: PlanDeps | undefined;
  const world = useStripeWorld((deps) => {
    plans = { ...deps, chosenMethod };
    handleSubscriptions(plans);
    return [{ effects: planEffects(plans), dues: [subscriptionsDue(plans)] }];
  });
  // It is one once the property is there.
  return Object.defineProperty(world as PlanWorld, 'plans', {
    get() {
      if (!plans) throw new Error('The world exists only while tests run: use it inside test().');
      return plans;
    },
  });
}

/** One team of the world, and what it does. */
export class Subscriber {
  private constructor(
    readonly w: PlanWorld,
    readonly team: Uuid,
  ) {}

  /** A team with an admin whose e-mail address is known, and perhaps a card. */
  static async on(w: PlanWorld, card?: string): Promise<Subscriber> {
    await seedPlans(w.db, w.clock.now());
    const team = await w.world.team();
    const id = newUuid();
    await inTransaction(w.db, async (tx) => {
      const email = `${id}@example.test`;
      await tx.orm.insert(users).values({ id, subject: id, email, createdAt: w.clock.now() });
      await tx.sql`insert into memberships (team_id, user_id, role, created_at) values (${team}, ${id}, 'OWNER', now())`;
    });
    if (card) await w.card(team, card);
    return new Subscriber(w, team);
  }

  subscribe(planCode: string, paymentMethodId: Uuid | null = null): Promise<Subscription> {
    const input = { teamId: this.team, planCode, paymentMethodId, idempotencyKey: newUuid() };
    return this.call((tx) => subscribeToPlan(tx, this.w.plans, input, SYSTEM_ACTOR));
  }

  change(planCode: string, idempotencyKey = newUuid()): Promise<Subscription> {
    const input = { teamId: this.team, planCode, idempotencyKey };
    return this.call((tx) => changePlan(tx, input, this.w.clock.now()));
  }

  cancel({ id }: Subscription): Promise<Subscription> {
    const input = { teamId: this.team, subscriptionId: id, idempotencyKey: newUuid() };
    return this.call((tx) => cancelSubscription(tx, input, this.w.clock.now()));
  }

  /** Does what a mutation does: writes it down, and then deals with Stripe. */
  private async call(
    write: (
      tx: Parameters<Parameters<typeof inTransaction>[1]>[0],
    ) => Promise<{ subscription: Subscription }>,
  ) {
    // Ids of one millisecond are in no order that a test knows.
    this.w.clock.advance(1);
    const { subscription } = await inTransaction(this.w.db, write);
    this.w.clock.advance(1);
    return pursueSubscription(this.w.plans, this.team, subscription.id);
  }

  async now({ id }: Subscription): Promise<Subscription> {
    const found = await subscriptionById(this.w.db, this.team, id);
    if (!found) throw new Error('The team has no such subscription.');
    return found;
  }

  /** Every subscription that it ever had, oldest first: `platform-pro ACTIVE`. */
  async all(): Promise<string[]> {
    const window = { direction: 'BACKWARD', limit: 100, from: undefined } as const;
    const rows = await subscriptionsOf(this.w.db, this.team, window);
    return Promise.all(rows.map(async (row) => `${await this.planOf(row)} ${row.status}`));
  }

  /** `platform-pro`, and what comes next: `platform-pro > platform-personal`. */
  async planOf({ planVersionId, nextPlanVersionId }: Subscription): Promise<string> {
    const ids = [planVersionId, ...(nextPlanVersionId ? [nextPlanVersionId] : [])];
    const found = new Map((await plansById(this.w.db, ids)).map(({ id, code }) => [id, code]));
    return ids.map((id) => found.get(id)).join(' > ');
  }

  /** What it was granted by plans, in credits, oldest first. */
  async grants(): Promise<string[]> {
    const rows = await this.w.db.sql<{ granted: bigint; basis: bigint; kind: string; source: string }[]>`
      select granted_nano as granted, cost_basis_nano as basis, kind::text as kind, source from grants
      where team_id = ${this.team} order by id`;
    for (const { granted, basis } of rows) expect(basis).toBe(granted);
    return rows.map(({ granted }) => formatCredits(granted));
  }

  async entitlements() {
    return (await entitlementsOf(this.w.db, [this.team])).get(this.team);
  }

  async subjects(): Promise<string[]> {
    const rows = await this.w.db.sql<{ subject: string }[]>`
      select subject from mails where team_id = ${this.team} order by id`;
    return rows.map(({ subject }) => subject);
  }

  /** What Stripe has charged it, in cents, oldest first. */
  async charged(): Promise<number[]> {
    const customer = await customerOfTeam(this.w.db, this.team);
    if (customer === undefined) return [];
    const all = await this.w.stripe.charges.list({ customer, limit: 100 }).autoPagingToArray({ limit: 1000 });
    return all
      .filter(({ paid }) => paid)
      .map(({ amount }) => amount)
      .reverse();
  }

  /** That Stripe and our books say the same, to the cent and to the nano-credit. */
  async expectAgreement(credits: 'GRANTED' | 'NONE'): Promise<void> {
    const charged = await this.charged();
    const recorded = await this.w.db.sql<{ cents: bigint; granted: bigint | null }[]>`
      select p.amount_cents as cents, g.granted_nano as granted from payments p
      left join grants g on g.team_id = p.team_id and g.id = p.grant_id
      where p.team_id = ${this.team} and p.kind = 'SUBSCRIPTION' order by p.id`;
    expect(recorded.map(({ cents }) => Number(cents))).toEqual(charged);
    const worth = recorded.map(({ cents }) => (credits === 'GRANTED' ? cents * 10_000_000n : null));
    expect(recorded.map(({ granted }) => granted)).toEqual(worth);
    const [{ count } = { count: 0n }] = await this.w.db.sql<{ count: bigint }[]>`
      select count(*) as count from grants where team_id = ${this.team}`;
    expect(Number(count)).toBe(credits === 'GRANTED' ? charged.length : 0);
  }
}

/** Confirms a payment as its payer does on the page of the bank. */
export async function confirmPayment({ stripe }: StripeWorld, clientSecret: string | null): Promise<void> {
  const intent = clientSecret?.split('_secret_')[0] ?? '';
  const { next_action } = await stripe.paymentIntents.retrieve(intent);
  const url = next_action?.redirect_to_url?.url ?? '';
  expect(url).toMatch(/^http/);
  const body = new URLSearchParams({ outcome: 'complete' });
  await fetch(url, { method: 'POST', body, redirect: 'manual' });
}

/** What an upgrade costs by Stripe's rule: what is left of each price, each rounded half-up to the cent. */
export function proration(
  fromCents: bigint,
  toCents: bigint,
  { start, now, end }: { readonly start: Date; readonly now: Date; readonly end: Date },
): bigint {
  const seconds = (a: Date, b: Date) =>
    BigInt(Math.floor(b.getTime() / 1000) - Math.floor(a.getTime() / 1000));
  const [left, all] = [seconds(now, end), seconds(start, end)];
  const rest = (cents: bigint) => (cents * left * 2n + all) / (all * 2n);
  return rest(toCents) - rest(fromCents);
}
