import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { newUuid, type Uuid } from '../id.ts';

/**
 * Stands in `team_id` for the whole installation, where what is done concerns no team: service keys, the demo.
 * The nil UUID is no team's id.
 */
export const INSTALLATION: Uuid = '00000000-0000-0000-0000-000000000000';

/** Something that was done to a team, its members, keys or caps, or to the installation. */
export interface AuditEvent {
  readonly teamId: Uuid;
  readonly action:
    | 'team.created'
    | 'member.added'
    | 'member.role-changed'
    | 'member.removed'
    | 'api-key.created'
    | 'api-key.revoked'
    | 'model.supplier-set'
    | 'spend-cap.set'
    | 'spend-cap.removed'
    | 'debt-limit.set'
    | 'auto-recharge.configured'
    | 'clock.advanced';
  readonly actor: ActorRef;
  /** Never a secret. */
  readonly details: Readonly<Record<string, string | null | readonly string[]>>;
  readonly at: Date;
}

/** Records who did what, in the transaction in which they did it. */
export async function audit(tx: Tx, { teamId, action, actor, details, at }: AuditEvent): Promise<void> {
  await tx.sql`
    insert into audit_events (team_id, id, action, actor_kind, actor_id, details, at)
    values (${teamId}, ${newUuid(at.getTime())}, ${action}, ${actor.kind}, ${actor.id},
      ${JSON.stringify(details)}::text::jsonb, ${at.toISOString()}::timestamptz)`;
}
