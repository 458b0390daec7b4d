import { afterEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { HoldRequest, HoldResult } from '../../src/charging/hold.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { placeHold, releaseHold, settleHold } from '../support/holds.ts';
import {
  balances,
  buy,
  calmDown,
  decideDispute,
  disputed,
  expectSound,
  priceOnce,
  spend,
  useRefundWorld,
} from './refund-world.ts';

const world = useRefundWorld();

afterEach(async () => {
  await calmDown(world);
});

async function hold(request: HoldRequest) {
  const [result] = await world.world.batcher().holds([request]);
  if (!result?.ok) throw new Error('the hold was refused');
  return (result as Extract<HoldResult, { ok: true }>).hold;
}

describe('While a dispute is open', () => {
  test.for([
    ['settles', 'lost', { available: '0', held: '0', disputed: '0', unpaid: '6' }],
    ['settles', 'won', { available: '14', held: '0', disputed: '0', unpaid: '0' }],
    ['releases', 'lost', { available: '0', held: '0', disputed: '0', unpaid: '0' }],
    ['releases', 'won', { available: '20', held: '0', disputed: '0', unpaid: '0' }],
  ] as const)('a hold that %s before it is %s ends as it must', async ([how, end, expected]) => {
    const bought = await buy(world);
    const model = await priceOnce(world);
    const held = await hold(placeHold(bought.teamId, model, 6));
    const id = await disputed(world, bought);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ held: '6', disputed: '14' });
    await hold(how === 'settles' ? settleHold(held, 6) : releaseHold(held));
    await decideDispute(world, id, end === 'won');
    await world.settle();
    expect(await balances(world, bought.teamId)).toEqual(expected);
    await expectSound(world);
  });

  test.for(['settles', 'releases'] as const)(
    'a hold that %s after it is lost ends as it must',
    async (how) => {
      const bought = await buy(world);
      const model = await priceOnce(world);
      const held = await hold(placeHold(bought.teamId, model, 6));
      const id = await disputed(world, bought);
      await world.settle();
      await decideDispute(world, id, false);
      await world.settle();
      expect(await balances(world, bought.teamId)).toMatchObject({ held: '6', disputed: '0', unpaid: '6' });
      await hold(how === 'settles' ? settleHold(held, 6) : releaseHold(held));
      expect(await balances(world, bought.teamId)).toEqual({
        available: '0',
        held: '0',
        disputed: '0',
        unpaid: how === 'settles' ? '6' : '0',
      });
      await expectSound(world);
    },
  );

  test('a charge that is reversed returns to what is withheld', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '9');
    const id = await disputed(world, bought);
    await world.settle();
    await reverseLast(bought.teamId);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', disputed: '20' });
    await decideDispute(world, id, true);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '20', disputed: '0' });
    await expectSound(world);
  });

  test('and lost, a charge that is reversed pays the debt it had become', async () => {
    const bought = await buy(world);
    await spend(world, bought.teamId, '9');
    const id = await disputed(world, bought);
    await world.settle();
    await decideDispute(world, id, false);
    await world.settle();
    expect(await balances(world, bought.teamId)).toMatchObject({ unpaid: '9' });
    await reverseLast(bought.teamId);
    expect(await balances(world, bought.teamId)).toMatchObject({ available: '0', unpaid: '0' });
    await expectSound(world);
  });
});

async function reverseLast(teamId: Uuid): Promise<void> {
  const [charge] = await world.db.sql<{ id: Uuid }[]>`
    select id from charges where team_id = ${teamId} order by id desc limit 1`;
  const input = { chargeId: charge?.id ?? '', reason: 'wrong', idempotencyKey: newUuid() };
  await inTransaction(world.db, (tx) => reverseCharge(tx, input, SYSTEM_ACTOR, world.clock.now()));
}
