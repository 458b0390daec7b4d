import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { type Hour, openSpending, type Spending, writeSpending } from '../../src/charging/spending.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { World } from '../support/world.ts';

const SPEC = { kind: 'CPU', gpus: 0, vcpus: 2, memoryGb: 8 };

/** An instance type that costs so many credits an hour. */
export async function instanceType(world: World, ownerDb: Db, hourlyPrice: string): Promise<Uuid> {
  const id = await world.model(
    `instance-${newUuid()}`,
    { INSTANCE_HOUR: hourlyPrice },
    { product: 'compute' },
  );
  await ownerDb.sql`update models set instance = ${ownerDb.sql.json(SPEC)} where id = ${id}`;
  await ownerDb.sql`update catalog_state set revision = revision + 1`;
  return id;
}

/** An hour of a deployment that has no other. */
export function hourOf(teamId: Uuid, instanceTypeId: Uuid, atMs: number): Hour {
  const attribution = { memberId: null, apiKeyId: null, actor: SYSTEM_ACTOR };
  return { teamId, instanceTypeId, deploymentId: newUuid(), slot: 1, hourAt: new Date(atMs), ...attribution };
}

/** Charges an hour: from a hold of its own first when `isHeld`. Undefined: it could not be paid. */
export async function chargeHour(world: World, hour: Hour, isHeld: boolean): Promise<Charge | undefined> {
  const holdId = isHeld ? await spend(world, hour, (spending) => holdIn(spending, hour)) : null;
  return spend(
    world,
    hour,
    (spending) => {
      const result = spending.chargeHour(hour, holdId ?? null);
      return result.ok ? result.charge : undefined;
    },
    holdId ?? null,
  );
}

function holdIn(spending: Spending, hour: Hour): Uuid | undefined {
  const result = spending.holdHour(hour, new Date(spending.nowMs(hour.teamId) + 3_600_000));
  return result.ok ? result.hold.id : undefined;
}

function spend<T>(
  world: World,
  { teamId }: Hour,
  decide: (spending: Spending) => T,
  holdId: Uuid | null = null,
): Promise<T> {
  const holds = holdId === null ? [] : [{ teamId, id: holdId }];
  return inTransaction(world.db, async (tx) => {
    const spending = await openSpending(tx, [teamId], world, { holds });
    const result = decide(spending);
    await writeSpending(tx, spending);
    return result;
  });
}
