import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { NANO_PER_CENT } from '../../src/gateway/payment.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { TRANSACTION_KINDS } from '../../src/statements/transaction.ts';
import { transactionsBeyond } from '../../src/statements/transaction-reads.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, type World, worldOn } from '../support/world.ts';
import { PaymentWorld } from './transaction-world.ts';
import { type TransactionsApi, transactionsApi } from './transactions-api.ts';

const database = useDatabase();
const clock = movableClock();
const MINUTE = 60_000;
let api: TransactionsApi;
let world: World;
let payments: PaymentWorld;
beforeAll(async () => {
  api = transactionsApi(database.db, clock);
  world = worldOn(database.db, clock);
  payments = new PaymentWorld(database.db, clock);
  await world.model('m', { REQUEST: '1' });
});

interface Node {
  id: string;
  kind: string;
  amount: { amount: string } | null;
  credits: string;
  status: string;
  recurrence: string;
  date: string;
  description: string;
}
interface Listed {
  team: {
    transactions: {
      edges: { node: Node }[];
      pageInfo: { endCursor: string; startCursor: string; hasNextPage: boolean };
    };
  } | null;
}

function list(teamId: Uuid, args = '', actor: Actor = operator) {
  const query = `query ($id: ID!) { team(id: $id) { transactions${args} {
    edges { node { id kind amount { amount currency } credits status recurrence date description receiptNumber
      payment { id } receiptUrl refundId disputeId grantId entryId } }
    pageInfo { startCursor endCursor hasNextPage } } } }`;
  return ask<Listed>(api.schema, database.db, actor, query, { id: publicId('team', teamId) });
}

async function listed(teamId: Uuid, args = '') {
  const { data, errors } = await list(teamId, args);
  expect(errors).toEqual({});
  if (!data?.team) throw new Error('the team was not answered');
  return data.team.transactions;
}

const lines = async (teamId: Uuid, args = '(orderBy: DATE_ASC)') =>
  (await listed(teamId, args)).edges.map(
    ({ node }) => `${node.kind} ${node.amount?.amount ?? '-'} ${node.credits} ${node.status}`,
  );

const step = () => clock.advance(MINUTE);

/** A team to which everything has happened that there is. */
async function eventfulTeam(): Promise<Uuid> {
  const teamId = await world.team({ debtLimit: '1000' });
  await world.grant(teamId, '1', {
    source: 'SIGN_UP',
    expiresAt: new Date(clock.now().getTime() + 6 * MINUTE),
  });
  step();
  const bought = await payments.pay(teamId, { cents: 5000n, bonusNano: 2_500_000_000n });
  step();
  await payments.refund(bought, 1000n, 'SUCCEEDED');
  step();
  await payments.refund(bought, 100n, 'FAILED');
  step();
  await payments.pay(teamId, { kind: 'SUBSCRIPTION', cents: 2000n, credit: false, description: 'Pro plan' });
  step();
  const plan = await payments.pay(teamId, {
    kind: 'SUBSCRIPTION',
    cents: 1900n,
    description: 'Workflow plan',
  });
  clock.advance(5 * MINUTE);
  await world.charge(usage(teamId, 'm', { REQUEST: 8 }));
  const won = await payments.dispute(plan);
  step();
  await won.close('WON');
  step();
  const recharge = await payments.pay(teamId, { kind: 'AUTO_RECHARGE', cents: 1000n });
  await world.charge(usage(teamId, 'm', { REQUEST: 60 }));
  const lost = await payments.dispute(recharge);
  step();
  await lost.close('LOST');
  step();
  await world.charge(usage(teamId, 'm', { REQUEST: 70 }, { afterTheFact: true }));
  await world.grant(teamId, '3', { source: 'PROMO_CODE', reason: 'WELCOME' });
  return teamId;
}

