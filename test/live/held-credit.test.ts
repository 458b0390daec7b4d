import { describe, expect, test } from 'vitest';
import type { Hold, HoldRequest } from '../../src/charging/hold.ts';
import { ENTRY_KIND } from '../../src/ledger/account.ts';
import { entriesAfter } from '../../src/ledger/entries.ts';
import type { TeamState } from '../../src/ledger/team-state.ts';
import type { StateEvent } from '../../src/live/event.ts';
import { useDatabase } from '../support/database.ts';
import { placeHold, releaseHold, settleHold } from '../support/holds.ts';
import type { World } from '../support/world.ts';
import { expectTiles, followTo, nextOf, rangeOf } from './following.ts';
import { LossyBus, liveServer } from './live-server.ts';

const database = useDatabase();
const CREDIT = 1_000_000_000n;

/** What a hold is after a request about it. */
async function hold({ batcher }: World, request: HoldRequest): Promise<Hold> {
  const [result] = await batcher().holds([request]);
  if (!result?.ok) throw new Error(`refused: ${JSON.stringify(result?.refusal)}`);
  return result.hold;
}

/** What is available, held, and both, in credits. */
function figures({ state }: StateEvent<TeamState>): bigint[] {
  const { availableNano, heldNano } = state.balances;
  return [availableNano, heldNano, availableNano + heldNano].map((nano) => nano / CREDIT);
}

describe('a hold, in live feeds', () => {
  test('moves credit from what is available to what is held and back, each posting as one change', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.model('held', { REQUEST: '1' });
    await world.grant(teamId, '10');
    const feed = await live.balanceChanged({ teamId });
    expect(figures(await nextOf(feed))).toEqual([10n, 0n, 10n]);
    const placedHold = await hold(world, placeHold(teamId, 'held', 6));
    const placed = await nextOf(feed);
    expect([rangeOf(placed), figures(placed)]).toEqual(['CHANGE 2..2', [4n, 6n, 10n]]);
    await hold(world, settleHold(placedHold, 2));
    const settled = await nextOf(feed);
    expect([rangeOf(settled), figures(settled)]).toEqual(['CHANGE 3..4', [8n, 0n, 8n]]);
    const kinds = settled.entries.map(({ kind }) => kind).sort();
    expect(kinds).toEqual([ENTRY_KIND.CHARGE, ENTRY_KIND.RELEASE]);
    const other = await hold(world, placeHold(teamId, 'held', 8));
    expect(figures(await nextOf(feed))).toEqual([0n, 8n, 8n]);
    await hold(world, releaseHold(other));
    expect(figures((await followTo(feed, 6n)).at(-1) ?? expect.fail())).toEqual([8n, 0n, 8n]);
  });

  test('is shown as it stands to who comes later', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.model('later', { REQUEST: '1' });
    await world.grant(teamId, '10');
    await hold(world, placeHold(teamId, 'later', 6));
    const snapshot = await nextOf(await live.balanceChanged({ teamId }));
    expect([rangeOf(snapshot), figures(snapshot)]).toEqual(['SNAPSHOT 1..2', [4n, 6n, 10n]]);
    const missed = await nextOf(await live.balanceChanged({ teamId, after: 1n }));
    expect([rangeOf(missed), figures(missed)]).toEqual(['CHANGE 2..2', [4n, 6n, 10n]]);
  });

  test('is no spend until it is settled, and then what was charged, told live as it is read', async () => {
    const { live, world } = liveServer(database);
    const teamId = await world.team();
    await world.model('spent', { REQUEST: '1' });
    await world.grant(teamId, '10');
    const feed = await live.spendUpdated({ teamId });
    await nextOf(feed);
    const open = await hold(world, placeHold(teamId, 'spent', 6));
    const placed = await nextOf(feed);
    expect(rangeOf(placed)).toBe('CHANGE 2..2');
    expect(placed.state.figures).toMatchObject({ monthNano: 0n, burnNanoPerHour: 0n });
    await hold(world, settleHold(open, 2));
    const settled = (await followTo(feed, 4n)).at(-1)?.state.figures;
    expect(settled?.monthNano).toBe(2n * CREDIT);
    const anew = await nextOf(await live.spendUpdated({ teamId }));
    expect(anew.state.figures.monthNano).toBe(2n * CREDIT);
  });

  test('that is placed and settled by two processes with a bad bus between them leaves no range out and tells none twice', async () => {
    const fates = ['LOSE', 'DELIVER', 'DELAY', 'REPEAT', 'DELIVER', 'DELAY', 'LOSE'] as const;
    let next = 0;
    const bus = () => new LossyBus(() => fates[next++ % fates.length] ?? 'DELIVER');
    const servers = [1, 2].map(() => liveServer(database, { bus: bus(), pollMs: 30 }));
    const [one, two] = [servers[0] ?? expect.fail(), servers[1] ?? expect.fail()];
    const teamId = await one.world.team();
    await one.world.model('tiled', { REQUEST: '1' });
    await one.world.grant(teamId, '50');
    const states = [
      await one.live.balanceChanged({ teamId, after: 0n }),
      await two.live.balanceChanged({ teamId, after: 0n }),
    ];
    const log = await one.live.ledgerEntryPosted({ teamId, after: 0n });
    const placing = Array.from({ length: 10 }, async (_, i) => {
      const [here, there] = i % 2 === 0 ? [one.world, two.world] : [two.world, one.world];
      const open = await hold(here, placeHold(teamId, 'tiled', 5));
      return hold(there, i % 4 === 0 ? releaseHold(open) : settleHold(open, i % 4));
    });
    await Promise.all(placing);
    const entries = await entriesAfter(database.db, teamId, 0n, 1_000);
    const last = BigInt(entries.length);
    for (const feed of states) {
      const events = await followTo(feed, last);
      expectTiles(events, 0n);
      for (const { seq, state } of events) {
        expect(state.balances).toEqual(entries[Number(seq) - 1]?.after);
        const remaining = state.grants.reduce((sum, grant) => sum + grant.remainingNano, 0n);
        expect(remaining).toBe(state.balances.availableNano);
      }
    }
    expect((await followTo(log, last)).flatMap((event) => event.entries)).toEqual(entries);
  });
});
