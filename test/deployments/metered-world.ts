import { expect } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { seedInstanceTypes } from '../../src/catalog/instance-types.ts';
import { CHARGE_CHECKS } from '../../src/charging/charge-checks.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import type { Deployment } from '../../src/deployments/deployment.ts';
import { DEPLOYMENT_CHECKS } from '../../src/deployments/deployment-checks.ts';
import type { DeploymentEvent } from '../../src/deployments/deployment-event.ts';
import { deploymentsById } from '../../src/deployments/deployment-reads.ts';
import { type EventRow, eventColumns, eventFromRow } from '../../src/deployments/event-rows.ts';
import { nextMeteringDueAt } from '../../src/deployments/heads.ts';
import { firstSize } from '../../src/deployments/lifecycle.ts';
import { meterAllDue } from '../../src/deployments/metering.ts';
import { createDeployment } from '../../src/deployments/operate.ts';
import type {
  CreateDeployment,
  DeploymentVerb,
  OneDeployment,
  Operated,
} from '../../src/deployments/verbs.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { balanceOf } from '../../src/ledger/balance.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import { formatCredits } from '../../src/money.ts';
import { type MovableClock, movableClock } from '../support/movable-clock.ts';
import { type World, worldOn } from '../support/world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** What a deployment is created with; by default one replica of `gpu-s`, 0.60 an hour. */
export interface Wanted
  extends Partial<Pick<CreateDeployment, 'schedule' | 'resumeOnTopUp' | 'memberId' | 'apiKeyId'>> {
  readonly type?: string;
  readonly replicas?: number;
  readonly max?: number;
}

/** An hour as it is charged, in minutes since the world began. */
export interface ChargedHour {
  readonly slot: number;
  readonly type: string;
  readonly at: number;
  readonly credits: string;
  readonly status: 'CHARGED' | 'UNBILLED' | 'REVERSED';
}

/** A world with instance types whose clock stands still at a Thursday's midnight until it is moved. */
export class MeteredWorld {
  private constructor(
    readonly world: World,
    readonly clock: MovableClock,
  ) {}

  static async on(db: Db): Promise<MeteredWorld> {
    const clock = movableClock();
    const world = worldOn(db, clock);
    await seedInstanceTypes(db, new Date(0));
    return new MeteredWorld(world, clock);
  }

  private readonly startMs = movableClock().now().getTime();

  get db(): Db {
    return this.world.db;
  }

  get deps() {
    return { catalog: this.world.catalog, clock: this.clock };
  }

  /** A team with credit. */
  async team(credits: string): Promise<Uuid> {
    const team = await this.world.team();
    if (credits !== '0') await this.world.grant(team, credits);
    return team;
  }

  /** Calls a verb as somebody. */
  call<Input extends { readonly teamId: Uuid }>(
    verb: DeploymentVerb<Input>,
    input: Omit<Input, 'idempotencyKey' | 'reason'> & { readonly idempotencyKey?: string },
  ): Promise<Operated> {
    // What is left out is what every call says.
    const full = { idempotencyKey: newUuid(), reason: null, ...input } as unknown as Input;
    return inTransaction(this.db, (tx) => verb(tx, full, SYSTEM_ACTOR, this.clock.now(), this.deps));
  }

  async create(teamId: Uuid, wanted: Wanted = {}): Promise<Uuid> {
    const { type = 'gpu-s', replicas = 1, max = 10, ...rest } = wanted;
    const { deployment } = await this.call(createDeployment, {
      ...{ schedule: null, resumeOnTopUp: false, memberId: null, apiKeyId: null, ...rest },
      ...{ teamId, name: 'server', instanceType: type },
      size: firstSize({ replicas, minReplicas: 1, maxReplicas: max }),
    });
    return deployment.id;
  }

  /** Sets the time to some minutes after the beginning, without doing what is due. */
  goTo(minutes: number): void {
    this.clock.advance(this.startMs + minutes * MINUTE - this.clock.now().getTime());
  }

