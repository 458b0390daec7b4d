import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { capUsedAt } from '../../src/charging/cap.ts';
import type { Charge, ChargeRequest } from '../../src/charging/charge.ts';
import { sweepHolds } from '../../src/charging/hold-sweeper.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import type { SetSpendCap } from '../../src/charging/set-spend-cap.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid } from '../../src/id.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage } from '../support/world.ts';
import { newKey, newTeam } from '../teams/people.ts';
import { type CappedTeam, capFaults, cappedTeam, ONE, placeHold } from './capped-team.ts';

const database = useDatabase();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 10:00 on a day in the middle of a month. */
const TEN_MS = Date.UTC(2026, 10, 24, 10);

async function setting(credits?: string) {
  const clock = movableClock(TEN_MS);
  const team = await cappedTeam(database.db, clock, credits);
  const use = async (requests: number, options: Partial<ChargeRequest> = {}): Promise<Charge> => {
    const [result] = await team.world.charge(usage(team.teamId, team.model, { REQUEST: requests }, options));
    if (!result?.ok) throw new Error(`refused: ${result?.refusal.code}`);
    return result.charge;
  };
  return { clock, team, use };
}

const stored = ({ teamId }: CappedTeam) =>
  database.db.sql<{ version: bigint; capped: boolean; caps: bigint; events: bigint }[]>`
    select version, capped, (select count(*) from spend_caps where team_id = ${teamId}) as caps,
      (select count(*) from audit_events where team_id = ${teamId}) as events
    from wallets where team_id = ${teamId}`;

const subjects = (team: CappedTeam): [string, Partial<SetSpendCap>, Partial<ChargeRequest>][] => [
  ['a member', { subject: 'MEMBER', subjectId: team.memberId }, { memberId: team.memberId }],
  ['a key', { subject: 'API_KEY', subjectId: team.apiKeyId }, { apiKeyId: team.apiKeyId }],
  ['a model', { subject: 'MODEL', subjectId: team.modelId }, {}],
];

