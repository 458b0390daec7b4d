import type { ActorKind } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { AutoRecharge } from './auto-recharge.ts';
import type { SuspendedReason } from './recharge-decision.ts';

interface AutoRechargeRow {
  team_id: Uuid;
  enabled: boolean;
  threshold_nano: bigint;
  amount_cents: bigint;
  max_per_charge_cents: bigint | null;
  daily_cap_cents: bigint | null;
  monthly_cap_cents: bigint | null;
  payment_method_id: Uuid | null;
  failures: number;
  next_check_at: Date | null;
  suspended_at: Date | null;
  suspended_reason: SuspendedReason | null;
  suspended_fingerprint: string | null;
  actor_kind: ActorKind;
  actor_id: Uuid | null;
  updated_at: Date;
}

/** How auto-recharge of a team is set up; undefined when it never was. */
export async function autoRechargeOf({ sql }: Reader, teamId: Uuid): Promise<AutoRecharge | undefined> {
  const [row] = await sql<AutoRechargeRow[]>`
    select team_id, enabled, threshold_nano, amount_cents, max_per_charge_cents, daily_cap_cents, monthly_cap_cents,
      payment_method_id, failures, next_check_at, suspended_at, suspended_reason, suspended_fingerprint, actor_kind,
      actor_id, updated_at
    from auto_recharges where team_id = ${teamId}`;
  return (
    row && {
      teamId: row.team_id,
      enabled: row.enabled,
      thresholdNano: row.threshold_nano,
      amountCents: row.amount_cents,
      maxPerChargeCents: row.max_per_charge_cents,
      dailyCapCents: row.daily_cap_cents,
      monthlyCapCents: row.monthly_cap_cents,
      paymentMethodId: row.payment_method_id,
      failures: row.failures,
      nextCheckAt: row.next_check_at,
      suspendedAt: row.suspended_at,
      suspendedReason: row.suspended_reason,
      suspendedFingerprint: row.suspended_fingerprint,
      actor: { kind: row.actor_kind, id: row.actor_id },
      updatedAt: row.updated_at,
    }
  );
}

/** Writes how auto-recharge of a team is now. Under `lockPayments`. */
export async function putAutoRecharge(tx: Tx, settings: AutoRecharge): Promise<void> {
  const row = {
    enabled: settings.enabled,
    threshold_nano: settings.thresholdNano,
    amount_cents: settings.amountCents,
    max_per_charge_cents: settings.maxPerChargeCents,
    daily_cap_cents: settings.dailyCapCents,
    monthly_cap_cents: settings.monthlyCapCents,
    payment_method_id: settings.paymentMethodId,
    failures: settings.failures,
    next_check_at: iso(settings.nextCheckAt),
    suspended_at: iso(settings.suspendedAt),
    suspended_reason: settings.suspendedReason,
    suspended_fingerprint: settings.suspendedFingerprint,
    actor_kind: settings.actor.kind,
    actor_id: settings.actor.id,
    updated_at: iso(settings.updatedAt),
  };
  await tx.sql`
    insert into auto_recharges ${tx.sql({ team_id: settings.teamId, ...row })}
    on conflict (team_id) do update set ${tx.sql(row)}`;
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
