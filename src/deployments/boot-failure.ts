import { chargesById } from '../charging/charge-rows.ts';
import { reverseCharge } from '../charging/reverse-charge.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Tx } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Decided, Desk } from './call.ts';
import { stateAt, unchanged } from './change-deployment.ts';
import type { Deployment, DeploymentSlot } from './deployment.ts';
import { paused } from './lifecycle.ts';
import { putState, rest } from './open-team.ts';
import { isPaidAt } from './slots.ts';
import type { ReportBootFailure } from './verbs.ts';

/** A slot with an hour that runs. */
type PaidSlot = DeploymentSlot & { readonly chargeId: Uuid };

/**
 * Gives back the hours that run in slots whose machines did not come up, and lets those rest; a deployment of which no
 * replica is left is paused. An hour is given back once: a later report finds none that runs.
 */
export async function giveBackHours(
  desk: Desk,
  deployment: Deployment,
  input: ReportBootFailure,
): Promise<Decided> {
  const { tx, team, actor, atMs } = desk;
  const failed = failedSlots(desk, deployment, input.slots);
  if (failed.length === 0) return unchanged(deployment);
  rest(
    team,
    failed.filter(({ active }) => active),
  );
  // When it began stays known: the same instant is not charged again as the same hour.
  for (const { chargeId: _, ...slot } of failed) {
    team.fleet.putSlot({
      ...slot,
      ...{ active: false, holdId: null, dueAt: null, paidUntil: null, chargeId: null },
    });
  }
  putState(team, stateLeft(desk, deployment), atMs);
  const chargeIds = failed.map(({ chargeId }) => chargeId);
  const { reason } = input;
  const event = team.fleet.record(deployment.id, {
    kind: 'BOOT_FAILED',
    at: new Date(atMs),
    actor,
    reason,
    adds: { slots: failed.map(({ slot }) => slot), chargeIds },
  });
  const charges = await chargesById(
    tx,
    chargeIds.map((id) => ({ teamId: deployment.teamId, id })),
  );
  return { deploymentId: deployment.id, event, charges, afterwards: () => reverse(desk, chargeIds, reason) };
}

function failedSlots(
  { team, atMs }: Desk,
  { id, instanceTypeId }: Deployment,
  named: readonly number[] | null,
): PaidSlot[] {
  const slots = team.fleet.slots(id).filter((slot) => slot.instanceTypeId === instanceTypeId);
  const unknown = named?.find((number) => !slots.some(({ slot }) => slot === number));
  if (unknown !== undefined) throw badInput('slots', `the deployment has no replica slot ${unknown}.`);
  return slots
    .filter(({ slot }) => named === null || named.includes(slot))
    .filter((slot) => isPaidAt(slot, atMs))
    .flatMap((slot) => (slot.chargeId === null ? [] : [{ ...slot, chargeId: slot.chargeId }]))
    .sort((a, b) => a.slot - b.slot);
}

/** The replicas that are left, or the pause when none is. */
function stateLeft({ team, atMs }: Desk, deployment: Deployment): Deployment {
  if (deployment.status !== 'RUNNING') return deployment;
  const replicas = team.fleet.activeSlots(deployment.id).length;
  return replicas > 0 ? { ...deployment, replicas } : stateAt(deployment, paused('BOOT_FAILED'), atMs);
}

/** Reverses the charges that nobody has reversed before. */
async function reverse(
  { tx, team, actor, atMs }: Desk,
  chargeIds: readonly Uuid[],
  reason: string | null,
): Promise<void> {
  const done = await reversedAmong(tx, team.fleet.teamId, chargeIds);
  for (const chargeId of chargeIds) {
    if (done.has(chargeId)) continue;
    const reversal = {
      chargeId,
      reason: reason ?? 'The machine did not boot.',
      idempotencyKey: `boot-failure:${chargeId}`,
    };
    await reverseCharge(tx, reversal, actor, new Date(atMs));
  }
}

async function reversedAmong(tx: Tx, teamId: Uuid, chargeIds: readonly Uuid[]): Promise<Set<Uuid>> {
  const rows = await tx.sql<{ charge_id: Uuid }[]>`
    select r.charge_id from unnest(${arrayOf(chargeIds)}::uuid[]) as n (id)
    join reversals r on r.team_id = ${teamId} and r.charge_id = n.id`;
  return new Set(rows.map(({ charge_id }) => charge_id));
}
