import { arrayOf, instantArrayOf, textArrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { sentTogether } from '../db/sent-together.ts';
import type { DeploymentChanged } from './changed.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import { insertEvents } from './event-rows.ts';
import type { Fleet } from './fleet.ts';
import { writeHeads } from './heads.ts';

/**
 * Writes what became of the deployments of locked teams by a fixed number of multi-row statements, and tells their
 * events as facts of the transaction.
 */
export async function writeFleets(tx: Tx, fleets: readonly Fleet[]): Promise<void> {
  const changes = fleets.map((fleet) => fleet.changes);
  const newDeployments = changes.flatMap((change) => change.newDeployments);
  const deployments = changes.flatMap((change) => change.deployments);
  const newSlots = changes.flatMap((change) => change.newSlots);
  const slots = changes.flatMap((change) => change.slots);
  await sentTogether([
    ...(newDeployments.length > 0 ? [insertDeployments(tx, newDeployments)] : []),
    ...(deployments.length > 0 ? [updateDeployments(tx, deployments)] : []),
    ...(newSlots.length > 0 ? [insertSlots(tx, newSlots)] : []),
    ...(slots.length > 0 ? [updateSlots(tx, slots)] : []),
    insertEvents(
      tx,
      fleets.flatMap(({ events }) => events),
    ),
    writeHeads(tx, fleets),
  ]);
  for (const fleet of fleets) if (fleet.events.length > 0) tx.facts.push(changedFact(fleet));
}

function changedFact({ teamId, head, eventSeq, events }: Fleet): DeploymentChanged {
  return { type: 'deployment.changed', teamId, fromSeq: head.eventSeq + 1n, seq: eventSeq, events };
}

/** The rows of deployments, for `insert` and `update` alike. */
function deploymentRows(tx: Tx, deployments: readonly Deployment[]) {
  const column = (pick: (d: Deployment) => string | number | bigint | boolean | null) =>
    arrayOf(deployments.map(pick));
  const instants = (pick: (d: Deployment) => Date | null) =>
    instantArrayOf(deployments.map((deployment) => pick(deployment)?.getTime() ?? null));
  const texts = (pick: (d: Deployment) => string | null) => textArrayOf(deployments.map(pick));
  return tx.sql`
    select team_id, id, name, instance_type_id, replicas, min_replicas, max_replicas, status, pause_reason, paused_at,
      paused_seq, started_at, stopped_at, resume_on_top_up, schedule::jsonb as schedule, schedule_due_at, member_id,
      api_key_id, created_at, updated_at, actor_kind, actor_id
    from unnest(
      ${column((d) => d.teamId)}::uuid[], ${column((d) => d.id)}::uuid[], ${texts((d) => d.name)}::text[],
      ${column((d) => d.instanceTypeId)}::uuid[], ${column((d) => d.replicas)}::int2[],
      ${column((d) => d.minReplicas)}::int2[], ${column((d) => d.maxReplicas)}::int2[],
      ${column((d) => d.status)}::text[], ${column((d) => d.pauseReason)}::text[],
      ${instants((d) => d.pausedAt)}::timestamptz[], ${column((d) => d.pausedSeq)}::int8[],
      ${instants((d) => d.startedAt)}::timestamptz[], ${instants((d) => d.stoppedAt)}::timestamptz[],
      ${column((d) => d.resumeOnTopUp)}::bool[],
      ${texts((d) => d.schedule && JSON.stringify(d.schedule))}::text[],
      ${instants((d) => d.scheduleDueAt)}::timestamptz[], ${column((d) => d.memberId)}::uuid[],
      ${column((d) => d.apiKeyId)}::uuid[], ${instants((d) => d.createdAt)}::timestamptz[],
      ${instants((d) => d.updatedAt)}::timestamptz[], ${column((d) => d.actor.kind)}::int2[],
      ${column((d) => d.actor.id)}::uuid[]
    ) as n (team_id, id, name, instance_type_id, replicas, min_replicas, max_replicas, status, pause_reason, paused_at,
      paused_seq, started_at, stopped_at, resume_on_top_up, schedule, schedule_due_at, member_id, api_key_id, created_at,
      updated_at, actor_kind, actor_id)`;
}

async function insertDeployments(tx: Tx, deployments: readonly Deployment[]): Promise<void> {
  await tx.sql`
    insert into deployments (team_id, id, name, instance_type_id, replicas, min_replicas, max_replicas, status,
      pause_reason, paused_at, paused_seq, started_at, stopped_at, resume_on_top_up, schedule, schedule_due_at, member_id,
      api_key_id, created_at, updated_at, actor_kind, actor_id)
    ${deploymentRows(tx, deployments)}`;
}

async function updateDeployments(tx: Tx, deployments: readonly Deployment[]): Promise<void> {
  await tx.sql`
    update deployments d set name = n.name, instance_type_id = n.instance_type_id, replicas = n.replicas,
      min_replicas = n.min_replicas, max_replicas = n.max_replicas, status = n.status, pause_reason = n.pause_reason,
      paused_at = n.paused_at, paused_seq = n.paused_seq, started_at = n.started_at, stopped_at = n.stopped_at,
      resume_on_top_up = n.resume_on_top_up, schedule = n.schedule, schedule_due_at = n.schedule_due_at,
      updated_at = n.updated_at
    from (${deploymentRows(tx, deployments)}) n where d.team_id = n.team_id and d.id = n.id`;
}

/** The rows of slots, for `insert` and `update` alike. */
function slotRows(tx: Tx, slots: readonly DeploymentSlot[]) {
  const column = (pick: (s: DeploymentSlot) => string | number | boolean | null) => arrayOf(slots.map(pick));
  const instants = (pick: (s: DeploymentSlot) => Date | null) =>
    instantArrayOf(slots.map((slot) => pick(slot)?.getTime() ?? null));
  return tx.sql`
    select * from unnest(
      ${column((s) => s.teamId)}::uuid[], ${column((s) => s.deploymentId)}::uuid[], ${column((s) => s.slot)}::int2[],
      ${column((s) => s.instanceTypeId)}::uuid[], ${column((s) => s.active)}::bool[],
      ${instants((s) => s.hourAt)}::timestamptz[], ${instants((s) => s.paidUntil)}::timestamptz[],
      ${column((s) => s.chargeId)}::uuid[], ${column((s) => s.holdId)}::uuid[], ${instants((s) => s.dueAt)}::timestamptz[]
    ) as n (team_id, deployment_id, slot, instance_type_id, active, hour_at, paid_until, charge_id, hold_id, due_at)`;
}

async function insertSlots(tx: Tx, slots: readonly DeploymentSlot[]): Promise<void> {
  await tx.sql`
    insert into deployment_slots (team_id, deployment_id, slot, instance_type_id, active, hour_at, paid_until, charge_id,
      hold_id, due_at)
    ${slotRows(tx, slots)}`;
}

async function updateSlots(tx: Tx, slots: readonly DeploymentSlot[]): Promise<void> {
  await tx.sql`
    update deployment_slots s set active = n.active, hour_at = n.hour_at, paid_until = n.paid_until,
      charge_id = n.charge_id, hold_id = n.hold_id, due_at = n.due_at
    from (${slotRows(tx, slots)}) n
    where s.team_id = n.team_id and s.deployment_id = n.deployment_id and s.slot = n.slot
      and s.instance_type_id = n.instance_type_id`;
}
