import { eq } from 'drizzle-orm';
import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';
import { audit, INSTALLATION } from '../teams/audit.ts';
import { teamsById } from '../teams/teams.ts';
import { checkReason } from '../teams/text.ts';
import { bumpRevision, lockCatalog } from './catalog.ts';
import { modelByKey } from './catalog-reads.ts';
import { models } from './tables.ts';

export interface SetModelSupplier {
  readonly modelKey: string;
  /** Null: no team of this installation earns from it. */
  readonly teamId: Uuid | null;
  /** 1 to 500 characters. */
  readonly reason: string;
}

/**
 * Makes a team the supplier of a model: it earns from what is charged from now on, and sets the price. What has been
 * charged stays with who supplied it then.
 * @throws DomainError NOT_FOUND for the model (instance types have no supplier) or the team, BAD_USER_INPUT naming the field.
 */
export async function setModelSupplier(
  tx: Tx,
  { modelKey, teamId, reason }: SetModelSupplier,
  actor: ActorRef,
  now: Date,
): Promise<{ modelId: Uuid }> {
  const why = checkReason(reason);
  await lockCatalog(tx);
  const model = await modelByKey(tx, modelKey);
  if (!model || model.instance) throw notFound('Model', modelKey, 'modelKey');
  if (teamId && (await teamsById(tx, [teamId])).length === 0)
    throw notFound('Team', publicId('team', teamId), 'teamId');
  if (model.supplierTeamId === teamId) return { modelId: model.id };
  await tx.orm.update(models).set({ supplierTeamId: teamId }).where(eq(models.id, model.id));
  await bumpRevision(tx);
  const details = { modelKey, from: model.supplierTeamId, to: teamId, reason: why };
  await audit(tx, { teamId: INSTALLATION, action: 'model.supplier-set', actor, details, at: now });
  return { modelId: model.id };
}
