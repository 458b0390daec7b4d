/** A kind of job: how often and how late it is done again when it fails. */
export interface JobKind {
  /** How often it is tried again. Due times live in our tables: what is given up here and has one is found there. */
  readonly retryLimit: number;
  /** Seconds before it is first tried again; about doubled each time, up to 5 minutes. */
  readonly retryDelay: number;
}

const persistent: JobKind = { retryLimit: 20, retryDelay: 2 };

/** Every kind of job, by the name of its queue. */
export const JOBS = {
  /** The effect of an event of Stripe: `{ eventId }`. */
  'stripe-event': persistent,
  /** Asks Stripe for a top-up's payment, or what became of it: `{ teamId, topUpId }`. */
  'top-up': persistent,
  /** Judges whether a team is to be recharged, and does it: `{ teamId }`. */
  recharge: persistent,
  /** Pays a refund back, or asks what became of it: `{ teamId, refundId }`; or of a dispute: `{ teamId, disputeId }`. */
  refund: persistent,
  /** Brings a subscription and its twin at Stripe together: `{ teamId, subscriptionId }`. */
  subscription: persistent,
  /** Reads the payment methods of a team anew: `{ teamId }`. */
  'payment-methods': persistent,
  /** Sends a mail: `{ teamId, mailId }`. */
  mail: persistent,
  /** Tells a team that a payment has succeeded: `{ teamId, paymentId }`. */
  receipt: persistent,
} as const satisfies Readonly<Record<string, JobKind>>;

export type JobName = keyof typeof JOBS;

/** What a job is told: names of things, to be read anew when it is done. */
export type JobData = Readonly<Record<string, string>>;
