import type Stripe from 'stripe';
import { expect } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { publicId, type Uuid } from '../../src/id.ts';
import { expectHealthy } from './audit.ts';

/** The two sides that have to agree. */
export interface Sides {
  readonly db: Db;
  readonly stripe: Stripe;
}

/** Written anew here, so that a wrong number in the product is not compared with itself. */
const NANO_PER_CENT = 10_000_000n;
const CASH = 20;
const REFUND_PAID = 12;
const DISPUTE_LOST = 15;
const CHARGEBACK = 16;
const ALL = { limit: 10_000 };

/**
 * That all payments of a team are at Stripe and here, each once, to the cent; that each gave its credit once, to the
 * nano-credit; that refunds, disputes and invoices agree, and that nothing is left undone.
 */
export async function auditTeam(sides: Sides, teamId: Uuid): Promise<void> {
  const customers = await customersOf(sides, teamId);
  const intents = await intentsOf(sides, customers);
  await auditPayments(sides, teamId, intents);
  await auditGrants(sides, teamId);
  await auditRefunds(sides, teamId, intents);
  await auditDisputes(sides, teamId, intents);
  await auditInvoices(sides, teamId, customers);
  await auditCash(sides, teamId, intents);
  await auditNothingOpen(sides, teamId);
}

/** The product's own audits of everything, and that no money is at Stripe of which no team knows. */
export async function auditAll({ db, stripe }: Sides): Promise<void> {
  await expectHealthy(db);
  const charges = await stripe.charges.list({ limit: 100 }).autoPagingToArray(ALL);
  const known = await db.sql<{ charge: string }[]>`select charge from payments`;
  const paid = charges.filter(({ status }) => status === 'succeeded').map(({ id }) => id);
  expect(known.map(({ charge }) => charge).sort()).toEqual(paid.sort());
  const waiting = await db.sql`select id, type from stripe_events where status = 'RECEIVED'`;
  expect([...waiting]).toEqual([]);
}

/** Also one that was made with an answer that got lost: it must have paid nothing. */
async function customersOf({ stripe }: Sides, teamId: Uuid): Promise<string[]> {
  const all = await stripe.customers.list({ limit: 100 }).autoPagingToArray(ALL);
  return all.filter(({ metadata }) => metadata.teamId === publicId('team', teamId)).map(({ id }) => id);
}

async function intentsOf({ stripe }: Sides, customers: readonly string[]): Promise<Stripe.PaymentIntent[]> {
  const lists = customers.map((customer) =>
    stripe.paymentIntents.list({ customer, limit: 100 }).autoPagingToArray(ALL),
  );
  return (await Promise.all(lists)).flat().filter(({ status }) => status === 'succeeded');
}

async function auditPayments({ db }: Sides, teamId: Uuid, intents: readonly Stripe.PaymentIntent[]) {
  const here = await db.sql<{ intent: string; cents: bigint }[]>`
    select payment_intent as intent, amount_cents as cents from payments where team_id = ${teamId}`;
  const there = intents.map(({ id, amount_received }) => ({ intent: id, cents: BigInt(amount_received) }));
  expect(byKey(here), 'payments').toEqual(byKey(there));
}

async function auditGrants({ db }: Sides, teamId: Uuid): Promise<void> {
  const paid = await db.sql<{ grant: Uuid | null; cents: bigint; kind: string; bonus: Uuid | null }[]>`
    select grant_id as grant, amount_cents as cents, kind, bonus_grant_id as bonus from payments
    where team_id = ${teamId}`;
  const grants = await db.sql<{ grant: Uuid; granted: bigint; basis: bigint }[]>`
    select id as grant, granted_nano as granted, cost_basis_nano as basis from grants
    where team_id = ${teamId} and kind = 'PREPAID'`;
  const expected = paid.flatMap(({ grant, cents, kind }) => {
    if (kind !== 'SUBSCRIPTION') expect(grant, 'a purchase buys credit').not.toBeNull();
    const worth = cents * NANO_PER_CENT;
    return grant === null ? [] : [{ grant, granted: worth, basis: worth }];
  });
  expect(byKey(grants), 'exactly one grant of each payment').toEqual(byKey(expected));
  const bonuses = await db.sql<{ id: Uuid }[]>`
    select id from grants where team_id = ${teamId} and source = 'BONUS' order by id`;
  const promised = paid.flatMap(({ bonus }) => bonus ?? []).sort();
  expect(
    bonuses.map(({ id }) => id),
    'bonuses',
  ).toEqual(promised);
}

async function auditRefunds(
  { db, stripe }: Sides,
  teamId: Uuid,
  intents: readonly Stripe.PaymentIntent[],
): Promise<void> {
  const there: { intent: string; refund: string; cents: bigint; status: string }[] = [];
  for (const { id } of intents)
    for (const { id: refund, amount, status } of (
      await stripe.refunds.list({ payment_intent: id, limit: 100 })
    ).data)
      there.push({ intent: id, refund, cents: BigInt(amount), status: (status ?? '').toUpperCase() });
  const here = await db.sql<typeof there>`
    select p.payment_intent as intent, r.stripe_refund as refund, r.amount_cents as cents, r.status from refunds r
    join payments p on p.team_id = r.team_id and p.id = r.payment_id
    where r.team_id = ${teamId} and r.status not in ('REQUESTED', 'REJECTED')`;
  expect(byKey(here), 'refunds').toEqual(byKey(there));
  const left = there.filter(({ status }) => status !== 'FAILED');
  await expectSums({ db }, teamId, 'refunded_cents', left);
  const gone = left.reduce((sum, { cents }) => sum + cents, 0n);
  const entered = await posted({ db }, teamId, [REFUND_PAID]);
  expect(entered, 'what the books say was paid back').toBe(gone * NANO_PER_CENT);
}

