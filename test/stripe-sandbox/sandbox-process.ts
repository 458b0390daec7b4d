import { systemClock } from '../../src/clock.ts';
import { connect } from '../../src/db/client.ts';
import { StripeSandbox } from '../../src/stripe-sandbox/server.ts';

/** A program that is a sandbox until it is killed. Tells its parent the port it listens on. */
const [url = '', secretKey = '', webhookSecret = '', webhookUrl = ''] = process.argv.slice(2);
const log = { warn: () => undefined, error: () => undefined };
const db = connect({ url, role: 'drawdown_app', poolSize: 6 });
const sandbox = new StripeSandbox({ db, clock: systemClock, log, secretKey, webhookSecret });
const { port } = await sandbox.listen();
sandbox.setWebhookUrl(webhookUrl);
process.on('disconnect', () => process.exit());
process.send?.({ port });
