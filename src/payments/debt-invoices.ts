import { SYSTEM_ACTOR } from '../actor.ts';
import type { Reader, Tx } from '../db/client.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import type { Uuid } from '../id.ts';
import type { Due } from '../jobs/due.ts';
import { balanceAt, balanceOf } from '../ledger/balance.ts';
import { writeMail } from '../mail/outbox.ts';
import { minNano } from '../money.ts';
import { formatUsd } from './amounts.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { chosenMethod } from './payment-methods.ts';
import { startTopUp } from './start-top-up.ts';

/** What Stripe charges a card at least, in cents. */
const LEAST_CENTS = 50n;
const AT_ONCE = 100;

/**
 * What teams owe when a month ends, by UTC, is invoiced: their default card is charged whole cents of it, rounded down,
 * from 50 cents up. The credit that this buys pays the debt. Who has no card is asked to pay; any purchase pays debt first.
 */
export function debtInvoicesDue(deps: PaymentDeps): Due {
  return {
    name: 'unpaid balances',
    nextAt: (reader) => nextInvoiceAt(reader, deps.clock.now()),
    enqueueDue: (tx, now) => invoiceDebts(tx, deps, now),
  };
}

/** When the month of an instant began, by UTC. */
export function monthOf(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
}

/** Teams that owe something are looked at once a month, whatever they owed when it began. */
async function nextInvoiceAt({ sql }: Reader, now: Date): Promise<Date | undefined> {
  const month = monthOf(now);
  const [row] = await sql<{ owes: boolean; isDue: boolean }[]>`
    select exists (select 1 from wallets w where w.unpaid_nano > 0) as owes, exists (
      select 1 from wallets w where w.unpaid_nano > 0 and ${notSeen(sql, month)}) as "isDue"`;
  if (row?.isDue) return month;
  return row?.owes ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)) : undefined;
}

function notSeen(sql: Reader['sql'], month: Date) {
  return sql`not exists (
    select 1 from debt_invoices d where d.team_id = w.team_id and d.month = ${month.toISOString()}::timestamptz)`;
}

async function invoiceDebts(tx: Tx, deps: PaymentDeps, now: Date): Promise<number> {
  const month = monthOf(now);
  const debtors = await tx.sql<{ team_id: Uuid }[]>`
    select w.team_id from wallets w where w.unpaid_nano > 0 and ${notSeen(tx.sql, month)}
    order by w.team_id limit ${AT_ONCE}`;
  for (const { team_id: teamId } of debtors) await invoiceDebt(tx, deps, teamId, month, now);
  return debtors.length;
}

async function invoiceDebt(tx: Tx, deps: PaymentDeps, teamId: Uuid, month: Date, now: Date): Promise<void> {
  await lockPayments(tx, teamId);
  const amountCents = await owedAtEndOf(tx, teamId, month, now);
  const fresh = await tx.sql`
    insert into debt_invoices (team_id, month, amount_cents, created_at)
    values (${teamId}, ${month.toISOString()}::timestamptz, ${amountCents}, ${now.toISOString()}::timestamptz)
    on conflict do nothing returning 1`;
  if (fresh.length === 0 || amountCents < LEAST_CENTS) return;
  const method = await chosenMethod(tx, teamId, null);
  if (!method) return askToPay(tx, deps, { teamId, amountCents, month, now });
  const topUp = await startTopUp(
    tx,
    {
      teamId,
      kind: 'DEBT_INVOICE',
      flow: 'SAVED_METHOD',
      amountCents,
      bonusNano: 0n,
      paymentMethodId: method.id,
      returnUrl: null,
      actor: SYSTEM_ACTOR,
    },
    now,
  );
  await tx.sql`
    update debt_invoices set top_up_id = ${topUp.id}
    where team_id = ${teamId} and month = ${month.toISOString()}::timestamptz`;
  await deps.jobs.enqueue(tx, 'top-up', { teamId, topUpId: topUp.id });
}

/** What was owed when the last month ended and is owed still, in whole cents. */
async function owedAtEndOf(tx: Tx, teamId: Uuid, month: Date, now: Date): Promise<bigint> {
  const lastInstant = new Date(month.getTime() - 1);
  const then = await balanceAt(tx, teamId, lastInstant, now);
  const today = await balanceOf(tx, teamId, now);
  const owedNano = minNano(then?.balances.unpaidNano ?? 0n, today?.balances.unpaidNano ?? 0n);
  return owedNano / NANO_PER_CENT;
}

interface Owed {
  readonly teamId: Uuid;
  readonly amountCents: bigint;
  readonly month: Date;
  readonly now: Date;
}

async function askToPay(
  tx: Tx,
  { jobs }: PaymentDeps,
  { teamId, amountCents, month, now }: Owed,
): Promise<void> {
  const mail = {
    teamId,
    to: 'ADMINS' as const,
    subject: `Unpaid balance of ${formatUsd(amountCents)}`,
    text:
      `Your team owes ${formatUsd(amountCents)} for usage that its credit did not cover. ` +
      'There is no card that could be charged: buy credit, and what is owed is paid from it first.',
    dedupeKey: `debt:${teamId}:${month.toISOString()}`,
  };
  await writeMail(tx, mail, { jobs, now });
}
