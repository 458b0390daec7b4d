import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createServices, createWorkers, openClock, type Services, type Worker } from './app-parts.ts';
import { openPayments, type Payments, paymentRoutes } from './app-payments.ts';
import { ModelResolver } from './catalog/catalog.resolver.ts';
import { InstanceTypeResolver } from './catalog/instance-types.resolver.ts';
import { seedInstanceTypes } from './catalog/instance-types.ts';
import { catalogNodes } from './catalog/loaders.ts';
import { PriceResolver } from './catalog/price.resolver.ts';
import { SupplierResolver } from './catalog/supplier.resolver.ts';
import { capNodes, SpendCapResolver } from './charging/cap.resolver.ts';
import { ChargeResolver, chargeNodeLoaders, TeamChargesResolver } from './charging/charges.resolver.ts';
import { EstimateChargeResolver } from './charging/estimate-charge.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from './charging/explain-charge.resolver.ts';
import { HoldChangeResolver } from './charging/hold-changes.resolver.ts';
import { HoldResolver, holdNodeLoaders, TeamHoldsResolver } from './charging/holds.resolver.ts';
import { ReverseChargeResolver } from './charging/reverse-charge.resolver.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Tx } from './db/client.ts';
import { type Database, openDatabase } from './db/database.ts';
import { DeploymentEventResolver } from './deployments/deployment-events.resolver.ts';
import { DeploymentFieldsResolver } from './deployments/deployment-fields.resolver.ts';
import { DeploymentResolver } from './deployments/deployments.resolver.ts';
import { deploymentNodes } from './deployments/loaders.ts';
import { TeamDeploymentsResolver } from './deployments/team-deployments.resolver.ts';
import { assert } from './domain-error.ts';
import { DebtLimitResolver } from './grants/debt-limit.resolver.ts';
import { BalanceResolver, EntryGrantResolver, GrantResolver } from './grants/grants.resolver.ts';
import { grantNodes } from './grants/loaders.ts';
import { PromoCodeResolver, promoCodeNodes } from './grants/promo-codes.resolver.ts';
import { RedeemPromoCodeResolver } from './grants/promo-redeem.resolver.ts';
import { TeamCreditResolver } from './grants/team-credit.resolver.ts';
import { createContext } from './graphql/context.ts';
import { NodeResolver } from './graphql/node.ts';
import { RESOLVERS } from './graphql/resolvers.ts';
import { buildAppSchema } from './graphql/schema.ts';
import { type AppServer, createServer } from './graphql/server.ts';
import type { ResolverClass } from './graphql/subscription-source.ts';
import { publicId } from './id.ts';
import { LedgerResolver } from './ledger/ledger.resolver.ts';
import { ledgerNodes } from './ledger/nodes.ts';
import { LiveResolver } from './live/live.resolver.ts';
import { mailNodes, SandboxMailResolver } from './mail/sandbox-mail.resolver.ts';
import { CreditPackResolver } from './payments/credit-packs.resolver.ts';
import { ExportResolver } from './payments/export.resolver.ts';
import { PaymentResolver, paymentNodes } from './payments/payment.resolver.ts';
import { paymentMethodNodes } from './payments/payment-method-access.ts';
import { PaymentMethodResolver, type PaymentMethodServices } from './payments/payment-methods.resolver.ts';
import { topUpNodes } from './payments/top-up-access.ts';
import { TeamTopUpsResolver, TopUpResolver } from './payments/top-ups.resolver.ts';
import { TeamTransactionsResolver, TransactionResolver } from './payments/transaction-list.resolver.ts';
import { planNodes } from './plans/loaders.ts';
import { PlanResolver } from './plans/plans.resolver.ts';
import { seedPlans } from './plans/seed-plans.ts';
import { PlanSubscriptionResolver, TeamPlansResolver } from './plans/subscriptions.resolver.ts';
import { ClockResolver } from './sandbox/advance-clock.resolver.ts';
import { createDemoData, type Demo, type DemoTeam } from './sandbox/demo-data.ts';
import { DEMO_MODEL, seedDemo } from './sandbox/demo-grants.ts';
import { type DemoSecrets, demoSecrets } from './sandbox/demo-secrets.ts';
import { demoTraffic } from './sandbox/demo-traffic.ts';
import { AccessWatch } from './teams/access-watch.ts';
import { createAuthenticator } from './teams/authenticate.ts';
import { KeyDirectory } from './teams/key-directory.ts';
import { KeyResolver } from './teams/keys.resolver.ts';
import { MemberResolver } from './teams/members.resolver.ts';
import { rolesOf } from './teams/memberships.ts';
import { teamNodes } from './teams/nodes.ts';
import { TeamResolver } from './teams/teams.resolver.ts';
import type { TokenOptions } from './teams/token.ts';
import { UpsertUserResolver } from './teams/upsert-user.resolver.ts';
import { ViewerResolver } from './teams/viewer.resolver.ts';
import { RunResolver, runNodeLoaders, TeamRunsResolver } from './usage/run.resolver.ts';
import { QuotedStepResolver, RunModelCostResolver, RunStepResolver } from './usage/run-model.resolver.ts';
import { RunQuoteResolver } from './usage/run-quote.resolver.ts';
import { RunUsageResultResolver, RunWorkResolver } from './usage/run-work.resolver.ts';
import { SpendResolver, TeamSpendResolver } from './usage/spend.resolver.ts';
import { UsageResolver } from './usage/usage.resolver.ts';

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

