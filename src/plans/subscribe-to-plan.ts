import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { assert, badInput, DomainError, notFound } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { changeSubscription, startSubscription } from './change-subscription.ts';
import { isFree, type PlanFamily, type PlanVersion } from './plan.ts';
import type { PlanDeps, PlanMethod } from './plan-deps.ts';
import { newestPlan, planById } from './plan-rows.ts';
import { isAtStripe, type Subscription } from './subscription.ts';
import { liveSubscription, subscriptionById } from './subscription-rows.ts';

export interface SubscribeToPlan {
  readonly teamId: Uuid;
  readonly planCode: string;
  /** Null: the default one; without one the payer enters theirs. */
  readonly paymentMethodId: Uuid | null;
  readonly idempotencyKey: string;
}

/** A subscription, and whether the idempotency key had done it before. */
export interface Subscribed {
  readonly subscription: Subscription;
  readonly replayed: boolean;
}

type SubscribeDeps = Pick<PlanDeps, 'clock' | 'chosenMethod'>;

/**
 * Writes down that a team wants a plan; one that costs nothing it has at once. To be committed before Stripe is asked for
 * it: whatever happens then, `pursueSubscription` finds out what came of it.
 * @throws DomainError NOT_FOUND for the plan or the payment method; BAD_USER_INPUT for a retired plan; CONFLICT when the
 * team has a plan of the family; IDEMPOTENCY_CONFLICT.
 */
export async function subscribeToPlan(
  tx: Tx,
  deps: SubscribeDeps,
  input: SubscribeToPlan,
  actor: ActorRef,
): Promise<Subscribed> {
  const { teamId, idempotencyKey, ...request } = input;
  await lockPayments(tx, teamId);
  const now = deps.clock.now();
  const id = newUuid(now.getTime());
  const key = checkIdempotencyKey(idempotencyKey);
  const first = await claimKey(tx, { teamId, operation: 'subscribeToPlan', key, request }, id, now);
  if (first !== undefined) return replayOf(tx, teamId, first);
  const plan = await planToTake(tx, input.planCode);
  await makeRoom(tx, teamId, plan, now);
  if (isFree(plan)) {
    const free = { teamId, id, plan, actor, status: 'ACTIVE' } as const;
    return { subscription: await startSubscription(tx, free, now), replayed: false };
  }
  const method = await methodFor(tx, deps, input);
  const wanted = {
    stripePaymentMethod: method?.stripeId ?? null,
    followsDefault: input.paymentMethodId === null,
  };
  const paid = { teamId, id, plan, actor, ...wanted, status: 'PENDING', task: 'CREATE' } as const;
  return { subscription: await startSubscription(tx, paid, now), replayed: false };
}

async function replayOf(tx: Tx, teamId: Uuid, id: Uuid): Promise<Subscribed> {
  const subscription = await subscriptionById(tx, teamId, id);
  assert(subscription, 'what a key has done is there');
  return { subscription, replayed: true };
}

/** A plan by its code that may be subscribed to. */
export async function planToTake(tx: Tx, code: string, field = 'planCode'): Promise<PlanVersion> {
  const plan = await newestPlan(tx, code);
  if (!plan) throw notFound('Plan', code, field);
  if (plan.retired) throw badInput(field, 'must be a plan that is still offered: see "plans".');
  return plan;
}

/** What costs nothing makes room for what is paid. */
async function makeRoom(tx: Tx, teamId: Uuid, plan: PlanVersion, now: Date): Promise<void> {
  const live = await liveSubscription(tx, teamId, plan.family);
  if (!live) return;
  const current = await planById(tx, live.planVersionId);
  if (isAtStripe(live) || !isFree(current) || isFree(plan)) throw alreadyOn(plan.family, current.name);
  await endQuietly(tx, live, now);
}

/** Ends it without the fallback to the plan that costs nothing: something else takes its place. */
async function endQuietly(tx: Tx, live: Subscription, now: Date): Promise<void> {
  await changeSubscription(tx, live, { status: 'CANCELED', endedAt: now }, now, 'REPLACED');
}

function alreadyOn(family: PlanFamily, name: string): DomainError {
  const message = `The team is on the ${family} plan ${name} already: use changePlan to change it.`;
  return new DomainError('CONFLICT', message, { reason: 'ALREADY_SUBSCRIBED', field: 'planCode' });
}

async function methodFor(
  tx: Tx,
  { chosenMethod }: SubscribeDeps,
  { teamId, paymentMethodId }: SubscribeToPlan,
): Promise<PlanMethod | undefined> {
  const method = await chosenMethod(tx, teamId, paymentMethodId);
  if (method || paymentMethodId === null) return method;
  throw notFound('PaymentMethod', publicId('paymentMethod', paymentMethodId), 'paymentMethodId');
}
