import { randomInt } from 'node:crypto';
import { SYSTEM_ACTOR } from '../actor.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { createDeployment, scaleDeployment, startDeployment } from '../deployments/operate.ts';
import type { CreateDeployment, OperateDeps } from '../deployments/verbs.ts';
import { DomainError } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { DemoTeam } from './demo-data.ts';

type DemoDeployment = Pick<CreateDeployment, 'name' | 'instanceType' | 'size' | 'schedule'>;

const MOST_REPLICAS = 3;
const ONE_REPLICA = { replicas: 1, minReplicas: 1, maxReplicas: MOST_REPLICAS };

/** What an autoscaler plays with. */
const SCALED: DemoDeployment = {
  name: 'playground',
  instanceType: 'cpu-s',
  size: ONE_REPLICA,
  schedule: null,
};

/** Never changed: the keys of later versions would not stand for the same input. */
const DEPLOYMENTS: readonly DemoDeployment[] = [
  { name: 'chat-api', instanceType: 'gpu-s', size: ONE_REPLICA, schedule: null },
  {
    name: 'weekly-reindex',
    instanceType: 'cpu-m',
    size: ONE_REPLICA,
    // So short that whoever looks finds it paused.
    schedule: { windows: [{ days: ['MONDAY'], from: '03:00', to: '04:00' }] },
  },
  SCALED,
];

/**
 * Creates and starts the deployments of the demo, once: one that always runs, one that its schedule pauses, and one that
 * is scaled up and down. What became of them since stays as it is. Answers the id of the last.
 * @throws DomainError when an instance type is missing or credit does not suffice.
 */
export async function startDemoDeployments(db: Db, deps: OperateDeps, team: DemoTeam): Promise<Uuid> {
  let scaledId: Uuid = '';
  for (const demo of DEPLOYMENTS) {
    const id = await startOne(db, deps, team, demo);
    if (demo === SCALED) scaledId = id;
  }
  return scaledId;
}

async function startOne(
  db: Db,
  deps: OperateDeps,
  { teamId, userId: memberId }: DemoTeam,
  demo: DemoDeployment,
): Promise<Uuid> {
  const reason = 'the demo begins';
  const key = `demo-${demo.name}`;
  const create = { ...demo, teamId, memberId, apiKeyId: null, resumeOnTopUp: true, reason };
  return inTransaction(db, async (tx) => {
    const { deployment } = await createDeployment(
      tx,
      { ...create, idempotencyKey: key },
      SYSTEM_ACTOR,
      deps.clock.now(),
      deps,
    );
    const start = { teamId, deploymentId: deployment.id, reason, idempotencyKey: `${key}-start` };
    await startDeployment(tx, start, SYSTEM_ACTOR, deps.clock.now(), deps);
    return deployment.id;
  });
}

/** Sets another number of replicas, as an autoscaler does. A deployment that somebody has stopped is left alone. */
export async function scaleDemoDeployment(
  db: Db,
  deps: OperateDeps,
  { teamId }: DemoTeam,
  deploymentId: Uuid,
): Promise<void> {
  const replicas = randomInt(1, MOST_REPLICAS + 1);
  const input = { teamId, deploymentId, replicas, reason: 'load', idempotencyKey: `demo-${newUuid()}` };
  try {
    await inTransaction(db, (tx) => scaleDeployment(tx, input, SYSTEM_ACTOR, deps.clock.now(), deps));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}
