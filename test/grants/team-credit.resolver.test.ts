import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { type Answer, ask } from '../charging/charge-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage } from '../support/world.ts';
import { type CreditApi, creditApi, key, member, operator } from './credit-api.ts';

const database = useDatabase();
const clock = movableClock();
const MINUTE = 60_000;
let api: CreditApi;
beforeAll(async () => {
  api = creditApi(database.db, clock);
  await api.world.model('chat-model', { REQUEST: '1' }, { product: 'chat' });
  await api.world.model('image-model', { REQUEST: '1' }, { product: 'image', gpuType: 'A100' });
});

/** What `operator` (or another) is answered about a team. */
function about<T>(
  teamId: Uuid,
  fields: string,
  actor: Actor = operator,
): Promise<Answer<{ team: T | null }>> {
  return ask(api.schema, database.db, actor, `query ($id: ID!) { team(id: $id) { ${fields} } }`, {
    id: publicId('team', teamId),
  });
}

async function team<T>(teamId: Uuid, fields: string): Promise<T> {
  const { data, errors } = await about<T>(teamId, fields);
  expect(errors).toEqual({});
  if (!data?.team) throw new Error('the team was not answered');
  return data.team;
}

const change = (teamId: Uuid, grantId: Uuid) => ({
  teamId,
  grantId,
  reason: 'test',
  idempotencyKey: newUuid(),
});

/** Charges one request of a model, and moves the clock a minute on. */
async function spend(teamId: Uuid, model: string): Promise<void> {
  const [result] = await api.world.charge(usage(teamId, model, { REQUEST: 1 }));
  if (!result?.ok) throw new Error(result?.refusal.message);
  clock.advance(MINUTE);
}

describe('the balance of a team', () => {
  test('says what is available, for what, and where it came from', async () => {
    const teamId = await api.world.team();
    const expiresAt = new Date(clock.now().getTime() + 5 * MINUTE);
    await api.world.grant(teamId, '2', { scope: { product: 'chat' }, expiresAt });
    await api.world.grant(teamId, '3', { scope: { gpuType: 'A100' } });
    await api.world.grant(teamId, '10', { kind: 'PREPAID' });
    const fields = `balance {
      posted available unrestricted held disputed unpaid byKind { promotional prepaid } seq nextDueAt asOf
      onChat: availableFor(scope: { model: "chat-model" })
      onImages: availableFor(scope: { model: "image-model" })
      onProduct: availableFor(scope: { product: "chat" })
      onGpu: availableFor(scope: { gpuType: "A100" })
      onAnything: availableFor(scope: {})
    }`;
    expect(await team(teamId, fields)).toEqual({
      balance: {
        ...{ posted: '15', available: '15', unrestricted: '10', held: '0', disputed: '0', unpaid: '0' },
        byKind: { promotional: '5', prepaid: '10' },
        ...{ seq: '3', nextDueAt: expiresAt.toISOString(), asOf: clock.now().toISOString() },
        ...{ onChat: '12', onImages: '13', onProduct: '12', onGpu: '13', onAnything: '10' },
      },
    });
    clock.advance(5 * MINUTE);
    expect(
      await team(teamId, 'balance { available nextDueAt availableFor(scope: { product: "chat" }) }'),
    ).toEqual({
      balance: { available: '13', nextDueAt: null, availableFor: '10' },
    });
  });

  test('is answered for past instants, and refused for future ones', async () => {
    const teamId = await api.world.team();
    const before = clock.now();
    clock.advance(MINUTE);
    await api.world.grant(teamId, '4');
    clock.advance(MINUTE);
    await spend(teamId, 'chat-model');
    const past = (when: Date) => `balance(at: "${when.toISOString()}") { available seq asOf nextDueAt }`;
    const granted = new Date(before.getTime() + MINUTE);
    expect(await team(teamId, past(before))).toEqual({
      balance: { available: '0', seq: '0', asOf: before.toISOString(), nextDueAt: null },
    });
    expect(await team(teamId, past(granted))).toMatchObject({ balance: { available: '4', seq: '1' } });
    expect(await team(teamId, past(clock.now()))).toMatchObject({ balance: { available: '3', seq: '2' } });
    const { errors } = await about(teamId, past(new Date(clock.now().getTime() + 1)));
    expect(errors).toEqual({ 'team.balance': 'BAD_USER_INPUT' });
  });

  test.for([
    ['of an unknown model', 'balance { availableFor(scope: { model: "none" }) }'],
    ['of a model and a product', 'balance { availableFor(scope: { model: "chat-model", product: "chat" }) }'],
    ['in the past', `balance(at: "2020-01-01T00:00:00Z") { availableFor(scope: {}) }`],
  ])('does not tell what is available for a scope %s', async ([, fields = '']) => {
    const { errors } = await about(await api.world.team(), fields);
    expect(errors).toEqual({ 'team.balance.availableFor': 'BAD_USER_INPUT' });
  });
});

