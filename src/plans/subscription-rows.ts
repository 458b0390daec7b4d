import type { ActorKind } from '../actor.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { IdWindow } from '../teams/memberships.ts';
import type { PlanFamily } from './plan.ts';
import type { Subscription, SubscriptionStatus, SubscriptionTask } from './subscription.ts';

/** A subscription as SQL selects it. */
interface SubscriptionRow {
  team_id: Uuid;
  id: Uuid;
  family: PlanFamily;
  plan_version_id: Uuid;
  next_plan_version_id: Uuid | null;
  status: SubscriptionStatus;
  stripe_id: string | null;
  stripe_payment_method: string | null;
  follows_default: boolean;
  send_attempt: number;
  task: SubscriptionTask | null;
  task_plan_version_id: Uuid | null;
  revision: number;
  cancel_at_period_end: boolean;
  current_period_start: Date | null;
  current_period_end: Date | null;
  action_url: string | null;
  client_secret: string | null;
  failure_message: string | null;
  past_due_since: Date | null;
  next_check_at: Date | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
}

function columns({ sql }: Reader) {
  return sql`s.team_id, s.id, s.family, s.plan_version_id, s.next_plan_version_id, s.status, s.stripe_id,
    s.stripe_payment_method, s.follows_default, s.send_attempt, s.task, s.task_plan_version_id, s.revision,
    s.cancel_at_period_end, s.current_period_start, s.current_period_end, s.action_url, s.client_secret,
    s.failure_message, s.past_due_since, s.next_check_at, s.actor_kind, s.actor_id, s.created_at, s.updated_at, s.ended_at`;
}

function fromRow(row: SubscriptionRow): Subscription {
  return {
    teamId: row.team_id,
    id: row.id,
    family: row.family,
    planVersionId: row.plan_version_id,
    nextPlanVersionId: row.next_plan_version_id,
    status: row.status,
    stripeId: row.stripe_id,
    stripePaymentMethod: row.stripe_payment_method,
    followsDefault: row.follows_default,
    sendAttempt: row.send_attempt,
    task: row.task,
    taskPlanVersionId: row.task_plan_version_id,
    revision: row.revision,
    cancelAtPeriodEnd: row.cancel_at_period_end,
    currentPeriodStart: row.current_period_start,
    currentPeriodEnd: row.current_period_end,
    actionUrl: row.action_url,
    clientSecret: row.client_secret,
    failureMessage: row.failure_message,
    pastDueSince: row.past_due_since,
    nextCheckAt: row.next_check_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
  };
}

export async function subscriptionById(
  reader: Reader,
  teamId: Uuid,
  id: Uuid,
): Promise<Subscription | undefined> {
  const rows = await reader.sql<SubscriptionRow[]>`
    select ${columns(reader)} from subscriptions s where s.team_id = ${teamId} and s.id = ${id}`;
  return rows.map(fromRow)[0];
}

/** Subscriptions by their ids, whoever's they are. */
export async function subscriptionsById(reader: Reader, ids: readonly Uuid[]): Promise<Subscription[]> {
  const rows = await reader.sql<SubscriptionRow[]>`
    select ${columns(reader)} from unnest(${arrayOf(ids)}::uuid[]) as n (id) join subscriptions s on s.id = n.id`;
  return rows.map(fromRow);
}

/** The subscription of a team in a family that has not ended, if there is one. */
export async function liveSubscription(
  reader: Reader,
  teamId: Uuid,
  family: PlanFamily,
): Promise<Subscription | undefined> {
  const rows = await reader.sql<SubscriptionRow[]>`
    select ${columns(reader)} from subscriptions s
    where s.team_id = ${teamId} and s.family = ${family} and s.ended_at is null`;
  return rows.map(fromRow)[0];
}

/** The subscription of a team by its id at Stripe. */
export async function subscriptionOfStripe(
  reader: Reader,
  teamId: Uuid,
  stripeId: string,
): Promise<Subscription | undefined> {
  const rows = await reader.sql<SubscriptionRow[]>`
    select ${columns(reader)} from subscriptions s where s.team_id = ${teamId} and s.stripe_id = ${stripeId}`;
  return rows.map(fromRow)[0];
}

/** A stretch of a team's subscriptions by id, the newest first going forward. */
export async function subscriptionsOf(
  reader: Reader,
  teamId: Uuid,
  { direction, limit, from }: IdWindow,
): Promise<Subscription[]> {
  const { sql } = reader;
  const forward = direction === 'FORWARD';
  const beyond = from === undefined ? sql`` : forward ? sql`and s.id < ${from}` : sql`and s.id > ${from}`;
  const rows = await sql<SubscriptionRow[]>`
    select ${columns(reader)} from subscriptions s where s.team_id = ${teamId} ${beyond}
    order by s.id ${forward ? sql`desc` : sql``} limit ${limit}`;
  return rows.map(fromRow);
}

export async function insertSubscription(tx: Tx, subscription: Subscription): Promise<void> {
  await tx.sql`insert into subscriptions ${tx.sql(stored(subscription))}`;
}

export async function updateSubscription(tx: Tx, subscription: Subscription): Promise<void> {
  const { team_id, id, ...rest } = stored(subscription);
  await tx.sql`update subscriptions set ${tx.sql(rest)} where team_id = ${team_id} and id = ${id}`;
}

function stored(s: Subscription) {
  return {
    team_id: s.teamId,
    id: s.id,
    family: s.family,
    plan_version_id: s.planVersionId,
    next_plan_version_id: s.nextPlanVersionId,
    status: s.status,
    stripe_id: s.stripeId,
    stripe_payment_method: s.stripePaymentMethod,
    follows_default: s.followsDefault,
    send_attempt: s.sendAttempt,
    task: s.task,
    task_plan_version_id: s.taskPlanVersionId,
    revision: s.revision,
    cancel_at_period_end: s.cancelAtPeriodEnd,
    current_period_start: instant(s.currentPeriodStart),
    current_period_end: instant(s.currentPeriodEnd),
    action_url: s.actionUrl,
    client_secret: s.clientSecret,
    failure_message: s.failureMessage,
    past_due_since: instant(s.pastDueSince),
    next_check_at: instant(s.nextCheckAt),
    actor_kind: s.actor.kind,
    actor_id: s.actor.id,
    created_at: instant(s.createdAt),
    updated_at: instant(s.updatedAt),
    ended_at: instant(s.endedAt),
  };
}

function instant(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
