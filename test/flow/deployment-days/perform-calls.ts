import { ACTOR_KIND, type ActorRef, SYSTEM_ACTOR } from '../../../src/actor.ts';
import { setModelPrice } from '../../../src/catalog/catalog.ts';
import { priceOfHour } from '../../../src/catalog/instance-price.ts';
import { inTransaction, type Tx } from '../../../src/db/client.ts';
import {
  createDeployment,
  pauseDeployment,
  resizeDeployment,
  resumeDeployment,
  scaleDeployment,
  setDeploymentSchedule,
  startDeployment,
  stopDeployment,
} from '../../../src/deployments/operate.ts';
import type { Operated } from '../../../src/deployments/verbs.ts';
import { DomainError } from '../../../src/domain-error.ts';
import { issueGrant } from '../../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../../src/id.ts';
import type { World } from '../../support/world.ts';
import type { DoneCall, DoneTopUp, Position } from './journal.ts';
import type { Call, PlannedPrice, PlannedTopUp } from './plan.ts';

const CUSTOMER: ActorRef = { kind: ACTOR_KIND.USER, id: newUuid() };
const MOST_REPLICAS = 4;

/** Calls a verb of the product for a team. `id` names the deployment; a new one has none yet. */
export async function perform(
  world: World,
  teamId: Uuid,
  id: Uuid | undefined,
  call: Call,
  isRepeated: boolean,
): Promise<DoneCall> {
  const named = { teamId, id, key: newUuid() };
  let position: Position | undefined;
  try {
    const done = await inTransaction(world.db, async (tx) => {
      try {
        return await operate(tx, world, named, call);
      } finally {
        // Also after a refusal: that leaves the transaction whole, and its locks.
        position = await positionOf(tx, teamId).catch(() => undefined);
      }
    });
    if (isRepeated) await repeat(world, named, call, done);
    return doneCall(done.deployment.id, done.seq === null ? 'UNCHANGED' : 'DONE');
  } catch (error) {
    if (!(error instanceof DomainError) || id === undefined) throw error;
    return doneCall(id, String(error.details?.reason ?? error.code));
  }

  function doneCall(deploymentId: Uuid, outcome: string): DoneCall {
    if (!position) throw new Error('a call that was answered has its position');
    return { what: 'CALL', id: deploymentId, call, outcome, ...position };
  }
}

interface Named {
  readonly teamId: Uuid;
  readonly id: Uuid | undefined;
  readonly key: string;
}

/** A repeat with the same key does nothing more and answers the same. */
async function repeat(world: World, named: Named, call: Call, first: Operated): Promise<void> {
  const again = await inTransaction(world.db, (tx) => operate(tx, world, named, call));
  const ids = (charges: Operated['charges']) => charges.map(({ id }) => id).join();
  if (!again.replayed || again.seq !== first.seq || ids(again.charges) !== ids(first.charges)) {
    throw new Error(`a repeated ${call.what} was not answered as the first one`);
  }
}

function operate(tx: Tx, { catalog, clock }: World, { teamId, id, key }: Named, call: Call) {
  const said = { teamId, idempotencyKey: key, reason: null };
  const rest = [CUSTOMER, clock.now(), { catalog, clock }] as const;
  if (call.what === 'CREATE') {
    const { type, replicas, comesBack, schedule } = call;
    const size = { replicas, minReplicas: 1, maxReplicas: MOST_REPLICAS };
    const nobody = { memberId: null, apiKeyId: null };
    const input = { ...said, ...nobody, name: 'server', instanceType: type, size, schedule };
    return createDeployment(tx, { ...input, resumeOnTopUp: comesBack }, ...rest);
  }
  const one = { ...said, deploymentId: id ?? '' };
  switch (call.what) {
    case 'START':
      return startDeployment(tx, one, ...rest);
    case 'PAUSE':
      return pauseDeployment(tx, one, ...rest);
    case 'RESUME':
      return resumeDeployment(tx, one, ...rest);
    case 'STOP':
      return stopDeployment(tx, one, ...rest);
    case 'SCALE':
      return scaleDeployment(tx, { ...one, replicas: call.replicas }, ...rest);
    case 'RESIZE':
      return resizeDeployment(
        tx,
        { ...one, instanceType: call.type, size: { replicas: call.replicas } },
        ...rest,
      );
    case 'SCHEDULE':
      return setDeploymentSchedule(tx, { ...one, schedule: call.schedule }, ...rest);
  }
}

/** Gives a team a grant. */
export function topUp(world: World, teamId: Uuid, terms: PlannedTopUp): Promise<DoneTopUp> {
  const { amountNano, isPrepaid, product, gpuType, priority, expiresAt } = terms;
  const gift = {
    scope: { product, gpuType },
    ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt) }),
  };
  const input = {
    ...{ teamId, amountNano, priority, reason: 'top-up', idempotencyKey: newUuid() },
    ...(isPrepaid
      ? ({ kind: 'PREPAID', source: 'PURCHASE' } as const)
      : ({ kind: 'PROMOTIONAL', source: 'GOODWILL', ...gift } as const)),
  };
  const now = world.clock.now();
  return inTransaction(world.db, async (tx) => {
    const { grantId } = await issueGrant(tx, input, SYSTEM_ACTOR, now);
    // Who does what is due holds the wallet until it is committed, so this says whether that came before.
    const [due] = await tx.sql<{ isDue: boolean }[]>`
      select next_due_at <= ${now.toISOString()}::timestamptz as "isDue"
      from deployment_heads where team_id = ${teamId}`;
    const position = await positionOf(tx, teamId);
    return { what: 'TOP_UP', id: grantId, terms, beforePass: due?.isDue === true, ...position };
  });
}

async function positionOf(tx: Tx, teamId: Uuid): Promise<Position> {
  const [position] = await tx.sql<{ eventSeq: bigint; entrySeq: bigint }[]>`
    select coalesce(h.event_seq, 0) as "eventSeq", w.seq as "entrySeq"
    from wallets w left join deployment_heads h on h.team_id = w.team_id where w.team_id = ${teamId}`;
  if (!position) throw new Error('a team has a wallet');
  return position;
}

/** Sets what hours of an instance type cost from an instant on. */
export async function setPrice(world: World, { type, hourlyNano, effectiveAt }: PlannedPrice): Promise<void> {
  const price = priceOfHour({ coefficient: hourlyNano, scale: 9 });
  const change = { price, modelKey: type, effectiveAt: new Date(effectiveAt), reason: 'market' };
  await inTransaction(world.db, (tx) =>
    setModelPrice(tx, { ...change, idempotencyKey: newUuid() }, SYSTEM_ACTOR, world.clock.now()),
  );
}
