import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { explainPayment } from '../../src/charging/explain-charge.ts';
import { stepSummary } from '../../src/charging/explain-payment.ts';
import type { Hold, HoldRequest, SettleHold } from '../../src/charging/hold.ts';
import type { RunStep } from '../../src/charging/run.ts';
import { inTransaction } from '../../src/db/client.ts';
import { digest16 } from '../../src/db/idempotency.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { formatCredits, parseCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { expireHold, placeHold, reportHold, settleHold } from '../support/holds.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A team and a model that costs one credit a request, while time stands still. */
async function setUp(options: { debtLimit?: string } = {}) {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  const modelId = await world.model(model, { REQUEST: '1' }, { product: 'chat', gpuType: 'H100' });
  const team = await world.team(options);
  const batcher = world.batcher();
  const send = async (request: HoldRequest): Promise<{ hold: Hold; charge: Charge | null }> => {
    const [result] = await batcher.holds([request]);
    if (!result?.ok) throw new Error(result?.refusal.message);
    return result;
  };
  const place = async (count: number): Promise<Hold> => (await send(placeHold(team, model, count))).hold;
  const settle = async (hold: Hold, count: number, more: Partial<SettleHold> = {}): Promise<Charge> => {
    const { charge } = await send(settleHold(hold, count, more));
    if (!charge) throw new Error('nothing was charged');
    return charge;
  };
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  const changing = (grantId: Uuid) => ({ teamId: team, grantId, reason: 'test', idempotencyKey: newUuid() });
  const voiding = (grantId: Uuid) =>
    inTransaction(world.db, (tx) => voidGrant(tx, changing(grantId), SYSTEM_ACTOR, clock.now()));
  const extend = (grantId: Uuid, expiresAt: Date) =>
    inTransaction(world.db, (tx) =>
      extendGrant(tx, { ...changing(grantId), expiresAt }, SYSTEM_ACTOR, clock.now()),
    );
  return { clock, world, model, modelId, team, batcher, send, place, settle, later, voiding, extend };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

/** What is said of a charge: each grant by its name, in order, and the summary. */
async function explained({ world, model }: Setting, charge: Charge, names: Record<string, Uuid>) {
  const { steps, summary, judgedAt } = await explainPayment(world.db, charge, await world.catalog.fresh());
  const nameOf = new Map(Object.entries(names).map(([name, id]) => [id, name]));
  const paid = (nano: bigint) => (nano > 0n ? ` ${formatCredits(nano)}` : '');
  return {
    outcomes: steps.map(
      ({ grant, outcome, paidNano, fromHoldNano }) =>
        `${nameOf.get(grant.id) ?? grant.id}: ${outcome}${paid(paidNano)}${fromHoldNano > 0n ? ` (${formatCredits(fromHoldNano)})` : ''}`,
    ),
    sentences: Object.fromEntries(
      steps.map((step) => [nameOf.get(step.grant.id), stepSummary(step, () => model)]),
    ),
    summary,
    judgedAt,
  };
}

describe('a charge that a hold paid', () => {
  test('is explained by what was set aside when the hold was placed, whatever has become of grants since', async () => {
    const setting = await setUp();
    const { world, team, place, settle, later, clock, voiding, extend } = setting;
    const names: Record<string, Uuid> = {
      empty: await world.grant(team, '1', { expiresAt: later(9 * HOUR) }),
      expired: await world.grant(team, '1', { expiresAt: later(MINUTE), priority: 90 }),
      images: await world.grant(team, '1', { scope: { product: 'image' } }),
      first: await world.grant(team, '2'),
      second: await world.grant(team, '2', { priority: 60 }),
      third: await world.grant(team, '2', { priority: 70 }),
      prepaid: await world.grant(team, '10', { kind: 'PREPAID' }),
    };
    await world.charge(usage(team, setting.model, { REQUEST: 1 }));
    clock.advance(2 * MINUTE);
    const hold = await place(5);
    clock.advance(MINUTE);
    // None of this was there, or so, when the order was judged.
    await voiding(names.prepaid ?? '');
    await extend(names.expired ?? '', later(20 * HOUR));
    await world.grant(team, '5', { expiresAt: later(HOUR) });
    await world.charge(usage(team, setting.model, { REQUEST: 1 }));
    const charge = await settle(hold, 3);
    const { outcomes, sentences, summary, judgedAt } = await explained(setting, charge, names);
    expect(outcomes).toEqual([
      'empty: EXHAUSTED',
      'expired: EXPIRED',
      'images: OUT_OF_SCOPE',
      'first: PAID 2 (2)',
      'second: PAID 1 (1)',
      'third: NOT_NEEDED',
      'prepaid: NOT_NEEDED',
    ]);
    expect(sentences).toEqual({
      empty: 'Had nothing left when the hold was placed.',
      images: 'Pays only for product image.',
      first: 'Paid 2, all that the hold had set aside of it.',
      second: 'Paid 1 of the 2 that the hold had set aside of it.',
      third: 'What the hold had set aside of it was not needed.',
      expired: 'Had expired at 2026-01-01T00:01:00.000Z.',
      prepaid: 'Was not needed: all was set aside before its turn when the hold was placed.',
    });
    expect(judgedAt).toEqual(hold.placedAt);
    expect(summary).toBe(
      `3 credits: 2 from ${publicId('grant', names.first ?? '')}, 1 from ${publicId('grant', names.second ?? '')}. ` +
        `All of it ${publicId('hold', hold.id)} had set aside at 2026-01-01T00:02:00.000Z, and the order of grants was judged then.`,
    );
  });

  test('leaves out what came after the hold in the same millisecond, and keeps what came before', async () => {
    const setting = await setUp();
    const { world, team, place, settle, voiding } = setting;
    const names: Record<string, Uuid> = {
      paying: await world.grant(team, '5'),
      voidedBefore: await world.grant(team, '1', { priority: 10 }),
      voidedAfter: await world.grant(team, '1', { priority: 60 }),
    };
    await voiding(names.voidedBefore ?? '');
    const hold = await place(2);
    await voiding(names.voidedAfter ?? '');
    await world.grant(team, '1', { priority: 10 });
    await world.grant(team, '1', { priority: 10 });
    const { outcomes } = await explained(setting, await settle(hold, 2), names);
    expect(outcomes).toEqual(['voidedBefore: VOIDED', 'paying: PAID 2 (2)', 'voidedAfter: NOT_NEEDED']);
  });

  test('that cost more names what was set aside and what was drawn beside it', async () => {
    const setting = await setUp();
    const { world, team, place, settle, clock } = setting;
    const names: Record<string, Uuid> = {
      promo: await world.grant(team, '2'),
      split: await world.grant(team, '5', { priority: 60 }),
    };
    const hold = await place(3);
    clock.advance(MINUTE);
    names.newer = await world.grant(team, '1', { priority: 10 });
    names.spare = await world.grant(team, '1', { kind: 'PREPAID' });
    const charge = await settle(hold, 6);
    const { outcomes, sentences, summary, judgedAt } = await explained(setting, charge, names);
    expect(outcomes).toEqual([
      'newer: PAID 1',
      'promo: PAID 2 (2)',
      'split: PAID 3 (1)',
      'spare: NOT_NEEDED',
    ]);
    expect(sentences).toEqual({
      newer: 'Paid 1, all it had.',
      promo: 'Paid 2, all that the hold had set aside of it.',
      split: 'Paid 1, all that the hold had set aside of it, and 2 of the 4 it had beside.',
      spare: 'Was not needed: the amount was paid before its turn.',
    });
    expect(judgedAt).toEqual(charge.postedAt);
    expect(summary).toContain(
      `What ${publicId('hold', hold.id)} had set aside at ${hold.placedAt.toISOString()} paid first.`,
    );
  });

  test('that cost more than there was says what stayed unpaid', async () => {
    const setting = await setUp();
    const { world, team, place, settle } = setting;
    const names = {
      promo: await world.grant(team, '3'),
      images: await world.grant(team, '3', { scope: { product: 'image' } }),
    };
    const hold = await place(2);
    const { outcomes, summary } = await explained(setting, await settle(hold, 7), names);
    expect(outcomes).toEqual(['images: OUT_OF_SCOPE', 'promo: PAID 3 (2)']);
    expect(summary).toContain(
      '4 more stayed unpaid, for no grant that may pay had anything left. What hold_',
    );
  });

  test('that found nothing at all is not called free', async () => {
    const setting = await setUp();
    const { world, team, send, settle, voiding } = setting;
    const free = `free-${newUuid()}`;
    await world.model(free, { REQUEST: '0', OUTPUT_TOKEN: '1' });
    const promo = await world.grant(team, '3');
    const { hold } = await send(placeHold(team, free, 1));
    await voiding(promo);
    const quantities = new Map([['OUTPUT_TOKEN', { coefficient: 2n, scale: 0 }]] as const);
    const charge = await settle(hold, 1, { quantities });
    const { outcomes, summary } = await explained(setting, charge, { promo });
    expect(outcomes).toEqual(['promo: VOIDED']);
    expect(summary).toBe('0 credits: 2 more stayed unpaid, for no grant that may pay had anything left.');
  });

  test('after it had expired is explained on its own', async () => {
    const setting = await setUp({ debtLimit: '1' });
    const { world, team, place, send, settle, clock } = setting;
    const names: Record<string, Uuid> = { promo: await world.grant(team, '3') };
    const hold = await place(2);
    await send(reportHold(hold, 2));
    clock.advance(HOUR);
    const { charge } = await send(expireHold(hold));
    if (!charge) throw new Error('nothing was charged');
    expect((await explained(setting, charge, names)).outcomes).toEqual(['promo: PAID 2 (2)']);
    clock.advance(MINUTE);
    const late = await explained(setting, await settle(hold, 3), names);
    expect(late.outcomes).toEqual(['promo: PAID 1']);
    expect(late.summary).not.toContain('hold');
    const other = await place(0);
    await send(expireHold(other));
    clock.advance(HOUR);
    await send(expireHold(other));
    const unbilled = await explained(setting, await settle(other, 9), names);
    expect(unbilled.summary).toMatch(/^Nothing was charged: the grants that may pay held 0 of the 9 credits/);
  });
});

describe('a charge of a run', () => {
  test('is paid by grants that may pay for all of its models, and by their order when the run was started', async () => {
    const setting = await setUp();
    const { world, team, model, modelId, batcher, clock } = setting;
    const other = `o-${newUuid()}`;
    const otherId = await world.model(other, { REQUEST: '1' }, { product: 'image' });
    const names: Record<string, Uuid> = {
      chatOnly: await world.grant(team, '9', { scope: { product: 'chat' } }),
      images: await world.grant(team, '9', { scope: { modelId: otherId }, priority: 60 }),
      first: await world.grant(team, '2'),
      second: await world.grant(team, '3', { priority: 60 }),
      third: await world.grant(team, '9', { priority: 70 }),
    };
    const catalog = await world.catalog.fresh();
    const step = (key: string, id: Uuid): RunStep => ({
      key,
      modelId: id,
      quantities: { REQUEST: '3' },
      params: null,
      times: '1',
      priceVersionId: catalog.priceAt(id, clock.now())?.id ?? '',
      estimatedNano: parseCredits('3'),
    });
    const [started] = await batcher.runs([
      {
        what: 'START_RUN',
        teamId: team,
        keyDigest: digest16(newUuid()),
        requestDigest: digest16('run'),
        name: null,
        quoteId: null,
        steps: [step('draft', modelId), step('draw', otherId)],
        estimatedNano: parseCredits('6'),
        hold: { lifeMs: HOUR },
        actor: SYSTEM_ACTOR,
      },
    ]);
    if (!started?.ok) throw new Error(started?.refusal.message);
    const run = (name: string) => ({ run: { runId: started.run.id, step: name } });
    clock.advance(MINUTE);
    const charges = await batcher.charge([
      usage(team, other, { REQUEST: 2 }, run('draw')),
      usage(team, model, { REQUEST: 2 }, run('draft')),
    ]);
    const [drawn, drafted] = charges.map((result) => {
      if (!result.ok) throw new Error(result.refusal.message);
      return result.charge;
    });
    if (!drawn || !drafted) throw new Error('two charges were made');
    const ofFirst = await explained(setting, drawn, names);
    expect(ofFirst.outcomes).toEqual([
      'chatOnly: OUT_OF_SCOPE',
      'images: OUT_OF_SCOPE',
      'first: PAID 2 (2)',
      'second: NOT_NEEDED',
      'third: NOT_NEEDED',
    ]);
    const ofSecond = await explained(setting, drafted, names);
    expect(ofSecond.outcomes).toEqual([
      'chatOnly: OUT_OF_SCOPE',
      'images: OUT_OF_SCOPE',
      'first: EXHAUSTED',
      'second: PAID 2 (2)',
      'third: NOT_NEEDED',
    ]);
    expect(ofSecond.sentences).toEqual({
      chatOnly: 'Pays only for product chat: not for all that the hold was for.',
      images: `Pays only for model ${model}.`,
      first: 'What the hold had set aside of it had paid for something else before.',
      second: 'Paid 2 of the 3 that the hold had set aside of it.',
      third: 'What the hold had set aside of it was not needed.',
    });
    expect(ofSecond.judgedAt).toEqual(started.run.startedAt);
  });
});