const DISPUTED = new Map([
  ['won', 'WON'],
  ['lost', 'LOST'],
]);

async function auditDisputes(
  { db, stripe }: Sides,
  teamId: Uuid,
  intents: readonly Stripe.PaymentIntent[],
): Promise<void> {
  const there: { intent: string; dispute: string; cents: bigint; status: string }[] = [];
  for (const { id } of intents) {
    const { data } = await stripe.disputes.list({ payment_intent: id, limit: 100 });
    for (const { id: dispute, amount, status } of data)
      there.push({ intent: id, dispute, cents: BigInt(amount), status: DISPUTED.get(status) ?? 'OPEN' });
  }
  const here = await db.sql<typeof there>`
    select p.payment_intent as intent, d.stripe_id as dispute, d.amount_cents as cents, d.status from disputes d
    join payments p on p.team_id = d.team_id and p.id = d.payment_id where d.team_id = ${teamId}`;
  expect(byKey(here), 'disputes').toEqual(byKey(there));
  const counted = there.filter(({ status }) => status !== 'WON');
  await expectSums({ db }, teamId, 'disputed_cents', counted);
  const lost = there.filter(({ status }) => status === 'LOST').reduce((sum, { cents }) => sum + cents, 0n);
  const entered = await posted({ db }, teamId, [DISPUTE_LOST, CHARGEBACK]);
  expect(entered, 'what the books say a bank took').toBe(lost * NANO_PER_CENT);
}

/** What was taken back of each payment. */
async function expectSums(
  { db }: Pick<Sides, 'db'>,
  teamId: Uuid,
  column: 'refunded_cents' | 'disputed_cents',
  parts: readonly { readonly intent: string; readonly cents: bigint }[],
): Promise<void> {
  const rows = await db.sql<{ intent: string; cents: bigint }[]>`
    select payment_intent as intent, ${db.sql(column)} as cents from payments where team_id = ${teamId}`;
  const sums = rows.map(({ intent }) => ({
    intent,
    cents: parts.filter((part) => part.intent === intent).reduce((sum, { cents }) => sum + cents, 0n),
  }));
  expect(byKey(rows), column).toEqual(byKey(sums));
}

async function auditInvoices(
  { db, stripe }: Sides,
  teamId: Uuid,
  customers: readonly string[],
): Promise<void> {
  const lists = customers.map((customer) =>
    stripe.invoices.list({ customer, limit: 100 }).autoPagingToArray(ALL),
  );
  const paid = (await Promise.all(lists)).flat().filter(({ status }) => status === 'paid');
  const there = paid.map(({ id, amount_paid }) => ({ invoice: id ?? '', cents: BigInt(amount_paid) }));
  const here = await db.sql<typeof there>`
    select stripe_invoice as invoice, amount_cents as cents from plan_invoices where team_id = ${teamId}`;
  expect(byKey(here), 'invoices of plans').toEqual(byKey(there));
}

/** Our cash, as the books say, is what came in and did not go back. */
async function auditCash(
  { db }: Sides,
  teamId: Uuid,
  intents: readonly Stripe.PaymentIntent[],
): Promise<void> {
  const [row] = await db.sql<{ cash: bigint; paid: bigint; back: bigint }[]>`
    select (
        select coalesce(sum(case when debit_account = ${CASH} then amount_nano else -amount_nano end), 0)::int8
        from entries where team_id = ${teamId} and ${CASH} in (debit_account, credit_account)
      ) as cash,
      (select coalesce(sum(cost_basis_nano), 0)::int8 from grants where team_id = ${teamId} and kind = 'PREPAID') as paid,
      (select coalesce(sum(refunded_cents), 0)::int8 from payments where team_id = ${teamId}) as back`;
  const lost = await posted({ db }, teamId, [DISPUTE_LOST, CHARGEBACK]);
  expect(row?.cash, 'cash').toBe((row?.paid ?? 0n) - (row?.back ?? 0n) * NANO_PER_CENT - lost);
  const received = intents.reduce((sum, intent) => sum + BigInt(intent.amount_received), 0n);
  expect((row?.paid ?? 0n) <= received * NANO_PER_CENT, 'no more credit than was paid for').toBe(true);
}

/** What entries of these kinds have moved out of our cash, less what they moved into it. */
async function posted({ db }: Pick<Sides, 'db'>, teamId: Uuid, kinds: readonly number[]): Promise<bigint> {
  const [row] = await db.sql<{ sum: bigint }[]>`
    select coalesce(sum(case when credit_account = ${CASH} then amount_nano else -amount_nano end), 0)::int8 as sum
    from entries where team_id = ${teamId} and kind in ${db.sql([...kinds])}`;
  return row?.sum ?? 0n;
}

async function auditNothingOpen({ db }: Sides, teamId: Uuid): Promise<void> {
  const open = await db.sql`
    select 'top-up' as what, status from top_ups where team_id = ${teamId} and finished_at is null
    union all select 'attempt', status from recharge_attempts where team_id = ${teamId} and finished_at is null
    union all select 'refund', status from refunds where team_id = ${teamId} and status = 'PENDING'
    union all select 'subscription', coalesce(task, status) from subscriptions
      where team_id = ${teamId} and (task is not null or status = 'PENDING')
    union all select 'detaching', stripe_id from payment_methods where team_id = ${teamId} and detach_due`;
  expect([...open], 'nothing is left undone').toEqual([]);
}

/** In the order of their first column, so that two sides compare. */
function byKey<T extends object>(rows: readonly T[]): T[] {
  const keyOf = (row: T) =>
    JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return rows.map((row) => ({ ...row })).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
