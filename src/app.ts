import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createServices, createWorkers, openClock, type Services, type Worker } from './app-parts.ts';
import { openPayments, paymentRoutes } from './app-payments.ts';
import { resolverInstances } from './app-resolvers.ts';
import { seedInstanceTypes } from './catalog/instance-types.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { inTransaction, type Tx } from './db/client.ts';
import { type Database, openDatabase } from './db/database.ts';
import { createContext } from './graphql/context.ts';
import { RESOLVERS } from './graphql/resolvers.ts';
import { buildAppSchema } from './graphql/schema.ts';
import { type AppServer, createServer } from './graphql/server.ts';
import { publicId } from './id.ts';
import { givePlan } from './plans/give-plan.ts';
import { seedPlans } from './plans/seed-plans.ts';
import { createDemoData, type Demo, type DemoTeam } from './sandbox/demo-data.ts';
import { DEMO_MODEL, seedDemo } from './sandbox/demo-grants.ts';
import { type DemoSecrets, demoSecrets } from './sandbox/demo-secrets.ts';
import { demoTraffic } from './sandbox/demo-traffic.ts';
import { AccessWatch } from './teams/access-watch.ts';
import { createAuthenticator } from './teams/authenticate.ts';
import { KeyDirectory } from './teams/key-directory.ts';
import { rolesOf } from './teams/memberships.ts';
import type { TokenOptions } from './teams/token.ts';

/** The running product. */
export interface App {
  readonly url: string;
  readonly port: number;
  /** The pages of the Stripe sandbox, where it stands in for Stripe. */
  readonly stripeSandboxUrl: string | undefined;
  /** The demo's credentials, where there is demo data. */
  readonly demo: Demo | undefined;
  /** Answers what is running, refuses what is new, and ends. */
  close(): Promise<void>;
}

const PAGES = fileURLToPath(new URL('../web/dist', import.meta.url));

/** Starts everything, from the database up. @throws Error that says what is in the way; nothing is left running then. */
export async function startApp(config: Config, logger: Logger, clock?: Clock): Promise<App> {
  const database = await openDatabase(config, (message) => logger.info(message));
  try {
    return await startOn(database, config, logger, clock ?? (await openClock(database.db, config, logger)));
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function startOn(database: Database, config: Config, logger: Logger, clock: Clock): Promise<App> {
  const { db } = database;
  await seedInstanceTypes(db, clock.now());
  await seedPlans(db, clock.now());
  const payments = await openPayments(db, config, clock, logger);
  try {
    return await serve(createServices(db, config, { clock, payments }, logger), database, config, logger);
  } catch (error) {
    await payments.stop();
    throw error;
  }
}

async function serve(services: Services, database: Database, config: Config, logger: Logger): Promise<App> {
  const { db, clock, payments, welcome } = services;
  const secrets = wantsDemo(config) ? demoSecrets(config.DATA_DIR, config.NODE_ENV) : undefined;
  const tokens = tokenOptions(config, secrets);
  const demo = secrets && (await openDemo(services, config, secrets, tokens));
  const keys = new KeyDirectory(db);
  const server = createServer({
    schema: buildAppSchema(RESOLVERS, resolverInstances(services)),
    authenticate: createAuthenticator({ db, keys, clock, tokens, welcome }),
    createContext: (actor, traceId, address) =>
      createContext(actor, traceId, (userId, teamIds) => rolesOf(db, userId, teamIds), address),
    mounted: paymentRoutes(payments, config),
    config,
    logger,
    metrics: services.metrics,
    health: async () => {
      await db.sql`select 1`;
    },
    staticDir: PAGES,
    graphiqlSettings: demo && {
      demoKeys: demo.keys,
      teamId: publicId('team', demo.teamId),
      model: DEMO_MODEL,
    },
  });
  const access = new AccessWatch(db, server.sockets);
  const workers: Worker[] = [
    ...createWorkers(services, logger),
    ...(demo && (config.DEMO_TRAFFIC ?? true) ? [demoTraffic(services, demo, logger)] : []),
    { start: () => access.start(), stop: () => access.close() },
    { start: () => keys.start(), stop: () => keys.close() },
  ];
  const { port } = await server.listen(config.PORT, config.HOST);
  const url = urlOf(config.HOST, port);
  payments.start(url);
  for (const worker of workers) worker.start();
  return {
    port,
    url,
    stripeSandboxUrl: payments.sandbox?.url,
    demo,
    close: () => closeInOrder(server, services, workers, database),
  };
}

/** Where a server is reached that listens on a host, from the machine it runs on. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Unless told otherwise: an embedded database outside of production is somebody trying the product. */
function wantsDemo(config: Config): boolean {
  return config.DEMO_DATA ?? (config.NODE_ENV === 'development' && config.DATABASE_URL === undefined);
}

/** The demo's team is on a plan that lets it do all that the trial shows, and that changes no price. */
const DEMO_PLAN = 'platform-pro';

async function openDemo(
  { db, clock, openLedger }: Services,
  config: Config,
  secrets: DemoSecrets,
  tokens: TokenOptions,
): Promise<Demo> {
  const seed = (tx: Tx, { teamId }: DemoTeam, at: Date) => seedDemo(tx, teamId, at);
  const demo = await createDemoData({
    db,
    clock,
    secrets,
    dataDir: config.DATA_DIR,
    tokens,
    openLedger,
    seed,
  });
  await inTransaction(db, (tx) => givePlan(tx, demo.teamId, DEMO_PLAN, clock.now()));
  return demo;
}

/** How users' tokens are verified; a demo signs its own where nothing is configured. */
function tokenOptions(config: Config, secrets: DemoSecrets | undefined): TokenOptions {
  const { JWT_JWKS_URL: jwksUrl, JWT_SECRET, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  return { jwksUrl, secret: JWT_SECRET ?? (jwksUrl ? undefined : secrets?.tokenSecret), issuer, audience };
}

/** What is accepted is answered: requests first, then the workers and what they have sent to be charged, the database last. */
async function closeInOrder(
  server: AppServer,
  { batcher, payments }: Services,
  workers: readonly Worker[],
  database: Database,
): Promise<void> {
  await server.close();
  await Promise.all(workers.map((worker) => worker.stop()));
  await payments.stop();
  await batcher.drain();
  await database.close();
}