/** The object of each class in RESOLVERS. */
function resolverInstances(services: Services): Map<ResolverClass, object> {
  const { db, batcher, payments } = services;
  const { deps } = payments;
  const money = { ...services, ...payments };
  const instances = new Map<ResolverClass, object>([
    [
      NodeResolver,
      new NodeResolver({
        ...teamNodes(db),
        ...catalogNodes(db),
        ...chargeNodeLoaders(services),
        ...holdNodeLoaders(services),
        ...capNodes(services),
        ...runNodeLoaders(services),
        ...deploymentNodes(services),
        ...grantNodes(services),
        ...ledgerNodes(db),
        ...promoCodeNodes(services),
        ...paymentMethodNodes(services),
        ...topUpNodes(services),
        ...paymentNodes(services),
        ...planNodes(db),
        ...mailNodes(money),
      }),
    ],
    [ViewerResolver, new ViewerResolver(db)],
    [TeamResolver, new TeamResolver(services)],
    [MemberResolver, new MemberResolver(services)],
    [KeyResolver, new KeyResolver(services)],
    [ModelResolver, new ModelResolver(services)],
    [PriceResolver, new PriceResolver(services)],
    [SupplierResolver, new SupplierResolver(services)],
    [InstanceTypeResolver, new InstanceTypeResolver(services)],
    [UsageResolver, new UsageResolver(batcher)],
    [ChargeResolver, new ChargeResolver(services)],
    [TeamChargesResolver, new TeamChargesResolver(services)],
    [ExplainChargeResolver, new ExplainChargeResolver(services)],
    [ExplainedPriceResolver, new ExplainedPriceResolver(services)],
    [ReverseChargeResolver, new ReverseChargeResolver(services)],
    [EstimateChargeResolver, new EstimateChargeResolver(services)],
    [HoldResolver, new HoldResolver(services)],
    [HoldChangeResolver, new HoldChangeResolver(services)],
    [TeamHoldsResolver, new TeamHoldsResolver(services)],
    [SpendCapResolver, new SpendCapResolver(services)],
    [RunWorkResolver, new RunWorkResolver(services)],
    [RunUsageResultResolver, new RunUsageResultResolver(services)],
    [RunResolver, new RunResolver(services)],
    [TeamRunsResolver, new TeamRunsResolver(services)],
    [RunQuoteResolver, new RunQuoteResolver(services)],
    [QuotedStepResolver, new QuotedStepResolver(services)],
    [RunStepResolver, new RunStepResolver(services)],
    [RunModelCostResolver, new RunModelCostResolver(services)],
    [DeploymentResolver, new DeploymentResolver(services)],
    [DeploymentFieldsResolver, new DeploymentFieldsResolver(services)],
    [TeamDeploymentsResolver, new TeamDeploymentsResolver(services)],
    [DeploymentEventResolver, new DeploymentEventResolver(services)],
    [ClockResolver, new ClockResolver(services)],
    [GrantResolver, new GrantResolver(services)],
    [BalanceResolver, new BalanceResolver(services)],
    [EntryGrantResolver, new EntryGrantResolver(services)],
    [TeamCreditResolver, new TeamCreditResolver(services)],
    [LedgerResolver, new LedgerResolver(services)],
    [TeamSpendResolver, new TeamSpendResolver(services)],
    [SpendResolver, new SpendResolver(services)],
    [LiveResolver, new LiveResolver(services.live)],
    [UpsertUserResolver, new UpsertUserResolver(services)],
    [PromoCodeResolver, new PromoCodeResolver(services)],
    [
      RedeemPromoCodeResolver,
      new RedeemPromoCodeResolver({ ...services, addressOf: ({ address }) => address }),
    ],
    [DebtLimitResolver, new DebtLimitResolver(services)],
    [CreditPackResolver, new CreditPackResolver(money)],
    [PaymentMethodResolver, new PaymentMethodResolver(methodServices(payments))],
    [TopUpResolver, new TopUpResolver(deps)],
    [TeamTopUpsResolver, new TeamTopUpsResolver(services)],
    [PaymentResolver, new PaymentResolver(money)],
    [TeamTransactionsResolver, new TeamTransactionsResolver(money)],
    [TransactionResolver, new TransactionResolver(money)],
    [ExportResolver, new ExportResolver(money)],
    [PlanResolver, new PlanResolver(services)],
    [PlanSubscriptionResolver, new PlanSubscriptionResolver(payments.plans)],
    [TeamPlansResolver, new TeamPlansResolver(services, services.entitlements)],
    [SandboxMailResolver, new SandboxMailResolver(money)],
  ]);
  for (const resolver of RESOLVERS) assert(instances.has(resolver), `there is an object of ${resolver.name}`);
  return instances;
}

/** The public URL is known only once the server listens. */
function methodServices({ deps, isSandbox, publishableKey }: Payments): PaymentMethodServices {
  const { db, clock, gateway } = deps;
  return {
    db,
    clock,
    gateway,
    isSandbox,
    publishableKey,
    get publicUrl() {
      return deps.publicUrl;
    },
  };
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
