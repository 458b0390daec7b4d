import { startEmbedded } from '../../src/db/embedded.ts';

/** A program that runs the embedded PostgreSQL in the folder it is given, until it is killed. Ctrl-C does not end it. */
const [dataDir = ''] = process.argv.slice(2);
// Listening to the parent keeps the process alive, and ends it with the parent.
process.on('message', () => undefined);
process.on('SIGINT', () => process.send?.({ interrupted: true }));
try {
  const { ownerUrl, pid } = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  process.send?.({ started: { ownerUrl, pid } });
} catch (error) {
  process.send?.({ failed: String(error) });
}
