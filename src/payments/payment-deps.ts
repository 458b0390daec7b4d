import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import type { Gateway } from '../gateway/stripe.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { LoopLog } from '../loop.ts';
import type { NanoCredits } from '../money.ts';

/** What payments are made with. */
export interface PaymentDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly jobs: JobQueue;
  readonly log: LoopLog;
  /** What a team may owe from its first purchase on. */
  readonly payAsYouGoLimitNano: NanoCredits;
  /** The smallest purchase, in cents. */
  readonly minPurchaseCents: bigint;
  /** Where customers come back to from a hosted page that nobody gave a return URL for. */
  readonly publicUrl: string;
}
