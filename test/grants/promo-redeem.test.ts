import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { countingGuesses } from '../../src/grants/promo-guesses.ts';
import { redeemPromoCode, refusalIn } from '../../src/grants/promo-redeem.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { INSTALLATION } from '../../src/teams/audit.ts';
import { ask } from '../charging/charge-api.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { key, member, operator } from './credit-api.ts';
import { newCode, type PromoApi, promoApi, REDEEM, redeem } from './promo-api.ts';

const database = useDatabase();
const clock = movableClock();
const DAY = 86_400_000;
let api: PromoApi;
beforeAll(async () => {
  api = promoApi(database.db, clock);
  await api.world.model('chat-model', { REQUEST: '1' }, { product: 'chat' });
});
afterEach(async () => {
  api.address = undefined;
  await expectHealthy(database.db);
});

const inDays = (days: number) => new Date(clock.now().getTime() + days * DAY).toISOString();

/** A team with an owner. */
async function ownedTeam(): Promise<{ teamId: Uuid; owner: Actor }> {
  const teamId = await api.world.team();
  return { teamId, owner: await member(database.db, teamId, 'OWNER') };
}

async function redemptionsOf(code: string): Promise<{ counted: number; recorded: number }> {
  const [row] = await database.db.sql<{ counted: number; recorded: number }[]>`
    select redemptions as counted,
      (select count(*)::int from promo_redemptions r where r.promo_code_id = p.id) as recorded
    from promo_codes p where code = ${code}`;
  if (!row) throw new Error('no such code');
  return row;
}

const reasonOf = ({ userErrors }: Awaited<ReturnType<typeof redeem>>) => userErrors[0]?.reason;

