import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { formatCredits, parseCredits } from '../../src/money.ts';
import type { RechargeAttempt } from '../../src/payments/auto-recharge.ts';
import { attemptPage } from '../../src/payments/auto-recharge-reads.ts';
import { autoRechargeOf } from '../../src/payments/auto-recharge-rows.ts';
import { configureAutoRecharge } from '../../src/payments/auto-recharge-settings.ts';
import { handleRecharges, rechargesDue } from '../../src/payments/recharge-due.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import type { TopUp } from '../../src/payments/top-up.ts';
import { type StripeWorld, useStripeWorld } from '../support/stripe-world.ts';
import { usage } from '../support/world.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const PURCHASE = {
  kind: 'PURCHASE',
  flow: 'SAVED_METHOD',
  bonusNano: 0n,
  returnUrl: null,
  actor: SYSTEM_ACTOR,
} as const;

/** How a test wants auto-recharge to be, in credits and dollars. */
export interface Wanted {
  readonly threshold?: string;
  readonly amount?: string;
  readonly maxPerCharge?: string;
  readonly dailyCap?: string;
  readonly monthlyCap?: string;
  readonly card?: string;
  /** What the team has. */
  readonly credit?: string;
}

/** A world of payments in which teams are recharged, by jobs alone unless a test starts more. */
export function useRechargeWorld() {
  const world = useStripeWorld((deps) => {
    handleRecharges(deps);
    return [{ dues: [rechargesDue(deps)] }];
  });
  return { world, ...verbsOf(world) };
}

function verbsOf(world: StripeWorld) {
  const optional = (amount: string | undefined) => (amount === undefined ? null : parseCredits(amount));

  const configure = (teamId: Uuid, wanted: Wanted & { readonly enabled?: boolean; readonly method?: Uuid }) =>
    inTransaction(world.db, (tx) =>
      configureAutoRecharge(
        tx,
        world.deps,
        {
          teamId,
          enabled: wanted.enabled ?? true,
          thresholdNano: parseCredits(wanted.threshold ?? '10'),
          amountNano: parseCredits(wanted.amount ?? '20'),
          maxPerChargeNano: optional(wanted.maxPerCharge),
          dailyCapNano: optional(wanted.dailyCap),
          monthlyCapNano: optional(wanted.monthlyCap),
          paymentMethodId: wanted.method ?? null,
        },
        SYSTEM_ACTOR,
      ),
    );

  /** A team with 12 credits and a threshold of 10, unless wanted otherwise; its model `work` costs 1 a request. */
  async function team(wanted: Wanted = {}): Promise<Uuid> {
    const id = await world.world.team();
    await world.world.grant(id, wanted.credit ?? '12');
    await world.card(id, wanted.card);
    await configure(id, wanted);
    return id;
  }

  /** A model that costs one credit a request. */
  async function model(): Promise<string> {
    const key = `work-${newUuid()}`;
    await world.world.model(key, { REQUEST: '1' });
    return key;
  }

  async function spend(teamId: Uuid, key: string, credits: number) {
    const [result] = await world.world.charge(usage(teamId, key, { REQUEST: credits }));
    return result;
  }

  const attempts = async (teamId: Uuid): Promise<RechargeAttempt[]> =>
    (await attemptPage(world.db, teamId, { last: 100 })).edges.map(({ node }) => node).reverse();

  /** The attempts in order, such as "THRESHOLD 20.00 SUCCEEDED". */
  const story = async (teamId: Uuid) =>
    (await attempts(teamId)).map(
      ({ trigger, amountCents, status }) =>
        `${trigger} ${formatCredits(amountCents * 10_000_000n)} ${status}`,
    );

  const settings = async (teamId: Uuid) => {
    const found = await autoRechargeOf(world.db, teamId);
    if (!found) throw new Error('auto-recharge was set up');
    return found;
  };

  async function wallet(teamId: Uuid) {
    const [row] = await world.db.sql<{ available: bigint; due: Date | null; below: bigint | null }[]>`
      select available_nano as available, recharge_due_at as due, recharge_below_nano as below
      from wallets where team_id = ${teamId}`;
    if (!row) throw new Error('a team has a wallet');
    return { available: formatCredits(row.available), due: row.due, below: row.below };
  }

  /** What Stripe has of a team's payments, the newest first. */
  async function atStripe(teamId: Uuid): Promise<string[]> {
    const [row] = await world.db.sql<{ stripe_id: string }[]>`
      select stripe_id from stripe_customers where team_id = ${teamId}`;
    if (!row) return [];
    const intents = await world.stripe.paymentIntents
      .list({ customer: row.stripe_id, limit: 100 })
      .autoPagingToArray({ limit: 1000 });
    return intents.map(({ status, amount }) => `${status} ${amount}`);
  }

  /** Begins to buy credit by hand; Stripe is not asked yet. */
  const buy = (teamId: Uuid, paymentMethodId: Uuid, amountCents = 500n): Promise<TopUp> => {
    const input = {
      ...PURCHASE,
      ...{ teamId, amountCents, paymentMethodId },
    };
    return inTransaction(world.db, (tx) => startTopUp(tx, input, world.clock.now()));
  };

  /** Has the sandbox fail no more. */
  async function clearFaults(): Promise<void> {
    await fetch(`${world.sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  }

  return { configure, team, model, spend, attempts, story, settings, wallet, atStripe, buy, clearFaults };
}
