import type { Tx } from '../db/client.ts';
import { writeMail } from '../mail/outbox.ts';
import { formatUsd } from './amounts.ts';
import type { RechargeAttempt } from './auto-recharge.ts';
import type { FollowDeps } from './recharge-attempts.ts';
import type { TopUp } from './top-up.ts';

/** Tells the admins of a team that the bank wants a recharge to be confirmed, and where. */
export async function mailActionRequired(
  tx: Tx,
  { jobs, publicUrl }: FollowDeps,
  { teamId, id, amountCents, actionUrl }: TopUp,
  now: Date,
): Promise<void> {
  const amount = formatUsd(amountCents);
  const text = [
    `Auto-recharge tried to charge your card ${amount}, and the bank wants you to confirm the payment.`,
    `Confirm it here within 24 hours: ${actionUrl ?? publicUrl}`,
    'If nobody does, the payment is cancelled and nothing is charged.',
  ].join('\n\n');
  const subject = `Confirm your auto-recharge of ${amount}`;
  await writeMail(
    tx,
    { teamId, to: 'ADMINS', subject, text, dedupeKey: `recharge-action:${id}` },
    { jobs, now },
  );
}

/** Tells the admins of a team that auto-recharge does not try any more. */
export async function mailSuspended(
  tx: Tx,
  { jobs, publicUrl }: FollowDeps,
  { teamId, id, amountCents, failureMessage }: RechargeAttempt,
  now: Date,
): Promise<void> {
  const text = [
    `Auto-recharge is suspended: three attempts in a row failed, the last to charge ${formatUsd(amountCents)}.`,
    ...(failureMessage === null ? [] : [`What the bank said: ${failureMessage}`]),
    `It goes on once a payment has succeeded or another card has been added: ${publicUrl}`,
    'Until then your credit is not topped up by itself.',
  ].join('\n\n');
  const subject = 'Auto-recharge is suspended';
  const dedupeKey = `recharge-suspended:${id}`;
  await writeMail(tx, { teamId, to: 'ADMINS', subject, text, dedupeKey }, { jobs, now });
}