describe('redeemPromoCode', () => {
  test('gives the credit that the code promises, at once', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api, {
      credits: '7.5',
      scope: { product: 'chat' },
      priority: 3,
      grantLastsDays: 30,
    });
    const answer = await redeem(api, owner, teamId, ` ${code.toLowerCase()} `);
    expect(answer).toMatchObject({
      grant: {
        amount: '7.5',
        kind: 'PROMOTIONAL',
        source: 'PROMO_CODE',
        status: 'OPEN',
        scope: { product: 'chat' },
        priority: 3,
        expiresAt: inDays(30),
        actor: { type: 'USER' },
        reason: `Promo code ${code}`,
      },
      balance: { available: '7.5' },
      replayed: false,
      userErrors: [],
    });
    expect(await redemptionsOf(code)).toEqual({ counted: 1, recorded: 1 });
  });

  test('answers a repeat with the same grant, also when nothing of the code is left', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api, { maxRedemptions: 1, endsAt: inDays(1) });
    const idempotencyKey = newUuid();
    const first = await redeem(api, owner, teamId, code, idempotencyKey);
    clock.advance(2 * DAY);
    const again = await redeem(api, owner, teamId, code.toLowerCase(), idempotencyKey);
    expect(again).toEqual({ ...first, replayed: true });
    const other = await redeem(api, owner, teamId, await newCode(api), idempotencyKey);
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', path: ['idempotencyKey'] }]);
    expect(await redemptionsOf(code)).toEqual({ counted: 1, recorded: 1 });
  });

  test('leaves the idempotency key free when it refuses', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api, { startsAt: inDays(1) });
    const idempotencyKey = newUuid();
    expect(reasonOf(await redeem(api, owner, teamId, code, idempotencyKey))).toBe('INVALID');
    clock.advance(DAY);
    expect(await redeem(api, owner, teamId, code, idempotencyKey)).toMatchObject({
      replayed: false,
      userErrors: [],
    });
  });

  test.for<[string, Record<string, unknown>, (teamId: Uuid) => Promise<unknown>]>([
    ['NOT_ELIGIBLE', { eligiblePlans: ['platform-pro'] }, async () => undefined],
    ['NOT_ELIGIBLE', { firstPurchaseOnly: true }, (teamId) => purchased(teamId)],
    ['EXPIRED', { endsAt: inDays(40) }, async () => clock.advance(60 * DAY)],
    ['EXPIRED', { grantExpiresAt: inDays(100) }, async () => clock.advance(60 * DAY)],
  ])('refuses with %s what its terms exclude, and takes none of it', async ([reason, terms, happens]) => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api, terms);
    await happens(teamId);
    const answer = await redeem(api, owner, teamId, code);
    expect(answer).toMatchObject({ grant: null, balance: null, replayed: false });
    const refused = { __typename: 'PromoCodeRefused', code: 'PROMO_CODE_REFUSED', path: ['code'], reason };
    expect(answer.userErrors).toMatchObject([refused]);
    expect(await redemptionsOf(code)).toEqual({ counted: 0, recorded: 0 });
  });

  async function purchased(teamId: Uuid): Promise<void> {
    await database.db.sql`update teams set first_purchase_at = created_at where id = ${teamId}`;
  }

  const onPlan = (teamId: Uuid, planCode: string) => database.db.sql`
    insert into team_plans (team_id, family, plan_code, entitlements, since)
    values (${teamId}, 'platform', ${planCode}, '{}', '2026-01-01Z')`;

  test('lets a team redeem what its plan or its first purchase makes it eligible for', async () => {
    const { teamId, owner } = await ownedTeam();
    await onPlan(teamId, 'platform-pro');
    const code = await newCode(api, {
      eligiblePlans: ['workflow-pro', 'platform-pro'],
      firstPurchaseOnly: true,
    });
    expect(await redeem(api, owner, teamId, code)).toMatchObject({ userErrors: [] });
  });

  test('takes a team without a plan of a family for one on the plan that is free for all', async () => {
    await onPlan(INSTALLATION, 'platform-personal');
    const code = await newCode(api, { eligiblePlans: ['platform-personal'] });
    const [free, paying] = [await ownedTeam(), await ownedTeam()];
    await onPlan(paying.teamId, 'platform-pro');
    expect(await redeem(api, free.owner, free.teamId, code)).toMatchObject({ userErrors: [] });
    expect(reasonOf(await redeem(api, paying.owner, paying.teamId, code))).toBe('NOT_ELIGIBLE');
  });

  test('tells that it was redeemed before whoever of the team did so, and that none is left', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api, { maxRedemptions: 1 });
    await redeem(api, owner, teamId, code);
    const admin = await member(database.db, teamId, 'ADMIN');
    expect(reasonOf(await redeem(api, admin, teamId, code))).toBe('ALREADY_REDEEMED');
    const other = await ownedTeam();
    expect(reasonOf(await redeem(api, other.owner, other.teamId, code))).toBe('LIMIT_REACHED');
  });

  test('is for owners and admins', async () => {
    const { teamId } = await ownedTeam();
    const code = await newCode(api);
    const input = { teamId: publicId('team', teamId), code, idempotencyKey: newUuid() };
    const others: [Actor, string][] = [
      [await member(database.db, teamId, 'MEMBER'), 'FORBIDDEN'],
      [key('TEAM', ['billing:read'], teamId), 'FORBIDDEN'],
      [key('PLATFORM', ['billing:read']), 'FORBIDDEN'],
      [operator, 'FORBIDDEN'],
      [(await ownedTeam()).owner, 'NOT_FOUND'],
      [{ kind: 'ANONYMOUS' }, 'UNAUTHENTICATED'],
    ];
    for (const [actor, code] of others) {
      const { errors } = await ask(api.schema, database.db, actor, REDEEM, { input });
      expect(errors).toEqual({ redeemPromoCode: code });
    }
  });
});

