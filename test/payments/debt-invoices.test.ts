import { describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { debtInvoicesDue } from '../../src/payments/debt-invoices.ts';
import { addMember } from '../../src/teams/memberships.ts';
import { recordUser } from '../../src/teams/users.ts';
import { expectHealthy } from '../support/audit.ts';
import { useStripeWorld } from '../support/stripe-world.ts';
import { usage } from '../support/world.ts';
import { SYSTEM } from '../teams/people.ts';

const world = useStripeWorld((deps) => [{ dues: [debtInvoicesDue(deps)] }]);

/** A team that owes this much. */
async function debtor(credits: string): Promise<Uuid> {
  const teamId = await world.world.team({ debtLimit: '50' });
  await owe(teamId, credits);
  return teamId;
}

async function owe(teamId: Uuid, credits: string): Promise<void> {
  const model = `work-${newUuid()}`;
  await world.world.model(model, { REQUEST: '1' });
  const when = { afterTheFact: true, occurredAt: world.clock.now() };
  await world.world.charge(usage(teamId, model, { REQUEST: credits }, when));
}

/** To the first second of the next month, by UTC. */
async function endMonth(): Promise<void> {
  const now = world.clock.now();
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
  await world.advance(end - 1 - now.getTime());
  expect(await invoicesBegunSince(now)).toBe(0);
  await world.advance(1_001);
}

async function invoicesBegunSince(since: Date): Promise<number> {
  const rows = await world.db.sql`
    select 1 from debt_invoices where amount_cents > 0 and created_at > ${since.toISOString()}::timestamptz`;
  return rows.length;
}

/** What is owed, and what was charged for it, in cents. */
async function standing(teamId: Uuid) {
  const { sql } = world.db;
  const [wallet] = await sql<{ unpaid: bigint }[]>`
    select unpaid_nano as unpaid from wallets where team_id = ${teamId}`;
  const paid = await sql<{ cents: bigint }[]>`
    select amount_cents as cents from payments where team_id = ${teamId} and kind = 'DEBT_INVOICE'`;
  return { unpaid: formatCredits(wallet?.unpaid ?? 0n), charged: paid.map(({ cents }) => cents) };
}

async function mailsOf(teamId: Uuid): Promise<string[]> {
  const rows = await world.db.sql<{ subject: string }[]>`
    select subject from mails where team_id = ${teamId} and dedupe_key like 'debt:%'`;
  return rows.map(({ subject }) => subject);
}

describe('What a team owes when a month ends', () => {
  test.for([
    ['12.345678901', [1234n], '0.005678901'],
    ['0.509999999', [50n], '0.009999999'],
    ['0.499999999', [], '0.499999999'],
  ] as const)(
    'of %s credits is charged in whole cents, rounded down, from 50 cents up',
    async ([credits, charged, unpaid]) => {
      const teamId = await debtor(credits);
      await world.card(teamId);
      await endMonth();
      await world.settle();
      expect(await standing(teamId)).toEqual({ unpaid, charged });
      await expectHealthy(world.db);
    },
  );

  test('is charged once, and what is owed since then waits for the end of its month', async () => {
    const teamId = await debtor('2');
    await world.card(teamId);
    await endMonth();
    await owe(teamId, '3');
    await world.advance(86_400_000);
    expect(await standing(teamId)).toEqual({ unpaid: '3', charged: [200n] });
    await endMonth();
    expect(await standing(teamId)).toEqual({ unpaid: '0', charged: [200n, 300n] });
  });

  test('is asked for by mail, once, of a team without a card', async () => {
    const teamId = await debtor('2');
    await inTransaction(world.db, async (tx) => {
      const now = world.clock.now();
      const userId = await recordUser(tx, { subject: newUuid(), email: 'ada@example.com' }, now);
      await addMember(tx, { teamId, userId, role: 'ADMIN' }, SYSTEM, now);
    });
    await endMonth();
    await world.advance(86_400_000);
    expect(await mailsOf(teamId)).toEqual(['Unpaid balance of $2.00']);
    expect(await standing(teamId)).toEqual({ unpaid: '2', charged: [] });
  });
});
