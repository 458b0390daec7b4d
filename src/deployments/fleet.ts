import type { ActorRef } from '../actor.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import type { DeploymentEvent, DeploymentEventDetails, DeploymentEventKind } from './deployment-event.ts';

/** The head of a team's deployments, as its row has it under the lock. */
export interface FleetHead {
  readonly teamId: Uuid;
  /** The number of the last event. */
  readonly eventSeq: bigint;
  /** IANA name: schedules are said in it. */
  readonly timeZone: string;
}

/** What happened to a deployment, when, by whom, and what its kind adds. */
export interface Happening {
  readonly kind: DeploymentEventKind;
  readonly at: Date;
  readonly actor: ActorRef;
  readonly reason?: string | null;
  readonly adds?: Partial<Omit<DeploymentEventDetails, keyof Deployment | 'instanceType' | 'paidUntil'>>;
}

/** What a fleet is told of the world. */
export interface FleetFacts {
  /** Now, as its deployments go by. */
  readonly nowMs: number;
  /** Now, as it is recorded: never before what was recorded of the team. */
  readonly recordedAt: Date;
  /** The key of an instance type. */
  readonly typeKeyOf: (instanceTypeId: Uuid) => string;
}

/** What has to be written of a fleet. */
export interface FleetChanges {
  readonly newDeployments: readonly Deployment[];
  readonly deployments: readonly Deployment[];
  readonly newSlots: readonly DeploymentSlot[];
  readonly slots: readonly DeploymentSlot[];
}

/**
 * Deployments of a team while the lock of its head is held: what was read of them, as it is after each decision, and
 * what happened. Written together by `writeFleets`. Pure: it reads no clock and no database.
 */
export class Fleet {
  readonly events: DeploymentEvent[] = [];
  private readonly deployments = new Map<Uuid, Deployment>();
  private readonly slotsBy = new Map<Uuid, Map<string, DeploymentSlot>>();
  private readonly stored = new Set<object>();
  private readonly read = new Set<string>();

  constructor(
    readonly head: FleetHead,
    deployments: readonly Deployment[],
    slots: readonly DeploymentSlot[],
    private readonly facts: FleetFacts,
  ) {
    for (const deployment of deployments) {
      this.deployments.set(deployment.id, deployment);
      this.stored.add(deployment);
      this.read.add(deployment.id);
    }
    for (const slot of slots) {
      this.putSlot(slot);
      this.stored.add(slot);
      this.read.add(slotKey(slot));
    }
  }

  get teamId(): Uuid {
    return this.head.teamId;
  }

  get nowMs(): number {
    return this.facts.nowMs;
  }

  /** The number of the last event, those that are not written yet included. */
  get eventSeq(): bigint {
    return this.head.eventSeq + BigInt(this.events.length);
  }

  get ids(): Iterable<Uuid> {
    return this.deployments.keys();
  }

  find(id: Uuid): Deployment | undefined {
    return this.deployments.get(id);
  }

  /** A deployment that was read, as it is by now. */
  get(id: Uuid): Deployment {
    const deployment = this.deployments.get(id);
    assert(deployment, `deployment ${id} was read under the lock of its team`);
    return deployment;
  }

  /** A new deployment, or the next state of one. */
  put(deployment: Deployment): Deployment {
    this.deployments.set(deployment.id, deployment);
    return deployment;
  }

  slots(deploymentId: Uuid): readonly DeploymentSlot[] {
    return [...(this.slotsBy.get(deploymentId)?.values() ?? [])];
  }

  /** The slots whose next hour is wanted, in order. */
  activeSlots(deploymentId: Uuid): readonly DeploymentSlot[] {
    return this.slots(deploymentId)
      .filter(({ active }) => active)
      .sort((a, b) => a.slot - b.slot);
  }

  /** A new slot, or the next state of one. */
  putSlot(slot: DeploymentSlot): DeploymentSlot {
    const slots = this.slotsBy.get(slot.deploymentId) ?? new Map<string, DeploymentSlot>();
    this.slotsBy.set(slot.deploymentId, slots.set(slotKey(slot), slot));
    return slot;
  }

  /** Adds an event that tells of a deployment as it is now. */
  record(deploymentId: Uuid, { kind, at, actor, reason = null, adds = {} }: Happening): DeploymentEvent {
    const event: DeploymentEvent = {
      teamId: this.teamId,
      seq: this.eventSeq + 1n,
      deploymentId,
      kind,
      at,
      recordedAt: this.facts.recordedAt,
      actor,
      reason,
      details: { ...this.detailsOf(this.get(deploymentId)), ...adds },
    };
    this.events.push(event);
    return event;
  }

  get changes(): FleetChanges {
    const deployments = [...this.deployments.values()].filter((one) => !this.stored.has(one));
    const slots = [...this.slotsBy.values()]
      .flatMap((bySlot) => [...bySlot.values()])
      .filter((one) => !this.stored.has(one));
    return {
      newDeployments: deployments.filter(({ id }) => !this.read.has(id)),
      deployments: deployments.filter(({ id }) => this.read.has(id)),
      newSlots: slots.filter((slot) => !this.read.has(slotKey(slot))),
      slots: slots.filter((slot) => this.read.has(slotKey(slot))),
    };
  }

  private detailsOf(deployment: Deployment): DeploymentEventDetails {
    const { name, status, pauseReason, replicas, minReplicas, maxReplicas, resumeOnTopUp, schedule } =
      deployment;
    return {
      name,
      status,
      pauseReason,
      instanceType: this.facts.typeKeyOf(deployment.instanceTypeId),
      replicas,
      minReplicas,
      maxReplicas,
      resumeOnTopUp,
      schedule,
      paidUntil: this.paidUntil(deployment.id),
    };
  }

  /** Until when all active slots are paid. */
  private paidUntil(deploymentId: Uuid): string | null {
    const ends = this.activeSlots(deploymentId).map((slot) => slot.paidUntil?.getTime() ?? 0);
    const first = Math.min(...ends);
    return ends.length > 0 && first > 0 ? new Date(first).toISOString() : null;
  }
}

function slotKey({ deploymentId, slot, instanceTypeId }: DeploymentSlot): string {
  return `${deploymentId}|${slot}|${instanceTypeId}`;
}
