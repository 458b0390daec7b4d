import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { Gauge, Histogram } from 'prom-client';
import { ModelResolver } from './catalog/catalog.resolver.ts';
import { Catalog } from './catalog/catalog-cache.ts';
import { catalogNodes } from './catalog/loaders.ts';
import { PriceResolver } from './catalog/price.resolver.ts';
import { Batcher, type BatchObserver } from './charging/batcher.ts';
import { ChargeResolver, chargeNodeLoaders, TeamChargesResolver } from './charging/charges.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from './charging/explain-charge.resolver.ts';
import { ReverseChargeResolver } from './charging/reverse-charge.resolver.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Db, Tx } from './db/client.ts';
import { type Database, openDatabase } from './db/database.ts';
import { assert } from './domain-error.ts';
import { expiryLoop } from './grants/expiry-loop.ts';
import { createContext } from './graphql/context.ts';
import { createMetrics, type Metrics } from './graphql/metrics.ts';
import { NodeResolver } from './graphql/node.ts';
import { RESOLVERS } from './graphql/resolvers.ts';
import { buildAppSchema } from './graphql/schema.ts';
import { type AppServer, createServer } from './graphql/server.ts';
import type { ResolverClass } from './graphql/subscription-source.ts';
import { publicId } from './id.ts';
import { openLedger } from './ledger/post.ts';
import { parseCredits } from './money.ts';
import { createDemoData, type Demo, type DemoTeam } from './sandbox/demo-data.ts';
import { DEMO_MODEL, seedDemo } from './sandbox/demo-grants.ts';
import { type DemoSecrets, demoSecrets } from './sandbox/demo-secrets.ts';
import { AccessWatch } from './teams/access-watch.ts';
import { createAuthenticator } from './teams/authenticate.ts';
import { KeyDirectory } from './teams/key-directory.ts';
import { KeyResolver } from './teams/keys.resolver.ts';
import { MemberResolver } from './teams/members.resolver.ts';
import { rolesOf } from './teams/memberships.ts';
import { teamNodes } from './teams/nodes.ts';
import { TeamResolver } from './teams/teams.resolver.ts';
import type { OpenLedger } from './teams/teams.ts';
import type { TokenOptions } from './teams/token.ts';
import { ViewerResolver } from './teams/viewer.resolver.ts';
import { UsageResolver } from './usage/usage.resolver.ts';

/** The running product. */
export interface App {
  readonly url: string;
  readonly port: number;
  /** The demo's credentials, where there is demo data. */
  readonly demo: Demo | undefined;
  /** Answers what is running, refuses what is new, and ends. */
  close(): Promise<void>;
}

const PAGES = fileURLToPath(new URL('../web/dist', import.meta.url));
const DAY_MS = 86_400_000;
const AHEAD_MS = 5 * 60_000;

