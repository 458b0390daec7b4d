import { defineCommand, runMain } from 'citty';
import { benchBalance } from './balance.ts';
import { benchCore } from './core.ts';
import { benchHolds } from './holds.ts';
import { benchHttp } from './http.ts';
import { benchLive } from './live.ts';
import { benchMetering } from './metering.ts';
import { printMachine } from './report.ts';
import { openSetting } from './setting.ts';

await runMain(
  defineCommand({
    meta: { name: 'bench', description: 'Measures Drawdown against baselines of the same run' },
    args: { quick: { type: 'boolean', default: false, description: 'Fewer teams and shorter runs, for CI' } },
    run: async ({ args: { quick } }) => {
      const setting = await openSetting(quick ? 1000 : 10_000);
      try {
        const [row] = await setting.ownerDb.sql<{ version: string }[]>`select version() as version`;
        printMachine([
          row?.version.split(' on ')[0] ?? '',
          'fsync on',
          'synchronous_commit on',
          quick ? 'quick' : 'full',
        ]);
        const pace = quick ? { seconds: 0.7, rounds: 1 } : { seconds: 2, rounds: 3 };
        await benchCore(setting, pace);
        await benchHolds(setting, pace);
        await benchHttp(setting, pace);
        await benchLive(setting, { seconds: pace.seconds, subscribers: quick ? [500] : [1_000, 10_000] });
        await benchBalance(setting, quick ? [1e4, 1e5] : [1e4, 1e6, 1e7]);
        // Last: it posts at instants that are still to come, and nothing is posted before what was posted.
        await benchMetering(setting, {
          seconds: pace.seconds,
          deployments: quick ? 5_000 : 100_000,
          boundaries: quick ? 50 : 200,
        });
      } finally {
        await setting.close();
      }
    },
  }),
);
