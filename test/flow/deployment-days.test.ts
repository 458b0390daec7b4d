import { beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENT_CHECKS } from '../../src/deployments/deployment-checks.ts';
import { bookDueExpiries } from '../../src/grants/expire.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import { expectHealthy } from '../support/audit.ts';
import { useDatabase } from '../support/database.ts';
import { type Aspect, differences } from './deployment-days/compare-days.ts';
import { type DaysSize, planDays } from './deployment-days/plan.ts';
import { DaysPlay, type Played } from './deployment-days/play-days.ts';
import { type ExpectedTeam, recomputeDays } from './deployment-days/recompute-days.ts';
import { readStoredDays, type StoredDays } from './deployment-days/stored-days.ts';

const SIZE: DaysSize = { teams: 40, servers: 500, kills: 12 };
const HOUR = 3_600_000;
const UNBILLED = 2;
/** Others can be tried with `DAYS_SEEDS="1 2 3"`. */
const SEEDS = (process.env.DAYS_SEEDS ?? '20260327').split(' ').map(Number);

describe.for(SEEDS)(
  'three days of 500 deployments whose metering is killed again and again, seed %i',
  (seed) => {
    const database = useDatabase();
    let played: Played;
    let stored: StoredDays;
    let expected: ExpectedTeam[];

    beforeAll(async () => {
      played = await new DaysPlay(database, planDays(seed, SIZE)).play();
      const end = new Date(played.journal.steps.at(-1)?.at ?? 0);
      // Credit that has expired and that nobody asked for since is still in the books.
      while (await bookDueExpiries(database.db, { now: () => end }, 500));
      stored = await readStoredDays(database.ownerDb);
      expected = recomputeDays(played.journal, stored);
    }, 300_000);

    test('every call was answered as the rules say, and credit brought back who waited for it', () => {
      expect(expected.flatMap(({ faults }) => faults)).toEqual([]);
      expect(played.failures).toEqual([]);
    });

    const GUARANTEES: readonly (readonly [string, Aspect])[] = [
      [
        'every hour of every replica that began is charged once, at its own time and price, or known as unbilled',
        'hours',
      ],
      ['every deployment paused exactly at the boundary that was not paid, and all of it was told', 'events'],
      ['every deployment is as the calls, its schedule and the credit have left it', 'deployments'],
      ['every grant has spent, kept and lost what it has to, to the nano-credit', 'grants'],
      ['every balance is right to the nano-credit', 'wallets'],
    ];

    test.for(GUARANTEES)('%s', ([, aspect]) => {
      expect(differences(aspect, expected, stored)).toEqual([]);
    });

    test('no balance was ever below zero, and nothing was ever owed', () => {
      expect(stored.wallets.filter(({ lowest, mostOwed }) => lowest < 0n || mostOwed > 0n)).toEqual([]);
      expect(
        stored.hours.filter(({ debt, drawn, status }) => debt > 0n || (status === UNBILLED && drawn > 0n)),
      ).toEqual([]);
    });

    test('no two hours of a replica overlap', () => {
      const ends = new Map<string, number>();
      const charged = stored.hours.filter(({ status }) => status !== UNBILLED);
      const overlapping = charged
        .toSorted((a, b) => a.at.getTime() - b.at.getTime())
        .filter(({ team, server, slot, type, at }) => {
          const replica = [team, server, slot, type].join(' ');
          const endsAt = ends.get(replica) ?? 0;
          ends.set(replica, at.getTime() + HOUR);
          return at.getTime() < endsAt;
        });
      expect(overlapping).toEqual([]);
    });

    test("the product's own audit finds nothing", async () => {
      await expectHealthy(database.db);
      const { checks } = await ledgerHealth(database.db, new Date(0), DEPLOYMENT_CHECKS);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    }, 60_000);

    test('there was enough of everything that can go wrong', () => {
      const events = (kind: string) =>
        stored.events.filter((event) => event.kind === kind && event.bySystem).length;
      const counts = {
        deployments: stored.servers.length,
        hours: stored.hours.filter(({ status }) => status !== UNBILLED).length,
        unbilled: stored.hours.filter(({ status }) => status === UNBILLED).length,
        pauses: events('PAUSED'),
        returns: events('RESUMED'),
        warnings: events('CREDIT_ENDING'),
        taken_back: events('CREDIT_SECURED'),
        prices: stored.prices.length,
        kills: played.kills,
        interruptions: played.interruptions,
      };
      const atLeast = {
        ...{ deployments: 500, hours: 5_000, unbilled: 100, pauses: 100, returns: 50, warnings: 100 },
        ...{ taken_back: 5, prices: 20, kills: 12, interruptions: 2 },
      };
      const names = Object.keys(atLeast) as (keyof typeof atLeast)[];
      expect(
        names.filter((name) => counts[name] < atLeast[name]).map((name) => `${name}: ${counts[name]}`),
      ).toEqual([]);
    });
  },
);
