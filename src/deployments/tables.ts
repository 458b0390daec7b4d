import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { ActorKind } from '../actor.ts';
import { instant } from '../db/columns.ts';

/**
 * One row a team that has deployments: the lock of everything about them, taken before the lock of the wallet, and the
 * next instant at which something is due. Whoever holds it meters the team alone, so that its hours are charged in order.
 */
export const deploymentHeads = pgTable(
  'deployment_heads',
  {
    teamId: uuid().primaryKey(),
    /** The number of the last event. */
    eventSeq: bigint({ mode: 'bigint' }).notNull(),
    /** When the loop has to look at the team; null for never. */
    nextDueAt: instant(),
  },
  (t) => [index('deployment_heads_due').on(t.nextDueAt).where(sql`${t.nextDueAt} is not null`)],
);

/** A server that runs by the hour, with a number of replicas. */
export const deployments = pgTable(
  'deployments',
  {
    teamId: uuid().notNull(),
    id: uuid().notNull(),
    name: text().notNull(),
    /** The row of `models` that is its instance type. */
    instanceTypeId: uuid().notNull(),
    replicas: smallint().notNull(),
    minReplicas: smallint().notNull(),
    maxReplicas: smallint().notNull(),
    status: text({ enum: ['CREATED', 'RUNNING', 'PAUSED', 'STOPPED'] }).notNull(),
    /** USER, SCHEDULE, OUT_OF_CREDITS, SPEND_CAP, BOOT_FAILED; null unless paused. */
    pauseReason: text(),
    /** The instant since which it is paused: the boundary of the hour that was not paid. */
    pausedAt: instant(),
    /** The newest ledger entry when credit ended: later ones may bring some. */
    pausedSeq: bigint({ mode: 'bigint' }),
    startedAt: instant(),
    stoppedAt: instant(),
    resumeOnTopUp: boolean().notNull(),
    /** `Schedule`: the weekly windows in which it runs; null for always. */
    schedule: jsonb(),
    /** When the schedule next starts or pauses it; null for never. */
    scheduleDueAt: instant(),
    /** On whose behalf its hours are charged. */
    memberId: uuid(),
    apiKeyId: uuid(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    actorKind: smallint().$type<ActorKind>().notNull(),
    actorId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    index('deployments_id').on(t.id),
    // Those that credit may bring back.
    index('deployments_waiting').on(t.teamId).where(sql`${t.pauseReason} = 'OUT_OF_CREDITS'`),
  ],
);

/** A place of a replica, with the hour that is paid for it: one row for each instance type that it has been. */
export const deploymentSlots = pgTable(
  'deployment_slots',
  {
    teamId: uuid().notNull(),
    deploymentId: uuid().notNull(),
    slot: smallint().notNull(),
    instanceTypeId: uuid().notNull(),
    /** Whether the next hour is wanted. A paid hour stays paid when it is not. */
    active: boolean().notNull(),
    /** When the hour that was charged last began and ends; null when that was given back. */
    hourAt: instant(),
    paidUntil: instant(),
    /** The charge of that hour. */
    chargeId: uuid(),
    /** The hold for the next hour, when there is one. */
    holdId: uuid(),
    /** When the loop has to do something for it: hold, warn, charge; null for never. */
    dueAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.deploymentId, t.slot, t.instanceTypeId] })],
);

/** What happened to the deployments of a team, numbered without gaps. Never changed. */
export const deploymentEvents = pgTable(
  'deployment_events',
  {
    teamId: uuid().notNull(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    deploymentId: uuid().notNull(),
    kind: text().notNull(),
    /** When it is true: the boundary of an hour, or the time of the call. */
    at: instant().notNull(),
    recordedAt: instant().notNull(),
    actorKind: smallint().$type<ActorKind>().notNull(),
    actorId: uuid(),
    reason: text(),
    /** `DeploymentEventDetails`: the deployment after it, and what the kind adds. */
    details: jsonb().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.seq] }),
    uniqueIndex('deployment_events_deployment').on(t.teamId, t.deploymentId, t.seq),
  ],
);
