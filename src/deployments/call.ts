import type { ActorRef } from '../actor.ts';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Charge } from '../charging/charge.ts';
import { chargesById } from '../charging/charge-rows.ts';
import type { Tx } from '../db/client.ts';
import { claimedResult, claimKey, type KeyClaim } from '../db/idempotency.ts';
import { assert, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import { balanceOf, type TeamBalance } from '../ledger/balance.ts';
import { type CallResult, callResultId, callResultOf } from './call-result.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentEvent } from './deployment-event.ts';
import { deploymentsById } from './deployment-reads.ts';
import { eventBySeq } from './event-reads.ts';
import { lockHead } from './heads.ts';
import type { OpenTeam } from './open-team.ts';
import { writeTeams } from './open-teams.ts';
import { openUpToDate } from './open-up-to-date.ts';
import type { DeploymentCall, OneDeployment, OperateDeps, Operated } from './verbs.ts';

/** A call of a verb, by whom and when. */
export interface Call<Input extends DeploymentCall> {
  /** The name of the verb: keys are unique for it. */
  readonly operation: string;
  readonly input: Input;
  readonly actor: ActorRef;
  readonly now: Date;
  readonly deps: OperateDeps;
}

/** What a verb works on: the team, up to date, at the instant of the call. */
export interface Desk {
  readonly tx: Tx;
  readonly team: OpenTeam;
  readonly catalog: CatalogSnapshot;
  readonly actor: ActorRef;
  readonly atMs: number;
}

/** What a verb has decided. */
export interface Decided {
  readonly deploymentId: Uuid;
  /** Null when nothing changed. */
  readonly event: DeploymentEvent | null;
  readonly charges: readonly Charge[];
  /** What remains to be done once the decision has been written. */
  readonly afterwards?: () => Promise<void>;
}

/**
 * Runs a call under the lock of the team's deployments: answers a known key, does what is due before the call, decides
 * and writes, all together or not at all.
 */
export async function runCall<Input extends DeploymentCall>(
  tx: Tx,
  call: Call<Input>,
  deploymentId: Uuid | null,
  decide: (desk: Desk) => Decided | Promise<Decided>,
): Promise<Operated> {
  const { deps, actor } = call;
  const { teamId } = call.input;
  const head = await lockHead(tx, teamId);
  // Time may have gone by while the lock was waited for.
  const now = new Date(Math.max(call.now.getTime(), deps.clock.now().getTime()));
  const claim = claimOf(call);
  const known = await claimedResult(tx, claim);
  if (known !== undefined) return replay(tx, teamId, known, now);
  const { open, team } = await openUpToDate(tx, head, deploymentId, now, deps);
  const catalog = await deps.catalog.snapshot();
  const decided = await decide({ tx, team, catalog, actor, atMs: now.getTime() });
  await writeTeams(tx, open);
  await decided.afterwards?.();
  await claimKey(tx, claim, callResultId(resultOf(decided)), now);
  const deployment = team.fleet.get(decided.deploymentId);
  const balance = await balanceAfter(tx, teamId, now);
  const seq = decided.event?.seq ?? null;
  return { deployment, seq, replayed: false, charges: decided.charges, balance };
}

/** The deployment that a call is about. @throws DomainError NOT_FOUND when the team has no such deployment. */
export function deploymentOf({ team }: Desk, { deploymentId }: OneDeployment): Deployment {
  const deployment = team.fleet.find(deploymentId);
  if (!deployment) throw notFound('Deployment', publicId('deployment', deploymentId), 'deploymentId');
  return deployment;
}

function resultOf({ deploymentId, event }: Decided): CallResult {
  return event ? { kind: 'EVENT', seq: event.seq } : { kind: 'UNCHANGED', deploymentId };
}

function claimOf({ operation, input }: Call<DeploymentCall>): KeyClaim {
  const { teamId, idempotencyKey: key, ...request } = input;
  return { teamId, operation, key, request };
}

/** What the first call with a key answered, on the deployment as it is by now. */
async function replay(tx: Tx, teamId: Uuid, resultId: Uuid, now: Date): Promise<Operated> {
  const result = callResultOf(resultId);
  const event = result.kind === 'EVENT' ? await eventBySeq(tx, teamId, result.seq) : undefined;
  const deploymentId = result.kind === 'EVENT' ? event?.deploymentId : result.deploymentId;
  assert(deploymentId !== undefined, 'a call that was answered wrote its event');
  const [deployment] = await deploymentsById(tx, [deploymentId]);
  assert(deployment, 'a deployment that was worked on is there');
  const charges = await chargesOf(tx, teamId, event?.details.chargeIds ?? []);
  const balance = await balanceAfter(tx, teamId, now);
  return { deployment, seq: event?.seq ?? null, replayed: true, charges, balance };
}

async function chargesOf(tx: Tx, teamId: Uuid, ids: readonly Uuid[]): Promise<Charge[]> {
  const found = await chargesById(
    tx,
    ids.map((id) => ({ teamId, id })),
  );
  const byId = new Map(found.map((charge) => [charge.id, charge]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function balanceAfter(tx: Tx, teamId: Uuid, now: Date): Promise<TeamBalance> {
  const balance = await balanceOf(tx, teamId, now);
  assert(balance, 'a team has a wallet');
  return balance;
}