describe('a new cap', () => {
  test.for([0, 1, 2])('counts what was charged for its subject in the present day (%i)', async (which) => {
    const { clock, team, use } = await setting();
    const [, subject, attribution] = subjects(team)[which] ?? [];
    if (which < 2) await use(50);
    await use(7, attribution);
    clock.advance(DAY_MS);
    await use(2, attribution);
    // Usage of yesterday that is reported today is charged today.
    await use(1, { ...attribution, occurredAt: new Date(TEN_MS) });
    const { cap } = await team.set({ ...subject, period: 'DAY' });
    expect(cap).toMatchObject({ spentNano: 3n * ONE, heldNano: 0n, periodAtMs: Date.UTC(2026, 10, 25) });
    expect((await team.set({ ...subject, period: 'MONTH' })).cap).toMatchObject({
      spentNano: 10n * ONE,
      periodAtMs: Date.UTC(2026, 10, 1),
    });
    expect(await capFaults(team)).toEqual([]);
  });

  test('leaves out what was given back, and what was never charged', async () => {
    const { clock, team, use } = await setting('10');
    const { memberId } = team;
    const { id: chargeId } = await use(3, { memberId });
    await use(4, { memberId });
    expect(await use(100, { memberId, afterTheFact: true })).toMatchObject({ status: 'UNBILLED' });
    const reversal = { chargeId, reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(database.db, (tx) => reverseCharge(tx, reversal, SYSTEM_ACTOR, clock.now()));
    expect((await team.set({})).cap).toMatchObject({ spentNano: 4n * ONE });
  });

  test('counts open holds of its subject, and no others', async () => {
    const { team } = await setting();
    const { memberId, apiKeyId } = team;
    const batcher = team.world.batcher();
    const placed = await batcher.holds([
      placeHold(team, 3, { memberId }),
      placeHold(team, 5, { memberId, apiKeyId }),
      placeHold(team, 7, {}),
      placeHold(team, 11, { memberId }),
    ]);
    const released = placed[3]?.ok ? placed[3].hold.id : '';
    await batcher.holds([
      { what: 'RELEASE_HOLD', teamId: team.teamId, holdId: released, actor: SYSTEM_ACTOR },
    ]);
    expect((await team.set({ limitNano: ONE })).cap).toMatchObject({ spentNano: 0n, heldNano: 8n * ONE });
    expect(await capFaults(team)).toEqual([]);
  });

  test('counts a hold that was placed long before the last sweep and is open still', async () => {
    const { clock, team } = await setting();
    const { memberId, teamId, world } = team;
    const batcher = world.batcher();
    const [placed] = await batcher.holds([{ ...placeHold(team, 3, { memberId }), lifeMs: HOUR_MS }]);
    const holdId = placed?.ok ? placed.hold.id : '';
    clock.advance(HOUR_MS - 1);
    const extended = await batcher.holds([
      { what: 'EXTEND_HOLD', teamId, holdId, lifeMs: 23 * HOUR_MS, actor: SYSTEM_ACTOR },
    ]);
    expect(extended).toMatchObject([{ ok: true }]);
    clock.advance(22 * HOUR_MS);
    await sweepHolds(database.db, batcher, clock, 100);
    expect((await team.set({})).cap).toMatchObject({ heldNano: 3n * ONE });
  });

  test('is felt at once by a process that remembers the team without it', async () => {
    const { team } = await setting();
    const batcher = team.world.batcher();
    const request = () => usage(team.teamId, team.model, { REQUEST: 1 }, { memberId: team.memberId });
    expect(await batcher.charge([request()])).toMatchObject([{ ok: true }]);
    await team.set({ limitNano: ONE });
    expect(await batcher.charge([request()])).toMatchObject([
      { ok: false, refusal: { code: 'SPEND_CAP_EXCEEDED' } },
    ]);
    await team.set({ limitNano: 2n * ONE });
    expect(await batcher.charge([request()])).toMatchObject([{ ok: true }]);
    await team.set({ limitNano: null });
    expect(await batcher.charge([request()])).toMatchObject([{ ok: true }]);
  });

  test('is recorded with who set it', async () => {
    const { clock, team } = await setting();
    await team.set({ limitNano: ONE });
    clock.advance(1);
    await team.set({ limitNano: null });
    const events = await database.db.sql`
      select action, details from audit_events where team_id = ${team.teamId} and action like 'spend-cap%' order by id`;
    const details = { subject: 'MEMBER', subjectId: team.memberId, period: 'DAY', limit: '1' };
    expect(events).toMatchObject([
      { action: 'spend-cap.set', details },
      { action: 'spend-cap.removed', details },
    ]);
  });
});

describe('a cap that is there', () => {
  test('keeps its id and counters when its limit changes', async () => {
    const { team, use } = await setting();
    const { cap } = await team.set({ limitNano: 5n * ONE });
    await use(2, { memberId: team.memberId });
    const changed = await team.set({ limitNano: 9n * ONE });
    expect(changed.cap).toMatchObject({ id: cap?.id, limitNano: 9n * ONE, spentNano: 2n * ONE });
    expect(await team.cap()).toEqual(changed.cap);
  });

  test('is gone once its limit is null, and the wallet knows when it was the last', async () => {
    const { team } = await setting();
    await team.set({ period: 'DAY' });
    await team.set({ period: 'MONTH' });
    expect(await team.set({ period: 'DAY', limitNano: null })).toEqual({ cap: undefined, replayed: false });
    expect(await stored(team)).toMatchObject([{ capped: true, caps: 1n }]);
    await team.set({ period: 'MONTH', limitNano: null });
    expect(await stored(team)).toMatchObject([{ capped: false, caps: 0n }]);
  });

  test('can be changed and removed after its member has left', async () => {
    const { team } = await setting();
    await team.set({ limitNano: ONE });
    await database.ownerDb.sql`delete from memberships where team_id = ${team.teamId}`;
    expect((await team.set({ limitNano: 2n * ONE })).cap).toMatchObject({ limitNano: 2n * ONE });
    await team.set({ limitNano: null });
    expect(await stored(team)).toMatchObject([{ caps: 0n }]);
  });

  test('gets room back when a charge of its period is reversed, and from no other', async () => {
    const { clock, team, use } = await setting();
    await team.set({});
    await team.set({ period: 'MONTH' });
    const { memberId } = team;
    const yesterdays = await use(6, { memberId });
    clock.advance(DAY_MS);
    const todays = await use(5, { memberId });
    const others = await use(4, {});
    const used = async () => (await team.caps()).map((cap) => capUsedAt(cap, clock.now().getTime()) / ONE);
    const reverse = ({ id: chargeId }: Charge) => {
      const input = { chargeId, reason: 'test', idempotencyKey: chargeId };
      return inTransaction(database.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, clock.now()));
    };
    await reverse(others);
    expect(await used()).toEqual([5n, 11n]);
    await reverse(yesterdays);
    expect(await used()).toEqual([5n, 5n]);
    for (let i = 0; i < 2; i++) await reverse(todays);
    expect(await used()).toEqual([0n, 0n]);
    expect(await capFaults(team)).toEqual([]);
  });

  test('lets be spent again what was given back, in a process that knew it as full', async () => {
    const { clock, team } = await setting();
    await team.set({ limitNano: ONE });
    const batcher = team.world.batcher();
    const request = () => usage(team.teamId, team.model, { REQUEST: 1 }, { memberId: team.memberId });
    const [first] = await batcher.charge([request()]);
    expect(await batcher.charge([request()])).toMatchObject([{ ok: false }]);
    const input = { chargeId: first?.ok ? first.charge.id : '', reason: 'test', idempotencyKey: newUuid() };
    await inTransaction(database.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, clock.now()));
    expect(await batcher.charge([request()])).toMatchObject([{ ok: true }]);
  });
});

