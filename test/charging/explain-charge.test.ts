import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge, ChargeRequest } from '../../src/charging/charge.ts';
import { explainPayment } from '../../src/charging/explain-charge.ts';
import { stepSummary } from '../../src/charging/explain-payment.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { usage, worldOn } from '../support/world.ts';

const database = useDatabase();
const HOUR = 3_600_000;

/** A team and a model that costs one credit a request, while time stands still. */
async function setUp(options: { debtLimit?: string } = {}) {
  const clock = movableClock();
  const world = worldOn(database.db, clock);
  const model = `m-${newUuid()}`;
  const modelId = await world.model(model, { REQUEST: '1' }, { product: 'chat', gpuType: 'H100' });
  const team = await world.team(options);
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  const grant = (amount: string, terms?: Parameters<typeof world.grant>[2]): Promise<Uuid> =>
    world.grant(team, amount, terms);
  const charge = async (amount: number, request: Partial<ChargeRequest> = {}): Promise<Charge> => {
    const [result] = await world.charge(usage(team, model, { REQUEST: amount }, request));
    if (!result?.ok) throw new Error(result?.refusal.message);
    return result.charge;
  };
  const changing = (grantId: Uuid) => ({ teamId: team, grantId, reason: 'test', idempotencyKey: newUuid() });
  const voiding = (grantId: Uuid) =>
    inTransaction(world.db, (tx) => voidGrant(tx, changing(grantId), SYSTEM_ACTOR, clock.now()));
  const extend = (grantId: Uuid, expiresAt: Date | null) =>
    inTransaction(world.db, (tx) =>
      extendGrant(tx, { ...changing(grantId), expiresAt }, SYSTEM_ACTOR, clock.now()),
    );
  const reverse = ({ id }: Charge) =>
    inTransaction(world.db, (tx) =>
      reverseCharge(
        tx,
        { chargeId: id, reason: 'test', idempotencyKey: newUuid() },
        SYSTEM_ACTOR,
        clock.now(),
      ),
    );
  return { clock, world, model, modelId, team, later, grant, charge, voiding, extend, reverse };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

/** What is said of a charge: each grant by its name, in order, and the summary. */
async function explained({ world, model }: Setting, charge: Charge, names: Record<string, Uuid>) {
  const { steps, summary, judgedAt } = await explainPayment(world.db, charge, await world.catalog.fresh());
  const nameOf = new Map(Object.entries(names).map(([name, id]) => [id, name]));
  const sentences = new Map(steps.map((step) => [nameOf.get(step.grant.id), stepSummary(step, () => model)]));
  return {
    outcomes: steps.map(({ grant, outcome, paidNano }) => {
      const paid = outcome === 'PAID' ? ` ${formatCredits(paidNano)}` : '';
      return `${nameOf.get(grant.id) ?? grant.id}: ${outcome}${paid}`;
    }),
    sentences,
    summary,
    judgedAt,
  };
}

describe('the explanation of who paid', () => {
  test('names the grants in drawdown order, with what each paid or why it paid nothing', async () => {
    const setting = await setUp();
    const { grant, charge, later, voiding, clock, model, modelId } = setting;
    const names: Record<string, Uuid> = {
      prepaid: await grant('10', { kind: 'PREPAID' }),
      lasting: await grant('1'),
      empty: await grant('1', { expiresAt: later(9 * HOUR), scope: { product: 'chat' } }),
      expired: await grant('1', { expiresAt: later(HOUR) }),
      images: await grant('1', { scope: { product: 'image' } }),
      otherGpu: await grant('1', { scope: { modelId, gpuType: 'A100' } }),
      voided: await grant('1', { scope: { modelId }, priority: 55 }),
      future: await grant('1', { effectiveAt: later(50 * HOUR), priority: 10 }),
      spare: await grant('1', { kind: 'PREPAID', priority: 60 }),
    };
    await charge(1);
    await voiding(names.voided ?? '');
    clock.advance(2 * HOUR);
    const { outcomes, sentences, summary } = await explained(setting, await charge(4), names);
    expect(outcomes).toEqual([
      'empty: EXHAUSTED',
      'expired: EXPIRED',
      'otherGpu: OUT_OF_SCOPE',
      'images: OUT_OF_SCOPE',
      'voided: VOIDED',
      'future: NOT_EFFECTIVE',
      'lasting: PAID 1',
      'prepaid: PAID 3',
      'spare: NOT_NEEDED',
    ]);
    expect(summary).toBe(
      `4 credits: 1 from ${publicId('grant', names.lasting ?? '')}, 3 from ${publicId('grant', names.prepaid ?? '')}.`,
    );
    expect(Object.fromEntries(sentences)).toEqual({
      empty: 'Had nothing left.',
      expired: 'Had expired at 2026-01-01T01:00:00.000Z.',
      otherGpu: `Pays only for model ${model}, GPU type A100.`,
      images: 'Pays only for product image.',
      voided: 'Had been voided.',
      future: 'Was not effective before 2026-01-03T02:00:00.000Z.',
      lasting: 'Paid 1, all it had.',
      prepaid: 'Paid 3 of the 10 it had.',
      spare: 'Was not needed: the amount was paid before its turn.',
    });
  });

  test('does not change with what happens later', async () => {
    const setting = await setUp({ debtLimit: '5' });
    const { grant, charge, later, voiding, extend, clock, reverse } = setting;
    const names: Record<string, Uuid> = {
      expired: await grant('1', { expiresAt: later(HOUR) }),
      short: await grant('1', { expiresAt: later(5 * HOUR) }),
      long: await grant('1', { expiresAt: later(9 * HOUR) }),
      prepaid: await grant('2', { kind: 'PREPAID' }),
    };
    clock.advance(2 * HOUR);
    const decided = await charge(3);
    const before = await explained(setting, decided, names);
    expect(before.outcomes).toEqual(['expired: EXPIRED', 'short: PAID 1', 'long: PAID 1', 'prepaid: PAID 1']);
    await extend(names.expired ?? '', later(HOUR));
    await extend(names.short ?? '', later(30 * HOUR));
    await extend(names.short ?? '', null);
    await voiding(names.prepaid ?? '');
    await grant('5');
    await reverse(decided);
    clock.advance(99 * HOUR);
    await grant('5', { kind: 'PREPAID' });
    expect(await explained(setting, decided, names)).toEqual(before);
  });

  test('keeps apart what came before and after the charge within one millisecond', async () => {
    const setting = await setUp();
    const { grant, charge, later, voiding, extend } = setting;
    const first = await grant('9', { kind: 'PREPAID' });
    const voidedBefore = await grant('1');
    const voidedAfter = await grant('1', { scope: { product: 'image' } });
    const extendedBefore = await grant('1', { expiresAt: later(HOUR), scope: { product: 'image' } });
    const extendedAfter = await grant('1', { expiresAt: later(2 * HOUR), scope: { product: 'image' } });
    await voiding(voidedBefore);
    await extend(extendedBefore, later(3 * HOUR));
    const decided = await charge(1);
    await voiding(voidedAfter);
    await extend(extendedAfter, later(4 * HOUR));
    await grant('1');
    const names = { first, voidedBefore, voidedAfter, extendedBefore, extendedAfter };
    expect((await explained(setting, decided, names)).outcomes).toEqual([
      'extendedAfter: OUT_OF_SCOPE',
      'extendedBefore: OUT_OF_SCOPE',
      'voidedAfter: OUT_OF_SCOPE',
      'voidedBefore: VOIDED',
      'first: PAID 1',
    ]);
  });

  test('says what became debt', async () => {
    const setting = await setUp({ debtLimit: '5' });
    const { grant, charge } = setting;
    const spent = await grant('1', { priority: 60 });
    await charge(1);
    const names = {
      spent,
      promo: await grant('1'),
      images: await grant('1', { scope: { product: 'image' } }),
    };
    const { outcomes, summary } = await explained(setting, await charge(3, { afterTheFact: true }), names);
    expect(outcomes).toEqual(['images: OUT_OF_SCOPE', 'promo: PAID 1', 'spent: EXHAUSTED']);
    expect(summary).toBe(
      `3 credits: 1 from ${publicId('grant', names.promo)}, 2 became debt, for no grant that may pay had anything left.`,
    );
  });

  test('says why usage stayed unbilled, and what could have been paid of it', async () => {
    const setting = await setUp({ debtLimit: '1.5' });
    const { grant, charge, clock } = setting;
    const names = { spent: await grant('1'), promo: await grant('2', { priority: 60 }) };
    await charge(3.5, { afterTheFact: true });
    const more = await grant('0.25', { priority: 70 });
    clock.advance(1);
    const { outcomes, summary, sentences } = await explained(
      setting,
      await charge(2, { afterTheFact: true }),
      {
        ...names,
        more,
      },
    );
    expect(outcomes).toEqual(['spent: EXHAUSTED', 'promo: EXHAUSTED', 'more: ALL_OR_NOTHING']);
    expect(summary).toBe(
      'Nothing was charged: the grants that may pay held 0.25 of the 2 credits, and with the rest on top of the 0.5 ' +
        'that it owed the team would have been above its limit.',
    );
    expect(sentences.get('more')).toBe(
      'Could have paid a part, but usage beyond the limit of debt is not charged in part.',
    );
  });

  test('of unbilled usage looks at what grants held then, not at what came back or was spent in the same moment', async () => {
    const setting = await setUp();
    const { grant, charge, reverse } = setting;
    const empty = await grant('1');
    const paid = await charge(1);
    const partly = await grant('2', { priority: 60 });
    const unbilled = await charge(5, { afterTheFact: true });
    await reverse(paid);
    await charge(0);
    await charge(3);
    const { outcomes } = await explained(setting, unbilled, { empty, partly });
    expect(outcomes).toEqual(['empty: EXHAUSTED', 'partly: ALL_OR_NOTHING']);
  });

  test('of free usage says that nothing was to be paid', async () => {
    const setting = await setUp();
    const names = { promo: await setting.grant('1') };
    const { outcomes, summary } = await explained(setting, await setting.charge(0), names);
    expect(outcomes).toEqual(['promo: NOT_NEEDED']);
    expect(summary).toBe('Nothing was to be paid: the usage was free.');
  });
});
