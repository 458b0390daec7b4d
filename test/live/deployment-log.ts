import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import type { DeploymentChanged } from '../../src/deployments/changed.ts';
import type { DeploymentEvent } from '../../src/deployments/deployment-event.ts';
import { type EventRow, eventColumns, eventFromRow, insertEvents } from '../../src/deployments/event-rows.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { T0 } from '../support/books.ts';

/** An event of the log of a team, of no kind in particular. */
export function deploymentEvent(teamId: Uuid, seq: bigint, deploymentId: Uuid = newUuid()): DeploymentEvent {
  const size = { replicas: 2, minReplicas: 1, maxReplicas: 4 };
  return {
    teamId,
    seq,
    deploymentId,
    kind: 'SCALED',
    at: new Date(T0),
    recordedAt: new Date(T0 + Number(seq)),
    actor: SYSTEM_ACTOR,
    reason: null,
    details: {
      ...size,
      name: '{"$n":"12"}',
      status: 'RUNNING',
      pauseReason: null,
      instanceType: 'gpu-s',
      resumeOnTopUp: false,
      schedule: null,
      paidUntil: null,
    },
  };
}

/** The fact of a transaction that wrote events `fromSeq …`. */
export function changedFact(teamId: Uuid, fromSeq: bigint, count: number): DeploymentChanged {
  const events = Array.from({ length: count }, (_, i) => deploymentEvent(teamId, fromSeq + BigInt(i)));
  return { type: 'deployment.changed', teamId, fromSeq, seq: fromSeq + BigInt(count) - 1n, events };
}

/** Writes events as every change of deployments does: numbered under the lock of the team's head, and told after the commit. */
export function writeEvents(db: Db, teamId: Uuid, ...deploymentIds: readonly Uuid[]): Promise<void> {
  return inTransaction(db, async (tx) => {
    await tx.sql`insert into deployment_heads (team_id, event_seq) values (${teamId}, 0) on conflict do nothing`;
    const [head] = await tx.sql<{ event_seq: bigint }[]>`
      select event_seq from deployment_heads where team_id = ${teamId} for update`;
    const fromSeq = (head?.event_seq ?? 0n) + 1n;
    const events = deploymentIds.map((id, i) => deploymentEvent(teamId, fromSeq + BigInt(i), id));
    const seq = fromSeq + BigInt(events.length) - 1n;
    await insertEvents(tx, events);
    await tx.sql`update deployment_heads set event_seq = ${seq} where team_id = ${teamId}`;
    const fact: DeploymentChanged = { type: 'deployment.changed', teamId, fromSeq, seq, events };
    tx.facts.push(fact);
  });
}

/** So many new deployments, for events about each. */
export function someIds(count: number): Uuid[] {
  return Array.from({ length: count }, () => newUuid());
}

/** The whole log of a team, as it is stored. */
export async function deploymentLog(db: Db, teamId: Uuid): Promise<DeploymentEvent[]> {
  const rows = await db.sql<EventRow[]>`
    select ${eventColumns(db)} from deployment_events v where v.team_id = ${teamId} order by v.seq`;
  return rows.map(eventFromRow);
}

/** A deployment that has never run, without any event of its own. */
export async function addDeployment(db: Db, teamId: Uuid, instanceTypeId: Uuid): Promise<Uuid> {
  const id = newUuid();
  const at = new Date(T0).toISOString();
  await inTransaction(
    db,
    (tx) => tx.sql`
      insert into deployments (team_id, id, name, instance_type_id, replicas, min_replicas, max_replicas, status,
        resume_on_top_up, created_at, updated_at, actor_kind)
      values (${teamId}, ${id}, 'server', ${instanceTypeId}, 2, 1, 4, 'CREATED', false, ${at}, ${at}, 0)`,
  );
  return id;
}
