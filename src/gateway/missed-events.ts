import type Stripe from 'stripe';
import { textArrayOf } from '../db/arrays.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { askStripe } from './ask-stripe.ts';
import type { StripeInbox, StripeInboxDeps } from './stripe-events.ts';

type MissedEventsDeps = Pick<StripeInboxDeps, 'db' | 'clock' | 'gateway'>;

const HOUR_MS = 3_600_000;
/** So long Stripe sends an event again that was not taken in. */
const SENT_AGAIN_MS = 72 * HOUR_MS;
const PAGE = 100;
/** Far more than Stripe keeps of an account that its webhooks work for. */
const LOOK_BACK = 100_000;

/**
 * Events that have never come: the endpoint was out of reach for longer than Stripe sends them again, was set up late, or
 * lacks a type. Disputes, and refunds that are made at Stripe, are known from their events alone.
 */
export class MissedEvents {
  private sweptMs: number | undefined;

  constructor(
    private readonly deps: MissedEventsDeps,
    private readonly inbox: StripeInbox,
  ) {}

  /**
   * Asks Stripe for its events, and takes in those that have not come. The first time it goes back until it finds only
   * what is known, and three days at least; then it begins where it has been. Answers how many had been missed.
   * @throws DomainError UNAVAILABLE: call again later.
   */
  async sweep(): Promise<number> {
    const startedMs = this.deps.clock.now().getTime();
    const missed = await this.missing(startedMs);
    // The oldest first, as they came about.
    for (const event of missed.reverse()) await this.inbox.takeIn(event);
    this.sweptMs = startedMs;
    return missed.length;
  }

  private async missing(nowMs: number): Promise<Stripe.Event[]> {
    const { stripe } = this.deps.gateway;
    const missed: Stripe.Event[] = [];
    const fromMs = this.sweptMs === undefined ? nowMs - SENT_AGAIN_MS : this.sweptMs - HOUR_MS;
    for (let after: string | undefined, seen = 0; seen < LOOK_BACK; seen += PAGE) {
      const page = await askStripe(() =>
        stripe.events.list({ limit: PAGE, ...(after === undefined ? {} : { starting_after: after }) }),
      );
      const unknown = await this.unknownOf(page.data);
      missed.push(...unknown);
      const last = page.data.at(-1);
      const isFarEnough = last === undefined || last.created * 1000 < fromMs;
      if (!page.has_more || (isFarEnough && unknown.length === 0)) break;
      after = last?.id;
    }
    return missed;
  }

  private async unknownOf(events: readonly Stripe.Event[]): Promise<Stripe.Event[]> {
    const types = new Set(this.inbox.types);
    const ours = events.filter(({ type }) => types.has(type));
    const ids = textArrayOf(ours.map(({ id }) => id));
    const rows = await this.deps.db.sql<{ id: string }[]>`
      select id from stripe_events where id = any(${ids}::text[])`;
    const known = new Set(rows.map(({ id }) => id));
    return ours.filter(({ id }) => !known.has(id));
  }
}

/** Takes in what was missed, when the process begins and every hour from then on. Several processes may do so at once. */
export function missedEventsLoop(
  deps: MissedEventsDeps & { readonly log: LoopLog },
  inbox: StripeInbox,
): Loop {
  const events = new MissedEvents(deps, inbox);
  const step = async (): Promise<number> => {
    const missed = await events.sweep();
    if (missed > 0) deps.log.warn({ missed }, 'events of Stripe had never come');
    return HOUR_MS;
  };
  return new Loop(step, { name: 'missed events of Stripe', restMs: HOUR_MS, log: deps.log });
}
