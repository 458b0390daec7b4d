import { describe, expect, test } from 'vitest';
import { discountAt } from '../../src/catalog/compute-discount.ts';
import { discountsOf } from '../../src/catalog/compute-discounts.ts';
import { NO_ENTITLEMENTS } from '../../src/catalog/entitlement-terms.ts';
import { clearTeamPlan, setCommonPlan, setTeamPlan } from '../../src/catalog/entitlements.ts';
import { findCharges } from '../../src/charging/charge-reads.ts';
import { explainPrice } from '../../src/charging/explain-price.ts';
import { inTransaction } from '../../src/db/client.ts';
import { committedRates } from '../../src/deployments/committed-rates.ts';
import { pauseDeployment, resumeDeployment, startDeployment } from '../../src/deployments/operate.ts';
import { resumeWaiting } from '../../src/deployments/resume-on-credit.ts';
import type { Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import { useDatabase } from '../support/database.ts';
import { MeteredWorld, one } from './metered-world.ts';

const database = useDatabase();
const FAMILY = 'platform';

/** Puts a team on a plan that takes this off. */
function plan(w: MeteredWorld, teamId: Uuid, computeDiscountBps: bigint): Promise<void> {
  const entitlements = { ...NO_ENTITLEMENTS, computeDiscountBps };
  return inTransaction(w.db, (tx) =>
    setTeamPlan(
      tx,
      { teamId, family: FAMILY, planCode: `p${computeDiscountBps}`, entitlements },
      w.clock.now(),
    ),
  );
}

async function hours(w: MeteredWorld, team: Uuid): Promise<string[]> {
  return (await w.hours(team)).map(({ at, credits, status }) => `${at} ${credits} ${status}`);
}

/** How each hour of a team is explained, oldest first. */
async function explained(w: MeteredWorld, team: Uuid): Promise<string[]> {
  const rows = await w.db.sql<{ id: Uuid }[]>`select id from charges where team_id = ${team} order by id`;
  const charges = await findCharges(
    w.db,
    rows.map(({ id }) => id),
    { kind: 'TEAM', teamId: team },
  );
  const { versionById } = await w.world.catalog.fresh();
  return charges
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((charge) => {
      const version = versionById.get(charge.priceVersionId);
      if (!version) throw new Error('a charge names a price version');
      return explainPrice(charge, version).formula;
    });
}

describe('the discount of a plan', () => {
  test('is taken off each hour, held and charged, and each is explained by the discount of then', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('20');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await plan(w, team, 3000n);
    await w.passTo(70);
    await inTransaction(w.db, (tx) => clearTeamPlan(tx, team, FAMILY, w.clock.now()));
    await w.passTo(130);
    expect(await hours(w, team)).toEqual(['0 0.6 CHARGED', '60 0.42 CHARGED', '120 0.6 CHARGED']);
    expect(await explained(w, team)).toEqual([
      '1 × 0.6 = 0.6',
      '1 × 0.6 = 0.6, less 30% by the plan = 0.42',
      '1 × 0.6 = 0.6',
    ]);
    await w.expectHealthy();
  });

  test('of an hour that is charged late is that of its beginning, not of now', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('20');
    await plan(w, team, 3000n);
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    w.goTo(90);
    await plan(w, team, 1000n);
    w.goTo(190);
    await w.meter();
    expect(await hours(w, team)).toEqual([
      '0 0.42 CHARGED',
      '60 0.42 CHARGED',
      '120 0.54 CHARGED',
      '180 0.54 CHARGED',
    ]);
    await w.expectHealthy();
  });

  test('that ends between the hold and the hour makes the hour cost its full price', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('2');
    await plan(w, team, 3000n);
    const id = await w.create(team, { replicas: 2 });
    await w.call(startDeployment, one(team, id));
    await w.passTo(50);
    await inTransaction(w.db, (tx) => clearTeamPlan(tx, team, FAMILY, w.clock.now()));
    await w.passTo(61);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    await w.expectHealthy();
  });

  test('lets a start be paid that the full price would refuse, and brings back who waits for credit', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('0.5');
    const id = await w.create(team, { resumeOnTopUp: true });
    await expect(w.call(startDeployment, one(team, id))).rejects.toMatchObject({ code: 'OUT_OF_CREDITS' });
    await plan(w, team, 3000n);
    await w.call(startDeployment, one(team, id));
    await w.passTo(61);
    expect(await w.state(id)).toBe('PAUSED OUT_OF_CREDITS 60');
    await w.world.grant(team, '0.35');
    expect(await resumeWaiting(w.db, w.deps)).toBe(1);
    expect(await hours(w, team)).toEqual(['0 0.42 CHARGED', '61 0.42 CHARGED']);
    await w.expectHealthy();
  });

  test('is in the burn rate of the team and of nobody else', async () => {
    const w = await MeteredWorld.on(database.db);
    const teams = [await w.team('20'), await w.team('20')] as const;
    await plan(w, teams[0], 3000n);
    for (const team of teams) await w.call(startDeployment, one(team, await w.create(team, { replicas: 2 })));
    const rates = await committedRates(w.db, teams, w.deps);
    expect(teams.map((team) => formatCredits(rates.get(team) ?? 0n))).toEqual(['0.84', '1.2']);
  });

  test('costs nothing while a paid hour goes on after a pause', async () => {
    const w = await MeteredWorld.on(database.db);
    const team = await w.team('20');
    const id = await w.create(team);
    await w.call(startDeployment, one(team, id));
    await w.call(pauseDeployment, one(team, id));
    await plan(w, team, 3000n);
    await w.call(resumeDeployment, one(team, id));
    expect(await hours(w, team)).toEqual(['0 0.6 CHARGED']);
  });

  test('common to all holds for teams without a plan of their own, from when it was set', async () => {
    const w = await MeteredWorld.on(database.db);
    const [own, other] = [await w.team('1'), await w.team('1')];
    const at = async (team: Uuid) => discountAt((await discountsOf(w.db, [team])).get(team), w.clock.now());
    await plan(w, own, 1000n);
    const entitlements = { ...NO_ENTITLEMENTS, computeDiscountBps: 200n };
    await inTransaction(w.db, (tx) =>
      setCommonPlan(tx, { family: FAMILY, planCode: 'free', entitlements }, w.clock.now()),
    );
    expect([await at(own), await at(other)]).toEqual([1000n, 200n]);
    w.goTo(10);
    await inTransaction(w.db, (tx) => clearTeamPlan(tx, own, FAMILY, w.clock.now()));
    expect([await at(own), await at(other)]).toEqual([200n, 200n]);
  });
});