describe('the transactions of a team', () => {
  test('are everything that moved its money or credit, in order, and usage when it is asked for', async () => {
    const teamId = await eventfulTeam();
    expect(await lines(teamId)).toEqual([
      'SIGN_UP - 1 COMPLETED',
      'BONUS - 2.5 COMPLETED',
      'PURCHASE 50 50 COMPLETED',
      'REFUND -10 -10 COMPLETED',
      'REFUND 0 0 FAILED',
      'SUBSCRIPTION 20 0 COMPLETED',
      'SUBSCRIPTION 19 19 COMPLETED',
      'EXPIRY - -1 COMPLETED',
      'DISPUTE_OPENED -19 0 COMPLETED',
      'DISPUTE_WON 19 0 COMPLETED',
      'AUTO_RECHARGE 10 10 COMPLETED',
      'DISPUTE_OPENED -10 -3.5 COMPLETED',
      'CHARGEBACK - -6.5 COMPLETED',
      'DISPUTE_LOST 0 0 COMPLETED',
      'PROMO_CODE - 3 COMPLETED',
    ]);
    const spent = await lines(teamId, '(filter: { kinds: [USAGE] }, first: 100)');
    expect(spent.length).toBeGreaterThan(2);
    expect(spent.every((line) => /^USAGE - -[\d.]+ COMPLETED$/.test(line))).toBe(true);
    await expectHealthy(database.db);
  });

  test('add up: their credits to what the team has less what it owes, their amounts to what it has paid', async () => {
    const teamId = await eventfulTeam();
    const all = await transactionsBeyond(database.db, teamId, {
      filter: { kinds: TRANSACTION_KINDS },
      ascending: true,
      beyond: undefined,
      limit: 1000,
    });
    const [has] = await database.db.sql<{ credits: bigint; cents: bigint }[]>`
      select w.available_nano + w.held_nano - w.unpaid_nano as credits,
        (select sum(p.amount_cents - p.refunded_cents - p.disputed_cents)::int8 from payments p where p.team_id = w.team_id) as cents
      from wallets w where w.team_id = ${teamId}`;
    expect(all.reduce((sum, { creditsNano }) => sum + creditsNano, 0n)).toBe(has?.credits);
    expect(all.reduce((sum, { amountCents }) => sum + (amountCents ?? 0n), 0n)).toBe(has?.cents);
    expect(has?.cents).toBe(5000n - 1000n + 2000n + 1900n + 1000n - 1000n);
  });

  test('are pages that tile the list, both ways, whatever happened in the same millisecond', async () => {
    const teamId = await world.team();
    for (let at = 0; at < 3; at++) {
      const paid = await payments.pay(teamId, { bonusNano: 10n });
      await payments.refund(paid, 500n, 'PENDING');
      await payments.refund(paid, 500n, 'SUCCEEDED');
      await payments.dispute(await payments.pay(teamId));
      await world.grant(teamId, '1');
      if (at === 1) step();
    }
    for (const order of ['DATE_ASC', 'DATE_DESC']) {
      const whole = (await listed(teamId, `(first: 100, orderBy: ${order})`)).edges.map(
        ({ node }) => node.id,
      );
      expect(whole).toHaveLength(21);
      expect(new Set(whole).size).toBe(21);
      for (const size of [1, 2, 5]) {
        const forward: string[] = [];
        for (let after = ''; ; ) {
          const page = await listed(teamId, `(first: ${size}, orderBy: ${order}${after})`);
          forward.push(...page.edges.map(({ node }) => node.id));
          if (!page.pageInfo.hasNextPage) break;
          after = `, after: "${page.pageInfo.endCursor}"`;
        }
        expect(forward).toEqual(whole);
        const last = await listed(teamId, `(last: ${size}, orderBy: ${order})`);
        const before = await listed(
          teamId,
          `(last: 100, orderBy: ${order}, before: "${last.pageInfo.startCursor}")`,
        );
        expect([...before.edges, ...last.edges].map(({ node }) => node.id)).toEqual(whole);
      }
    }
  });

  test('can be narrowed to kinds, a period and recurrence', async () => {
    const teamId = await eventfulTeam();
    const all = (await listed(teamId, '(first: 100, orderBy: DATE_ASC)')).edges.map(({ node }) => node);
    const ids = (nodes: Node[]) => nodes.map(({ id }) => id);
    const narrowed = async (filter: string) =>
      ids(
        (await listed(teamId, `(first: 100, orderBy: DATE_ASC, filter: { ${filter} })`)).edges.map(
          ({ node }) => node,
        ),
      );
    for (const kind of TRANSACTION_KINDS.filter((one) => one !== 'USAGE')) {
      expect(await narrowed(`kinds: [${kind}]`)).toEqual(ids(all.filter((one) => one.kind === kind)));
    }
    expect(await narrowed('kinds: []')).toEqual([]);
    for (const recurrence of ['ONE_TIME', 'RECURRING']) {
      const expected = all.filter((one) => one.recurrence === recurrence);
      expect(expected.length).toBeGreaterThan(0);
      expect(await narrowed(`recurrence: ${recurrence}`)).toEqual(ids(expected));
    }
    const [from, to] = [all[2]?.date ?? '', all[9]?.date ?? ''];
    const within = all.filter(({ date }) => date >= from && date < to);
    expect(within.length).toBeGreaterThan(5);
    expect(await narrowed(`from: "${from}", to: "${to}"`)).toEqual(ids(within));
    const both = within.filter((one) => one.kind === 'SUBSCRIPTION' || one.kind === 'REFUND');
    expect(await narrowed(`from: "${from}", to: "${to}", kinds: [REFUND, SUBSCRIPTION]`)).toEqual(ids(both));
  });

  test.for([
    ['(first: 101)', 'a page too large'],
    ['(after: "bm9uZQ")', 'a cursor of nothing'],
    [`(after: "${cursorOf(['2026-01-01T00:00:00.000Z', '1', "'; drop"])}")`, 'a cursor that names no row'],
    [`(after: "${cursorOf(['2026-01-01T00:00:00.000Z', '0', newUuid()])}")`, 'a cursor of another source'],
    [`(after: "${cursorOf(['2026-01-01T00:00:00.000Z', '-1', newUuid()])}")`, 'a cursor of no source'],
    ['(filter: { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" })', 'a period that ends first'],
  ])('are not listed for %s: %s', async ([args = '']) => {
    const { errors } = await list(await world.team(), args);
    expect(errors).toEqual({ 'team.transactions': 'BAD_USER_INPUT' });
  });

  test('are seen by those who may see its billing, and their payments too, and by nobody else', async () => {
    const teamId = await world.team();
    const { id } = await payments.pay(teamId);
    const { db } = database;
    const node = (actor: Actor) =>
      ask<{ node: object | null }>(
        api.schema,
        db,
        actor,
        'query ($id: ID!) { node(id: $id) { ... on Payment { id amount { amount currency } receiptUrl card { last4 } } } }',
        { id: publicId('payment', id) },
      );
    for (const actor of [
      await member(db, teamId, 'ADMIN'),
      key('TEAM', ['billing:read'], teamId),
      key('PLATFORM', ['billing:read']),
    ]) {
      expect((await list(teamId, '', actor)).errors).toEqual({});
      expect((await node(actor)).data?.node).toMatchObject({
        id: publicId('payment', id),
        amount: { amount: '50', currency: 'USD' },
        card: { last4: '4242' },
      });
    }
    const strangers = [
      [await member(db, teamId, 'MEMBER'), 'team.transactions', 'FORBIDDEN'],
      [key('TEAM', [], teamId), 'team.transactions', 'FORBIDDEN'],
      [await member(db, await world.team(), 'OWNER'), 'team', 'NOT_FOUND'],
    ] as const;
    for (const [actor, path, code] of strangers) {
      expect((await list(teamId, '', actor)).errors).toEqual({ [path]: code });
      expect((await node(actor)).data?.node).toBeNull();
    }
  });

  test('say nothing of other teams', async () => {
    const mine = await world.team();
    await payments.pay(await world.team());
    expect(await lines(mine)).toEqual([]);
  });

  test('tell credit apart that was given without a payment, whatever it is called', async () => {
    const teamId = await world.team();
    await world.grant(teamId, '7', { kind: 'PREPAID', reason: 'Paid by bank transfer' });
    await payments.pay(teamId, { cents: 700n });
    expect(await lines(teamId)).toEqual(['GRANT - 7 COMPLETED', 'PURCHASE 7 7 COMPLETED']);
    expect(700n * NANO_PER_CENT).toBe(7_000_000_000n);
  });
});

function cursorOf(values: string[]): string {
  return Buffer.from(JSON.stringify(['team.transactions.DATE_DESC', ...values])).toString('base64url');
}
