import type { Batcher } from '../src/charging/batcher.ts';
import type { HoldResult, PlaceHold, SettleHold } from '../src/charging/hold.ts';
import { digest16 } from '../src/db/idempotency.ts';
import { newUuid, type Uuid } from '../src/id.ts';
import { anyOf, type CoreOptions } from './core.ts';
import { type LoadResult, load, median } from './load.ts';
import { cpuSecondsOf } from './processes.ts';
import { figures, format, printHeading, printRow } from './report.ts';
import { request, type Setting } from './setting.ts';

/** What one placed and settled hold costs against one plain charge: machine time, and requests a second, interleaved. */
export async function benchHolds(setting: Setting, { seconds, rounds }: CoreOptions): Promise<void> {
  printHeading('Holds: placed and settled, against plain charges');
  const batcher = setting.batcher();
  const teams = [...setting.teams, setting.hotTeam];
  for (const callers of [1, 64, 256]) {
    const charge = () => batcher.charge([request(anyOf(teams))]);
    const hold = () => placeAndSettle(batcher, anyOf(teams));
    await load(callers, seconds / 2, hold);
    const measured: { charge: Cost; hold: Cost }[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push({
        charge: await costOf(setting, () => load(callers, seconds, charge)),
        hold: await costOf(setting, () => load(callers, seconds, hold)),
      });
    }
    const micros = (pick: (cost: Cost) => number, what: 'charge' | 'hold') =>
      format(median(measured.map((one) => pick(one[what]))));
    printRow({
      what: `place and settle, ${callers} callers`,
      figure: figures(measured[0]?.hold.load ?? fail()),
      ratio: median(measured.map((one) => one.hold.micros / one.charge.micros)),
      to: `the machine time of a charge (${micros((cost) => cost.micros, 'charge')} µs)`,
      atMost: 2,
    });
    printRow({
      what: '  machine time',
      figure:
        `hold ${micros((c) => c.node, 'hold')} + ${micros((c) => c.postgres, 'hold')} µs, ` +
        `charge ${micros((c) => c.node, 'charge')} + ${micros((c) => c.postgres, 'charge')} µs (Node + PostgreSQL)`,
    });
  }
  await batcher.drain();
}

/** Microseconds of processors that one thing takes. */
interface Cost {
  readonly node: number;
  readonly postgres: number;
  readonly micros: number;
  readonly load: LoadResult;
}

async function costOf(setting: Setting, run: () => Promise<LoadResult>): Promise<Cost> {
  const before = { node: process.cpuUsage(), postgres: cpuSecondsOf(setting.pid) };
  const result = await run();
  const used = process.cpuUsage(before.node);
  const node = (used.user + used.system) / result.count;
  const postgres = ((cpuSecondsOf(setting.pid) - before.postgres) * 1e6) / result.count;
  return { node, postgres, micros: node + postgres, load: result };
}

async function placeAndSettle(batcher: Batcher, teamId: Uuid): Promise<void> {
  const [placed] = await batcher.holds([placing(teamId)]);
  const [settled] = await batcher.holds([settling(placed)]);
  if (!settled?.ok) throw new Error(settled?.refusal.message);
}

function placing(teamId: Uuid): PlaceHold {
  const { what: _what, afterTheFact: _after, idempotencyKey: _key, ...usage } = request(teamId);
  return { ...usage, what: 'PLACE_HOLD', lifeMs: 900_000 };
}

/** Settles for half of what was held, as a completion that stopped early. */
function settling(placed: HoldResult | undefined): SettleHold {
  if (!placed?.ok) throw new Error(placed?.refusal.message);
  const { teamId, id: holdId, actor } = placed.hold;
  const keyDigest = digest16(newUuid());
  return {
    what: 'SETTLE_HOLD',
    teamId,
    holdId,
    keyDigest,
    requestDigest: keyDigest,
    quantities: new Map([
      ['INPUT_TOKEN', { coefficient: 374n, scale: 0 }],
      ['OUTPUT_TOKEN', { coefficient: 22n, scale: 0 }],
    ]),
    params: new Map(),
    whenShort: 'TAKE_AVAILABLE',
    actor,
  };
}

function fail(): never {
  throw new Error('There is nothing to measure.');
}