  /** Does what is due now. */
  meter(): Promise<number> {
    return meterAllDue(this.db, this.deps, 20);
  }

  /** Goes to a time by way of everything that is due, as a loop that is never late. */
  async passTo(minutes: number): Promise<void> {
    const endMs = this.startMs + minutes * MINUTE;
    for (;;) {
      const next = await nextMeteringDueAt(this.db);
      if (!next || next.getTime() > endMs) break;
      this.clock.advance(Math.max(0, next.getTime() - this.clock.now().getTime()));
      await this.meter();
    }
    this.goTo(minutes);
  }

  async deployment(id: Uuid): Promise<Deployment> {
    const [found] = await deploymentsById(this.db, [id]);
    if (!found) throw new Error('there is such a deployment');
    return found;
  }

  /** Its state, such as "RUNNING" or "PAUSED SCHEDULE 120": why and since when. */
  async state(id: Uuid): Promise<string> {
    const { status, pauseReason, pausedAt } = await this.deployment(id);
    return [status, pauseReason, pausedAt && this.minutes(pausedAt)]
      .filter((part) => part !== null)
      .join(' ');
  }

  /** The hours that were charged or recorded, by time and slot. */
  async hours(teamId: Uuid): Promise<ChargedHour[]> {
    const rows = await this.db.sql<
      { slot: number; key: string; at: Date; nano: bigint; status: number; reversed: boolean }[]
    >`
      select c.replica_slot as slot, m.key, c.occurred_at as at, c.amount_nano as nano, c.status,
        r.charge_id is not null as reversed
      from charges c join models m on m.id = c.model_id
      left join reversals r on r.team_id = c.team_id and r.charge_id = c.id
      where c.team_id = ${teamId} and c.deployment_id is not null
      order by c.occurred_at, c.replica_slot, m.key`;
    return rows.map(({ slot, key, at, nano, status, reversed }) => ({
      slot,
      type: key,
      at: this.minutes(at),
      credits: formatCredits(nano),
      status: reversed ? 'REVERSED' : status === 2 ? 'UNBILLED' : 'CHARGED',
    }));
  }

  /** When hours of a slot began, in minutes; all but those that were not charged. */
  async begun(teamId: Uuid, slot = 1): Promise<number[]> {
    const hours = await this.hours(teamId);
    return hours.filter((hour) => hour.slot === slot && hour.status === 'CHARGED').map(({ at }) => at);
  }

  async events(teamId: Uuid): Promise<DeploymentEvent[]> {
    const rows = await this.db.sql<EventRow[]>`
      select ${eventColumns(this.db)} from deployment_events v where v.team_id = ${teamId} order by v.seq`;
    return rows.map(eventFromRow);
  }

  /** The events of a team, such as "PAUSED 120". */
  async told(teamId: Uuid): Promise<string[]> {
    return (await this.events(teamId)).map(({ kind, at }) => `${kind} ${this.minutes(at)}`);
  }

  async balance(teamId: Uuid): Promise<{ available: string; held: string }> {
    const balance = await balanceOf(this.db, teamId, this.clock.now());
    if (!balance) throw new Error('a team has a wallet');
    const { availableNano, heldNano } = balance.balances;
    return { available: formatCredits(availableNano), held: formatCredits(heldNano) };
  }

  async expectHealthy(): Promise<void> {
    const { checks } = await ledgerHealth(this.db, this.clock.now(), [
      ...CHARGE_CHECKS,
      ...DEPLOYMENT_CHECKS,
    ]);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  }

  private minutes(at: Date): number {
    return (at.getTime() - this.startMs) / MINUTE;
  }
}

/** What names a deployment in calls. */
export function one(teamId: Uuid, deploymentId: Uuid): Pick<OneDeployment, 'teamId' | 'deploymentId'> {
  return { teamId, deploymentId };
}
