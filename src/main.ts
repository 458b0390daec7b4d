import { startApp } from './app.ts';
import { readConfig } from './config.ts';
import { createLogger } from './graphql/logger.ts';
import { printWelcome } from './welcome.ts';

/** Reads the configuration, starts the app, and stops it on a signal. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.LOG_LEVEL);
  const app = await startApp(config, logger);
  printWelcome(app);
  const stop = (signal: string) => {
    logger.info({ signal }, 'stopping: running requests are answered first');
    for (const name of SIGNALS) process.on(name, () => undefined).off(name, stop);
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  for (const name of SIGNALS) process.on(name, stop);
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

main().catch((error: unknown) => {
  process.stderr.write(`Drawdown cannot start. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
