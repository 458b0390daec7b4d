import { DomainError } from '../../../src/domain-error.ts';
import type { Uuid } from '../../../src/id.ts';
import { formatCredits } from '../../../src/money.ts';
import type { PaymentDeps } from '../../../src/payments/payment-deps.ts';
import type { StripeWorld } from '../../support/stripe-world.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Who asks a process of ours for something. */
export interface Asking {
  /** Of the process that is asked: it may be about to die. */
  readonly deps: PaymentDeps;
  readonly teamId: Uuid;
  /** What was made in advance, such as a payment, by its name. */
  readonly made: ReadonlyMap<string, string>;
}

/** The same in the outside world. */
export interface Stage extends Asking {
  readonly world: StripeWorld;
}

/** Something that somebody does, and how business time goes on after it. */
export interface Act {
  /** A process of ours is asked for it; again, with the same keys, by whoever gets no answer. */
  readonly asks?: (asking: Asking) => Promise<unknown>;
  /** It happens without us; with neither, only time passes. */
  readonly happens?: (stage: Stage) => Promise<unknown>;
  /** Steps of time, in ms; what is due is done after each. */
  readonly waits?: readonly number[];
}

/** An operation, its circumstances, and what comes of it when nothing goes wrong, and also when something does. */
export interface Operation {
  readonly name: string;
  /** The request to Stripe that does it. */
  readonly decisive: string;
  /** What is there before; in the calm. */
  readonly before: (world: StripeWorld) => Promise<{ teamId: Uuid; made?: ReadonlyMap<string, string> }>;
  readonly acts: readonly Act[];
  /** In calm again: what would go on for ever is ended. */
  readonly ends?: (stage: Stage) => Promise<unknown>;
  readonly comesOut: Partial<Standing>;
}

/** Soon: time enough for what is looked at again when an answer was lost. */
const SOON = [0, 20 * SECOND_MS, MINUTE_MS] as const;

export function stepsOf({ waits }: Act): readonly number[] {
  return waits ?? SOON;
}

/** How a team stands, in words and credits. */
export interface Standing {
  readonly available: string;
  readonly disputed: string;
  readonly unpaid: string;
  readonly cards: number;
  readonly topUps: readonly string[];
  readonly refunds: readonly string[];
  readonly disputes: readonly string[];
  /** The oldest first: `workflow-pro ACTIVE`. */
  readonly plans: readonly string[];
}

export async function standingOf({ db }: StripeWorld, teamId: Uuid): Promise<Standing> {
  const [wallet] = await db.sql<{ available: bigint; disputed: bigint; unpaid: bigint; cards: bigint }[]>`
    select available_nano as available, disputed_nano as disputed, unpaid_nano as unpaid, (
      select count(*) from payment_methods where team_id = ${teamId} and removed_at is null) as cards
    from wallets where team_id = ${teamId}`;
  const told = await db.sql<{ what: string; text: string }[]>`
    select 'topUps' as what, concat_ws(' ', kind, status, failure_code) as text, id from top_ups where team_id = ${teamId}
    union all select 'refunds', status, id from refunds where team_id = ${teamId}
    union all select 'disputes', status, id from disputes where team_id = ${teamId}
    union all select 'plans', concat_ws(' ', v.code, s.status), s.id from subscriptions s
      join plan_versions v on v.id = s.plan_version_id where s.team_id = ${teamId} order by id`;
  if (!wallet) throw new Error('no such team');
  const of = (kind: string) => told.filter(({ what }) => what === kind).map(({ text }) => text);
  return {
    available: formatCredits(wallet.available),
    disputed: formatCredits(wallet.disputed),
    unpaid: formatCredits(wallet.unpaid),
    cards: Number(wallet.cards),
    topUps: of('topUps'),
    refunds: of('refunds'),
    disputes: of('disputes'),
    plans: of('plans'),
  };
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'UNAVAILABLE';
}