describe('the journal of a team', () => {
  interface Listed {
    ledgerEntries: {
      edges: { cursor: string; node: Record<string, unknown> & { seq: string } }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
    };
  }
  const list = (args: string, fields = 'seq') =>
    `ledgerEntries${args} { edges { node { ${fields} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
  const seqs = async (teamId: Uuid, args: string) =>
    (await team<Listed>(teamId, list(args))).ledgerEntries.edges.map(({ node }) => Number(node.seq));

  /** Ten entries: two grants, six charges a minute apart, an extension of nothing, an expiry and a void. */
  async function busyTeam(): Promise<{ teamId: Uuid; chat: Uuid; prepaid: Uuid; startMs: number }> {
    const teamId = await api.world.team();
    const startMs = clock.now().getTime();
    const expiresAt = new Date(startMs + 7 * MINUTE);
    const chat = await api.world.grant(teamId, '4.5', { scope: { product: 'chat' }, expiresAt });
    const prepaid = await api.world.grant(teamId, '10', { kind: 'PREPAID' });
    for (const model of [
      'chat-model',
      'chat-model',
      'image-model',
      'chat-model',
      'chat-model',
      'image-model',
    ]) {
      await spend(teamId, model);
    }
    clock.advance(2 * MINUTE);
    await inTransaction(database.db, (tx) =>
      voidGrant(tx, change(teamId, prepaid), { kind: 0, id: null }, clock.now()),
    );
    return { teamId, chat, prepaid, startMs };
  }

  test('shows each movement with its accounts, amounts and balances', async () => {
    const { teamId, chat, startMs } = await busyTeam();
    const fields = `id seq kind debitAccount creditAccount amount availableChange availableAfter heldAfter disputedAfter
      unpaidAfter grantAfter grantId postedAt occurredAt actor { type id } reason correctsSeq hash
      grant { id status remaining expired }`;
    const { ledgerEntries } = await team<Listed>(teamId, list('(orderBy: SEQ_ASC)', fields));
    expect(
      ledgerEntries.edges.map(({ node }) => [node.seq, node.kind, node.amount, node.availableAfter]),
    ).toEqual([
      ['1', 'ISSUE', '4.5', '4.5'],
      ['2', 'ISSUE', '10', '14.5'],
      ['3', 'CHARGE', '1', '13.5'],
      ['4', 'CHARGE', '1', '12.5'],
      ['5', 'CHARGE', '1', '11.5'],
      ['6', 'CHARGE', '1', '10.5'],
      ['7', 'CHARGE', '1', '9.5'],
      ['8', 'CHARGE', '1', '8.5'],
      ['9', 'EXPIRY', '0.5', '8'],
      ['10', 'VOID', '8', '0'],
    ]);
    expect(ledgerEntries.edges[8]?.node).toMatchObject({
      ...{ debitAccount: 'GRANT', creditAccount: 'BREAKAGE', availableChange: '-0.5', grantAfter: '0' },
      ...{ heldAfter: '0', disputedAfter: '0', unpaidAfter: '0', reason: null, correctsSeq: null },
      grantId: publicId('grant', chat),
      occurredAt: new Date(startMs + 7 * MINUTE).toISOString(),
      postedAt: clock.now().toISOString(),
      actor: { type: 'SYSTEM', id: null },
      grant: { id: publicId('grant', chat), status: 'EXPIRED', remaining: '0', expired: '0.5' },
    });
  });

  test('is listed newest first, page by page, both ways', async () => {
    const { teamId } = await busyTeam();
    expect(await seqs(teamId, '')).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const read: number[] = [];
    for (let after = ''; ; ) {
      const { ledgerEntries } = await team<Listed>(teamId, list(`(first: 3${after})`));
      read.push(...ledgerEntries.edges.map(({ node }) => Number(node.seq)));
      if (!ledgerEntries.pageInfo.hasNextPage) break;
      after = `, after: "${ledgerEntries.pageInfo.endCursor}"`;
    }
    expect(read).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const last = await team<Listed>(teamId, list('(last: 4)'));
    expect(last.ledgerEntries.edges.map(({ node }) => node.seq)).toEqual(['4', '3', '2', '1']);
    const before = `(last: 4, before: "${last.ledgerEntries.pageInfo.startCursor}")`;
    expect(await seqs(teamId, before)).toEqual([8, 7, 6, 5]);
  });

  test('can be narrowed to kinds, a grant, a time and a range of numbers', async () => {
    const { teamId, chat, startMs } = await busyTeam();
    const minute = (n: number) => new Date(startMs + n * MINUTE).toISOString();
    expect(await seqs(teamId, '(filter: { kinds: [EXPIRY, VOID] })')).toEqual([10, 9]);
    expect(await seqs(teamId, `(filter: { grantId: "${publicId('grant', chat)}" })`)).toEqual([
      9, 7, 6, 4, 3, 1,
    ]);
    expect(await seqs(teamId, '(filter: { seq: { from: "3", to: "5" } })')).toEqual([5, 4, 3]);
    expect(
      await seqs(teamId, `(filter: { postedAt: { from: "${minute(1)}", before: "${minute(3)}" } })`),
    ).toEqual([5, 4]);
    expect(await seqs(teamId, `(filter: { postedAt: { before: "${minute(0)}" } })`)).toEqual([]);
    expect(await seqs(teamId, `(filter: { postedAt: { from: "${minute(6)}" } })`)).toEqual([10, 9]);
    const both = `(orderBy: SEQ_ASC, first: 1, filter: { kinds: [CHARGE], seq: { from: "6" } })`;
    expect(await seqs(teamId, both)).toEqual([6]);
    await expectHealthy(database.db);
  });

  test.for(['(first: 101)', '(first: 0)', '(filter: { grantId: "grant_x" })', '(after: "bm9uZQ")'])(
    'refuses arguments that cannot be meant: %s',
    async (args) => {
      const { errors } = await about(await api.world.team(), list(args));
      expect(errors).toEqual({ 'team.ledgerEntries': 'BAD_USER_INPUT' });
    },
  );
});

describe('the grants of a team', () => {
  interface Listed {
    grants: { edges: { node: Record<string, unknown> & { id: string } }[]; pageInfo: { endCursor: string } };
  }
  const list = (args: string, fields = 'id') =>
    `grants${args} { edges { node { ${fields} } } pageInfo { endCursor } }`;

  test('tell what became of each', async () => {
    const teamId = await api.world.team();
    const expiresAt = new Date(clock.now().getTime() + 5 * MINUTE);
    const grantId = await api.world.grant(teamId, '3', {
      scope: { product: 'chat' },
      expiresAt,
      priority: 7,
    });
    await spend(teamId, 'chat-model');
    clock.advance(9 * MINUTE);
    const later = new Date(clock.now().getTime() + MINUTE);
    const by = { kind: 2, id: newUuid() } as const;
    await inTransaction(database.db, (tx) =>
      extendGrant(tx, { ...change(teamId, grantId), expiresAt: later }, by, clock.now()),
    );
    await inTransaction(database.db, (tx) => voidGrant(tx, change(teamId, grantId), by, clock.now()));
    const fields = `id teamId kind source status scope { product model gpuType } priority amount remaining spent held expired
      voided costBasis effectiveAt expiresAt closedAt actor { type } reason
      changes { change expiresAtBefore expiresAtAfter amount at actor { type id } reason }`;
    const { grants } = await team<Listed>(teamId, list('', fields));
    expect(grants.edges[0]?.node).toEqual({
      id: publicId('grant', grantId),
      teamId: publicId('team', teamId),
      ...{ kind: 'PROMOTIONAL', source: 'GOODWILL', status: 'VOIDED', priority: 7, reason: 'test' },
      scope: { product: 'chat', model: null, gpuType: null },
      ...{ amount: '3', remaining: '0', spent: '1', held: '0', expired: '0', voided: '2', costBasis: '0' },
      effectiveAt: new Date(expiresAt.getTime() - 5 * MINUTE).toISOString(),
      expiresAt: later.toISOString(),
      closedAt: clock.now().toISOString(),
      actor: { type: 'SYSTEM' },
      changes: [
        {
          change: 'EXTENDED',
          expiresAtBefore: expiresAt.toISOString(),
          expiresAtAfter: later.toISOString(),
          amount: '2',
          at: clock.now().toISOString(),
          actor: { type: 'KEY', id: publicId('apiKey', by.id) },
          reason: 'test',
        },
        {
          change: 'VOIDED',
          expiresAtBefore: later.toISOString(),
          expiresAtAfter: later.toISOString(),
          amount: '2',
          at: clock.now().toISOString(),
          actor: { type: 'KEY', id: publicId('apiKey', by.id) },
          reason: 'test',
        },
      ],
    });
  });

  test('are in the state that time has brought them to, though nobody has booked it', async () => {
    const teamId = await api.world.team();
    const minute = (n: number) => new Date(clock.now().getTime() + n * MINUTE);
    const expiring = await api.world.grant(teamId, '1', { expiresAt: minute(2) });
    const starting = await api.world.grant(teamId, '2', { effectiveAt: minute(3) });
    const lasting = await api.world.grant(teamId, '4');
    const name = new Map([expiring, starting, lasting].map((id, i) => [publicId('grant', id), 'ESL'[i]]));
    const states = async (args: string) =>
      (await team<Listed>(teamId, list(args, 'id status remaining expired'))).grants.edges
        .map(({ node }) => `${name.get(node.id)} ${node.status} ${node.remaining} ${node.expired}`)
        .sort();
    expect(await states('')).toEqual(['E OPEN 1 0', 'L OPEN 4 0', 'S SCHEDULED 0 0']);
    clock.advance(2 * MINUTE);
    expect(await states('')).toEqual(['E EXPIRED 0 1', 'L OPEN 4 0', 'S SCHEDULED 0 0']);
    clock.advance(MINUTE);
    expect(await states('')).toEqual(['E EXPIRED 0 1', 'L OPEN 4 0', 'S OPEN 2 0']);
    expect(await states('(filter: { statuses: [OPEN] })')).toEqual(['L OPEN 4 0', 'S OPEN 2 0']);
    expect(await states('(filter: { statuses: [EXPIRED, SCHEDULED] })')).toEqual(['E EXPIRED 0 1']);
    const [row] = await database.db.sql`select seq from wallets where team_id = ${teamId}`;
    expect(row?.seq).toBe(2n);
  });

  test('can be narrowed and ordered, page by page', async () => {
    const teamId = await api.world.team();
    const minute = (n: number) => new Date(clock.now().getTime() + n * MINUTE);
    const a = await api.world.grant(teamId, '1', { expiresAt: minute(9) });
    clock.advance(1);
    const b = await api.world.grant(teamId, '1', { kind: 'PREPAID' });
    clock.advance(1);
    const c = await api.world.grant(teamId, '1', { expiresAt: minute(5), source: 'SIGN_UP' });
    clock.advance(1);
    const d = await api.world.grant(teamId, '1');
    const name = new Map([a, b, c, d].map((id, i) => [publicId('grant', id), 'abcd'[i]]));
    const names = async (args: string) => {
      let [found, after] = ['', ''];
      for (;;) {
        const { grants } = await team<Listed>(teamId, list(`(first: 1, ${args}${after})`));
        if (grants.edges.length === 0) return found;
        found += grants.edges.map(({ node }) => name.get(node.id)).join('');
        after = `, after: "${grants.pageInfo.endCursor}"`;
      }
    };
    expect(await names('orderBy: CREATED_DESC')).toBe('dcba');
    expect(await names('orderBy: CREATED_ASC')).toBe('abcd');
    expect(await names('orderBy: EXPIRES_ASC')).toMatch(/^ca(bd|db)$/);
    expect(await names('orderBy: CREATED_ASC, filter: { kind: PREPAID }')).toBe('b');
    expect(await names('orderBy: CREATED_ASC, filter: { sources: [SIGN_UP, PURCHASE] }')).toBe('bc');
    const { grants } = await team<Listed>(teamId, list('(last: 2, orderBy: EXPIRES_ASC)'));
    expect(grants.edges.map(({ node }) => name.get(node.id)).sort()).toEqual(['b', 'd']);
  });
});

describe('what a team can afford', () => {
  test('counts only credit that may be spent on it', async () => {
    const teamId = await api.world.team();
    await api.world.grant(teamId, '2', { scope: { product: 'chat' } });
    await api.world.grant(teamId, '1', { kind: 'PREPAID' });
    const afford = (amount: string, scope: string) => `canAfford(amount: "${amount}", scope: ${scope})`;
    const chat = '{ model: "chat-model" }';
    const fields = `a: ${afford('3', chat)} b: ${afford('3.000000001', chat)}
      c: ${afford('1', '{ model: "image-model" }')} d: ${afford('1.1', '{}')} e: canAfford(amount: "1")`;
    expect(await team(teamId, fields)).toEqual({ a: true, b: false, c: true, d: false, e: true });
  });
});

describe('who may see credit', () => {
  const fields =
    'balance { available } ledgerEntries { edges { node { id } } } grants { edges { node { id } } }';

  test('is everybody whose role or key says so', async () => {
    const teamId = await api.world.team();
    const { db } = database;
    const may: Actor[] = [
      operator,
      await member(db, teamId, 'OWNER'),
      await member(db, teamId, 'ADMIN'),
      key('TEAM', ['billing:read'], teamId),
      key('PLATFORM', ['billing:read']),
    ];
    for (const actor of may) expect((await about(teamId, fields, actor)).errors).toEqual({});
  });

  test('is no member or key without the right; they learn what is affordable and no more', async () => {
    const teamId = await api.world.team();
    await api.world.grant(teamId, '5');
    for (const actor of [await member(database.db, teamId, 'MEMBER'), key('TEAM', [], teamId)]) {
      expect((await about(teamId, 'canAfford(amount: "5")', actor)).data).toEqual({
        team: { canAfford: true },
      });
      for (const field of [
        'balance { available }',
        'grants { pageInfo { hasNextPage } }',
        'ledgerEntries { pageInfo { hasNextPage } }',
      ]) {
        const { data, errors } = await about(teamId, field, actor);
        expect(data).toBeNull();
        expect(Object.values(errors)).toEqual(['FORBIDDEN']);
      }
    }
  });

  test('is nobody of another team: it does not exist for them', async () => {
    const teamId = await api.world.team();
    const stranger = await member(database.db, await api.world.team(), 'OWNER');
    for (const field of [fields, 'canAfford(amount: "1")']) {
      const { errors } = await about(teamId, field, stranger);
      expect(errors).toEqual({ team: 'NOT_FOUND' });
    }
  });
});

describe('grants and entries by their ids', () => {
  const node =
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Grant { amount } ... on LedgerEntry { seq } } }';

  test('are found by those who may see them, and by nobody else', async () => {
    const teamId = await api.world.team();
    const id = publicId('grant', await api.world.grant(teamId, '5'));
    const { ledgerEntries } = await team<{ ledgerEntries: { edges: { node: { id: string } }[] } }>(
      teamId,
      'ledgerEntries { edges { node { id } } }',
    );
    const entry = ledgerEntries.edges[0]?.node.id ?? '';
    const ids = [id, entry];
    const answer = (actor: Actor) => ask(api.schema, database.db, actor, node, { ids });
    const seen = {
      nodes: [
        { id, amount: '5' },
        { id: entry, seq: '1' },
      ],
    };
    expect((await answer(operator)).data).toEqual(seen);
    expect((await answer(await member(database.db, teamId, 'ADMIN'))).data).toEqual(seen);
    const nothing = { nodes: [null, null] };
    expect((await answer(await member(database.db, teamId, 'MEMBER'))).data).toEqual(nothing);
    expect((await answer(await member(database.db, await api.world.team(), 'OWNER'))).data).toEqual(nothing);
    const unknown = [publicId('grant', newUuid()), `${entry.slice(0, -1)}7`];
    const { data } = await ask(api.schema, database.db, operator, node, { ids: unknown });
    expect(data).toEqual(nothing);
  });
});
