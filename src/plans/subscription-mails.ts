import type { Tx } from '../db/client.ts';
import { writeMail } from '../mail/outbox.ts';
import type { PlanVersion } from './plan.ts';
import type { PlanDeps } from './plan-deps.ts';
import { freePlan, planById } from './plan-rows.ts';
import type { OpenPayment, StripeState } from './stripe-state.ts';
import type { Subscription } from './subscription.ts';

/**
 * Tells the admins of a team what they have to know of their subscription: each failed attempt to renew it, and that it
 * ended because of them. Each is told once, however often Stripe is asked.
 */
export async function tellAdmins(
  tx: Tx,
  { jobs, clock }: PlanDeps,
  { before, after, state }: { before: Subscription; after: Subscription; state: StripeState },
): Promise<void> {
  const plan = await planById(tx, before.planVersionId);
  const mail = (await endMail(tx, before, after, plan)) ?? failureMail(after, state.open, plan);
  if (mail) await writeMail(tx, { teamId: after.teamId, to: 'ADMINS', ...mail }, { jobs, now: clock.now() });
}

interface Words {
  readonly subject: string;
  readonly text: string;
  readonly dedupeKey: string;
}

async function endMail(
  tx: Tx,
  before: Subscription,
  { id, endedAt }: Subscription,
  plan: PlanVersion,
): Promise<Words | undefined> {
  if (endedAt === null || before.endedAt !== null || before.status !== 'PAST_DUE') return undefined;
  const free = await freePlan(tx, before.family);
  const now = free ? `The team is on the plan ${free.name} now, which costs nothing.` : 'It has ended.';
  return {
    subject: `Your plan ${plan.name} has ended`,
    text:
      `The renewal of the plan ${plan.name} could not be charged, after several attempts. ${now}\n\n` +
      'Credit that you have bought or been granted stays yours. Subscribe again at any time.',
    dedupeKey: `plan-ended:${id}`,
  };
}

function failureMail(
  { status }: Subscription,
  open: OpenPayment | null,
  plan: PlanVersion,
): Words | undefined {
  if (status !== 'PAST_DUE' || !open) return undefined;
  const reason = open.failure ? ` The bank said: ${open.failure}` : '';
  const again = open.nextAttemptAt
    ? `It is tried again on ${open.nextAttemptAt.toISOString().slice(0, 10)}.`
    : 'It is not tried again.';
  const here = open.url ? `\n\nPay or confirm it here: ${open.url}` : '';
  return {
    subject:
      open.needs === 'ACTION'
        ? `Your bank wants you to confirm the payment of your plan ${plan.name}`
        : `The payment of your plan ${plan.name} has failed`,
    text: `The renewal of the plan ${plan.name} could not be charged.${reason}\n\n${again} Until then the plan stays yours.${here}`,
    dedupeKey: `plan-failed:${open.invoice}:${open.attempts}`,
  };
}