describe('of many who redeem at once', () => {
  test.for([
    [1, 50],
    [7, 50],
  ] as const)('%d get a code with that limit, of %d', async ([limit, redeemers]) => {
    const code = await newCode(api, { maxRedemptions: limit });
    const teams = await Promise.all(Array.from({ length: redeemers }, ownedTeam));
    const answers = await Promise.all(teams.map(({ teamId, owner }) => redeem(api, owner, teamId, code)));
    expect(answers.filter(({ grant }) => grant)).toHaveLength(limit);
    const refused = answers.filter(({ grant }) => !grant).map(reasonOf);
    expect(refused).toEqual(Array(redeemers - limit).fill('LIMIT_REACHED'));
    expect(await redemptionsOf(code)).toEqual({ counted: limit, recorded: limit });
    const richer = answers.filter(({ balance }) => balance?.available === '5');
    expect(richer).toHaveLength(limit);
  });

  test('one member of a team gets it, and the other is told', async () => {
    const { teamId, owner } = await ownedTeam();
    const admin = await member(database.db, teamId, 'ADMIN');
    const code = await newCode(api);
    const answers = await Promise.all(
      [owner, admin, owner, admin].map((actor) => redeem(api, actor, teamId, code)),
    );
    expect(answers.map(reasonOf).toSorted()).toEqual([...Array(3).fill('ALREADY_REDEEMED'), undefined]);
    expect(await redemptionsOf(code)).toEqual({ counted: 1, recorded: 1 });
  });

  test('repeats of one request get one grant', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api);
    const idempotencyKey = newUuid();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => redeem(api, owner, teamId, code, idempotencyKey)),
    );
    expect(new Set(answers.map(({ grant }) => grant?.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  test('a team gets each of several codes whatever the order in which they are tried', async () => {
    const { teamId } = await ownedTeam();
    const codes = await Promise.all(Array.from({ length: 6 }, () => newCode(api)));
    const tries = [...codes, ...codes.toReversed()].map((code) =>
      inTransaction(database.db, (tx) =>
        redeemPromoCode(
          tx,
          { teamId, code, userId: null, idempotencyKey: newUuid() },
          SYSTEM_ACTOR,
          clock.now(),
        ),
      ).catch((error: unknown) => refusalIn(error) ?? Promise.reject(error)),
    );
    const answers = await Promise.all(tries);
    expect(answers.filter((answer) => answer === 'ALREADY_REDEEMED')).toHaveLength(6);
  });
});

describe('guessing', () => {
  const THROTTLED = { redeemPromoCode: 'THROTTLED' };

  /** What trying a code answers: the code of its error, or its refusal. */
  async function attempt(actor: Actor, teamId: Uuid, code: string): Promise<unknown> {
    const input = { teamId: publicId('team', teamId), code, idempotencyKey: newUuid() };
    const { data, errors } = await ask<{ redeemPromoCode: Awaited<ReturnType<typeof redeem>> }>(
      api.schema,
      database.db,
      actor,
      REDEEM,
      { input },
    );
    return data?.redeemPromoCode ? reasonOf(data.redeemPromoCode) : errors;
  }

  const guesses = (actor: Actor, teamId: Uuid, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => attempt(actor, teamId, `guess-${i}`)));

  test('ends after ten codes in an hour, also when they are tried at once, whatever the team', async () => {
    const { teamId, owner } = await ownedTeam();
    const answers = await guesses(owner, teamId, 16);
    expect(answers.filter((answer) => answer === 'INVALID')).toHaveLength(10);
    expect(answers.filter((answer) => answer !== 'INVALID')).toEqual(Array(6).fill(THROTTLED));
    const code = await newCode(api);
    expect(await attempt(owner, teamId, code)).toEqual(THROTTLED);
    const admin = await member(database.db, teamId, 'ADMIN');
    expect(await attempt(admin, teamId, code)).toBeUndefined();
  });

  test('says in how many seconds it may go on, and may then', async () => {
    const { teamId, owner } = await ownedTeam();
    await guesses(owner, teamId, 10);
    if (owner.kind !== 'USER') throw new Error('an owner is a user');
    const name = `user:${owner.userId}`;
    await database.db.sql`update promo_guesses set at = at - interval '59 minutes' where guesser = ${name}`;
    const refused: unknown = await countingGuesses(database.db, [{ name, limit: 10 }], async () => 1).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'THROTTLED' });
    const seconds = refused instanceof DomainError ? Number(refused.details.retryAfterSeconds) : 0;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    await database.db.sql`update promo_guesses set at = at - interval '1 minute' where guesser = ${name}`;
    expect(await attempt(owner, teamId, 'guess')).toBe('INVALID');
    expect(await database.db.sql`select 1 from promo_guesses where guesser = ${name}`).toHaveLength(1);
  });

  test('is not what trying codes that exist is', async () => {
    const { teamId, owner } = await ownedTeam();
    const code = await newCode(api);
    const ended = await newCode(api, { endsAt: inDays(1) });
    clock.advance(DAY);
    for (let i = 0; i < 12; i++) {
      expect(await attempt(owner, teamId, code)).toBe(i === 0 ? undefined : 'ALREADY_REDEEMED');
      expect(await attempt(owner, teamId, ended)).toBe('EXPIRED');
    }
    expect(await attempt(owner, teamId, 'guess')).toBe('INVALID');
  });

  test('is counted together for users who come from one network, and for no others', async () => {
    const teams = await Promise.all(Array.from({ length: 6 }, ownedTeam));
    const [last, ...rest] = teams;
    if (!last) throw new Error('there are teams');
    for (const [i, { teamId, owner }] of rest.entries()) {
      api.address = `2001:db8:0:1::${i}`;
      expect(await guesses(owner, teamId, 10)).toEqual(Array(10).fill('INVALID'));
    }
    expect(await attempt(last.owner, last.teamId, 'guess')).toEqual(THROTTLED);
    api.address = '2001:db8:0:2::1';
    expect(await attempt(last.owner, last.teamId, 'guess')).toBe('INVALID');
  });
});
