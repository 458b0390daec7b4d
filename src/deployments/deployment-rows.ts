import type { ActorKind } from '../actor.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { Deployment, DeploymentSlot, DeploymentStatus, PauseReason } from './deployment.ts';
import type { Schedule } from './schedule.ts';

/** A deployment as SQL selects it. */
export interface DeploymentRow {
  team_id: Uuid;
  id: Uuid;
  name: string;
  instance_type_id: Uuid;
  replicas: number;
  min_replicas: number;
  max_replicas: number;
  status: DeploymentStatus;
  pause_reason: PauseReason | null;
  paused_at: Date | null;
  paused_seq: bigint | null;
  started_at: Date | null;
  stopped_at: Date | null;
  resume_on_top_up: boolean;
  schedule: Schedule | null;
  schedule_due_at: Date | null;
  member_id: Uuid | null;
  api_key_id: Uuid | null;
  created_at: Date;
  updated_at: Date;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
}

/** The columns of `DeploymentRow` from `deployments d`. */
export function deploymentColumns(reader: Reader) {
  return reader.sql`d.team_id, d.id, d.name, d.instance_type_id, d.replicas, d.min_replicas, d.max_replicas, d.status,
    d.pause_reason, d.paused_at, d.paused_seq, d.started_at, d.stopped_at, d.resume_on_top_up, d.schedule,
    d.schedule_due_at, d.member_id, d.api_key_id, d.created_at, d.updated_at, d.actor_kind, d.actor_id`;
}

export function deploymentFromRow(row: DeploymentRow): Deployment {
  return {
    teamId: row.team_id,
    id: row.id,
    name: row.name,
    instanceTypeId: row.instance_type_id,
    replicas: row.replicas,
    minReplicas: row.min_replicas,
    maxReplicas: row.max_replicas,
    status: row.status,
    pauseReason: row.pause_reason,
    pausedAt: row.paused_at,
    pausedSeq: row.paused_seq,
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    resumeOnTopUp: row.resume_on_top_up,
    schedule: row.schedule,
    scheduleDueAt: row.schedule_due_at,
    memberId: row.member_id,
    apiKeyId: row.api_key_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    actor: { kind: row.actor_kind, id: row.actor_id },
  };
}

/** A slot as SQL selects it. */
export interface SlotRow {
  team_id: Uuid;
  deployment_id: Uuid;
  slot: number;
  instance_type_id: Uuid;
  active: boolean;
  hour_at: Date | null;
  paid_until: Date | null;
  charge_id: Uuid | null;
  hold_id: Uuid | null;
  due_at: Date | null;
}

/** The columns of `SlotRow` from `deployment_slots s`. */
export function slotColumns(reader: Reader) {
  return reader.sql`s.team_id, s.deployment_id, s.slot, s.instance_type_id, s.active, s.hour_at, s.paid_until,
    s.charge_id, s.hold_id, s.due_at`;
}

export function slotFromRow(row: SlotRow): DeploymentSlot {
  return {
    teamId: row.team_id,
    deploymentId: row.deployment_id,
    slot: row.slot,
    instanceTypeId: row.instance_type_id,
    active: row.active,
    hourAt: row.hour_at,
    paidUntil: row.paid_until,
    chargeId: row.charge_id,
    holdId: row.hold_id,
    dueAt: row.due_at,
  };
}