describe('setting a cap', () => {
  test('answers a repeat with the same key, and refuses other input for it', async () => {
    const { team } = await setting();
    const idempotencyKey = newUuid();
    const first = await team.set({ limitNano: ONE, idempotencyKey });
    const [before] = await stored(team);
    expect(await team.set({ limitNano: ONE, idempotencyKey })).toEqual({ cap: first.cap, replayed: true });
    expect(await stored(team)).toEqual([before]);
    await expect(team.set({ limitNano: 2n * ONE, idempotencyKey })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test.for([
    ['an unknown member', 'NOT_FOUND', 'subject.memberId', async () => ({ subjectId: newUuid() })],
    [
      'a member of another team',
      'NOT_FOUND',
      'subject.memberId',
      async () => ({ subjectId: (await newTeam(database.db)).owner }),
    ],
    [
      'the key of another team',
      'NOT_FOUND',
      'subject.apiKeyId',
      async () => {
        const { teamId } = await newTeam(database.db);
        const { keyId } = await newKey(database.db, { type: 'TEAM', teamId });
        return { subject: 'API_KEY', subjectId: keyId };
      },
    ],
    [
      'an unknown model',
      'NOT_FOUND',
      'subject.model',
      async () => ({ subject: 'MODEL', subjectId: newUuid() }),
    ],
    ['a negative limit', 'BAD_USER_INPUT', 'limit', async () => ({ limitNano: -1n })],
  ] as const)('refuses %s, names the field and writes nothing', async ([, code, field, input]) => {
    const { team } = await setting();
    const before = await stored(team);
    const refused = team.set({ ...(await input()), idempotencyKey: 'free' });
    await expect(refused).rejects.toMatchObject({ code, details: { field } });
    expect(await stored(team)).toEqual(before);
    expect((await team.set({ idempotencyKey: 'free' })).replayed).toBe(false);
  });

  test('refuses the cap after the thousandth of a team', async () => {
    const { team } = await setting();
    await database.db.sql`
      insert into spend_caps (team_id, id, subject, subject_id, period, limit_nano, spent_nano, period_at, held_nano,
        created_at, updated_at, actor_kind)
      select ${team.teamId}, gen_random_uuid(), 3, gen_random_uuid(), 1, 0, 0, 'epoch', 0, 'epoch', 'epoch', 0
      from generate_series(1, 1000)`;
    await expect(team.set({})).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('waits for a charge that is under way, and counts it', async () => {
    const { team, use } = await setting();
    const { memberId } = team;
    const charging = Promise.all(Array.from({ length: 20 }, () => use(1, { memberId })));
    const [{ cap }] = await Promise.all([team.set({ limitNano: 1000n * ONE }), charging]);
    expect(cap).toBeDefined();
    expect(await team.used()).toBe(20n * ONE);
    expect(await capFaults(team)).toEqual([]);
  });
});
