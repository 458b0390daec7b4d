import type { Tx } from '../db/client.ts';
import { isFinal, type TopUp } from './top-up.ts';
import { recordTopUpEvent } from './top-up-events.ts';
import { updateTopUp } from './top-up-rows.ts';

type Changes = Partial<
  Omit<TopUp, 'teamId' | 'id' | 'kind' | 'flow' | 'amountCents' | 'actor' | 'createdAt' | 'updatedAt'>
>;

/** What the payer has to do is over once nothing more is expected. */
const NOTHING_TO_DO = { actionUrl: null, clientSecret: null, nextCheckAt: null };

/**
 * Changes a top-up, which was read under `lockPayments` of its team, and tells it if its state or what the payer has to
 * do has changed. Answers it as it is then.
 */
export async function changeTopUp(tx: Tx, topUp: TopUp, changes: Changes, now: Date): Promise<TopUp> {
  const next: TopUp = { ...topUp, ...changes };
  const final = isFinal(next);
  const settled = { ...next, ...(final && NOTHING_TO_DO) };
  const isNews = settled.status !== topUp.status || settled.actionUrl !== topUp.actionUrl;
  const changed: TopUp = {
    ...settled,
    finishedAt: final ? (topUp.finishedAt ?? now) : null,
    // That Stripe was asked again, and had nothing new, is no change.
    updatedAt: isNews ? now : topUp.updatedAt,
  };
  await updateTopUp(tx, changed);
  if (isNews) await recordTopUpEvent(tx, changed, now);
  return changed;
}
