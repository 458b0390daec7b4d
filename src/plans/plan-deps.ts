import type { Clock } from '../clock.ts';
import type { Db, Reader } from '../db/client.ts';
import type { Gateway } from '../gateway/stripe.ts';
import type { Uuid } from '../id.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { LoopLog } from '../loop.ts';
import type { NanoCredits } from '../money.ts';

/** A payment method of a team, `pm_…` at Stripe. */
export interface PlanMethod {
  readonly stripeId: string;
}

/**
 * The payment method of a team by its id, or, for null, its default one; undefined for none that may be used. It is another
 * room that keeps them.
 */
export type ChosenMethod = (reader: Reader, teamId: Uuid, id: Uuid | null) => Promise<PlanMethod | undefined>;

/** What subscriptions are made with. */
export interface PlanDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly jobs: JobQueue;
  readonly log: LoopLog;
  /** What a team may owe from its first payment on. */
  readonly payAsYouGoLimitNano: NanoCredits;
  readonly chosenMethod: ChosenMethod;
}
