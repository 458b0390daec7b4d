import { Catalog } from '../../../src/catalog/catalog-cache.ts';
import { connect } from '../../../src/db/client.ts';
import { MeteringLoop } from '../../../src/deployments/metering-loop.ts';
import { movableClock } from '../../support/movable-clock.ts';
import type { MeterOrder, MeterReport, MeterSetting } from './remote-meter.ts';

/** A program that runs the metering loop of the product on a clock that its parent moves, until it is killed. */
const [argument = '{}'] = process.argv.slice(2);
// The parent wrote this.
const { url, role, name } = JSON.parse(argument) as MeterSetting;
const db = connect({ url, role, poolSize: 4, applicationName: name });
const clock = movableClock(0);
const log = {
  warn: (fields: object) => {
    const err: unknown = 'err' in fields ? fields.err : fields;
    report({ failure: err instanceof Error ? (err.stack ?? err.message) : String(err) });
  },
};
const loop = new MeteringLoop({ db, catalog: new Catalog(db), clock, log });

process.on('message', (order: MeterOrder) => void obey(order));
process.on('disconnect', () => process.exit());
await db.sql`select 1`;
report({ ready: true });

async function obey(order: MeterOrder): Promise<void> {
  if (order.what === 'HALT') {
    await loop.stop();
    report({ halted: true });
    return;
  }
  clock.advance(order.atMs - clock.now().getTime());
  loop.start();
  loop.wake();
}

function report(message: MeterReport): void {
  process.send?.(message);
}