/** Starts everything, from the database up. @throws Error that says what is in the way; nothing is left running then. */
export async function startApp(config: Config, logger: Logger, clock: Clock = systemClock): Promise<App> {
  const database = await openDatabase(config, (message) => logger.info(message));
  try {
    return await startOn(database, config, logger, clock);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function startOn(database: Database, config: Config, logger: Logger, clock: Clock): Promise<App> {
  const { db } = database;
  const services = createServices(db, config, clock);
  const secrets = wantsDemo(config) ? demoSecrets(config.DATA_DIR, config.NODE_ENV) : undefined;
  const tokens = tokenOptions(config, secrets);
  const demo = secrets && (await openDemo(services, config, secrets, tokens));
  const keys = new KeyDirectory(db);
  const expiries = expiryLoop(db, clock, logger);
  const server = createServer({
    schema: buildAppSchema(RESOLVERS, resolverInstances(services)),
    authenticate: createAuthenticator({ db, keys, clock, tokens }),
    createContext: (actor, traceId) =>
      createContext(actor, traceId, (userId, teamIds) => rolesOf(db, userId, teamIds)),
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
  const { port } = await server.listen(config.PORT, config.HOST);
  for (const part of [keys, access, expiries]) part.start();
  return {
    port,
    url: `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`,
    demo,
    close: () =>
      closeInOrder(
        server,
        services,
        [() => access.close(), () => expiries.stop(), () => keys.close()],
        database,
      ),
  };
}

/** What resolvers and workers work with. */
interface Services {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly batcher: Batcher;
  readonly metrics: Metrics;
  readonly openLedger: OpenLedger;
}

function createServices(db: Db, config: Config, clock: Clock): Services {
  const metrics = createMetrics();
  const catalog = new Catalog(db);
  const window = { pastMs: config.LATE_USAGE_DAYS * DAY_MS, aheadMs: AHEAD_MS };
  const batcher = new Batcher(
    db,
    { catalog, clock, window },
    {
      lanes: config.CHARGE_LANES,
      batchSize: config.CHARGE_BATCH_SIZE,
      queueLimit: config.CHARGE_QUEUE_LIMIT,
      observe: batchMetrics(metrics),
    },
  );
  new Gauge({
    name: 'drawdown_charge_queue_depth',
    help: 'Usage items that wait to be charged or are being charged.',
    registers: [metrics.registry],
    collect() {
      this.set(batcher.depth);
    },
  });
  const debtLimitNano = parseCredits(config.DEBT_LIMIT_CREDITS, 'DEBT_LIMIT_CREDITS');
  return {
    db,
    clock,
    catalog,
    batcher,
    metrics,
    openLedger: (tx, teamId, at) => openLedger(tx, teamId, at, debtLimitNano),
  };
}

function batchMetrics({ registry }: Metrics): BatchObserver {
  const registers = [registry];
  const size = new Histogram({
    name: 'drawdown_charge_batch_size',
    help: 'Usage items that shared a transaction.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers,
  });
  const seconds = new Histogram({
    name: 'drawdown_charge_batch_duration_seconds',
    help: 'Time from the start of a batch to its commit, by how it was decided.',
    labelNames: ['approach'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers,
  });
  return (batch) => {
    size.observe(batch.size);
    seconds.observe({ approach: batch.approach }, batch.seconds);
  };
}

/** The object of each class in RESOLVERS. */
function resolverInstances(services: Services): Map<ResolverClass, object> {
  const { db, batcher } = services;
  const instances = new Map<ResolverClass, object>([
    [
      NodeResolver,
      new NodeResolver({ ...teamNodes(db), ...catalogNodes(db), ...chargeNodeLoaders(services) }),
    ],
    [ViewerResolver, new ViewerResolver(db)],
    [TeamResolver, new TeamResolver(services)],
    [MemberResolver, new MemberResolver(services)],
    [KeyResolver, new KeyResolver(services)],
    [ModelResolver, new ModelResolver(services)],
    [PriceResolver, new PriceResolver(services)],
    [UsageResolver, new UsageResolver(batcher)],
    [ChargeResolver, new ChargeResolver(services)],
    [TeamChargesResolver, new TeamChargesResolver(services)],
    [ExplainChargeResolver, new ExplainChargeResolver(services)],
    [ExplainedPriceResolver, new ExplainedPriceResolver(services)],
    [ReverseChargeResolver, new ReverseChargeResolver(services)],
  ]);
  for (const resolver of RESOLVERS) assert(instances.has(resolver), `there is an object of ${resolver.name}`);
  return instances;
}

/** Unless told otherwise: an embedded database outside of production is somebody trying the product. */
function wantsDemo(config: Config): boolean {
  return config.DEMO_DATA ?? (config.NODE_ENV === 'development' && config.DATABASE_URL === undefined);
}

function openDemo(
  { db, clock, openLedger }: Services,
  config: Config,
  secrets: DemoSecrets,
  tokens: TokenOptions,
): Promise<Demo> {
  const seed = (tx: Tx, { teamId }: DemoTeam, at: Date) => seedDemo(tx, teamId, at);
  return createDemoData({ db, clock, secrets, dataDir: config.DATA_DIR, tokens, openLedger, seed });
}

/** How users' tokens are verified; a demo signs its own where nothing is configured. */
function tokenOptions(config: Config, secrets: DemoSecrets | undefined): TokenOptions {
  const { JWT_JWKS_URL: jwksUrl, JWT_SECRET, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  return { jwksUrl, secret: JWT_SECRET ?? (jwksUrl ? undefined : secrets?.tokenSecret), issuer, audience };
}

/** What is accepted is answered: requests first, then the charges they wait for, then the workers, the database last. */
async function closeInOrder(
  server: AppServer,
  { batcher }: Services,
  workers: readonly (() => void | Promise<void>)[],
  database: Database,
): Promise<void> {
  await server.close();
  await batcher.drain();
  await Promise.all(workers.map((stop) => stop()));
  await database.close();
}
