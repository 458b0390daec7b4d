import type { Logger } from 'pino';
import { Gauge, Histogram } from 'prom-client';
import type { Payments } from './app-payments.ts';
import { Catalog } from './catalog/catalog-cache.ts';
import { type EntitlementGate, type EntitlementMode, entitlementGate } from './catalog/entitlements.ts';
import { Batcher, type BatchObserver } from './charging/batcher.ts';
import { CAP_CHECKS } from './charging/cap-checks.ts';
import { CHARGE_CHECKS } from './charging/charge-checks.ts';
import { holdSweepLoop } from './charging/hold-sweeper.ts';
import { verifyBooks } from './charging/verify-books.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, isSandbox } from './config.ts';
import type { Db } from './db/client.ts';
import { committedRates } from './deployments/committed-rates.ts';
import { DEPLOYMENT_CHECKS } from './deployments/deployment-checks.ts';
import { MeteringLoop } from './deployments/metering-loop.ts';
import { expiryLoop } from './grants/expiry-loop.ts';
import { createMetrics, type Metrics } from './graphql/metrics.ts';
import type { Uuid } from './id.ts';
import type { CheckpointKey } from './ledger/checkpoint.ts';
import { loadCheckpointKey } from './ledger/checkpoint-file.ts';
import { writeCheckpoints } from './ledger/checkpoints.ts';
import { type LedgerHealth, ledgerHealth } from './ledger/health.ts';
import { HealthFeed } from './ledger/health-feed.ts';
import { openLedger } from './ledger/post.ts';
import type { TeamVerification } from './ledger/verify.ts';
import { MemoryBus } from './live/bus.ts';
import { Live } from './live/live.ts';
import { Loop, type LoopLog } from './loop.ts';
import { parseCredits } from './money.ts';
import { PAYMENT_CHECKS } from './refunds/payment-checks.ts';
import { type AdvanceServices } from './sandbox/advance-clock.ts';
import { allDueWork } from './sandbox/due-work.ts';
import { demandUnmovedClock, openSandboxClock, SandboxClock } from './sandbox/sandbox-clock.ts';
import type { OpenLedger } from './teams/teams.ts';
import type { WelcomeOwner } from './teams/users.ts';
import type { CommittedRates } from './usage/spend.ts';
import { SpendRollup } from './usage/spend-rollup-loop.ts';

const DAY_MS = 86_400_000;
const AHEAD_MS = 5 * 60_000;
const CHECKPOINT_EVERY_MS = 10 * 60_000;

/** What resolvers and workers work with. */
export interface Services {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly batcher: Batcher;
  readonly live: Live;
  readonly checkpointKey: CheckpointKey;
  readonly verifyBooks: (teamId: Uuid) => Promise<TeamVerification>;
  readonly auditBooks: () => Promise<LedgerHealth>;
  readonly healthFeed: HealthFeed;
  readonly metrics: Metrics;
  readonly openLedger: OpenLedger;
  /** What whoever owns a team is given once their e-mail is verified. */
  readonly welcome: WelcomeOwner;
  readonly payments: Payments;
  /** Whether plans limit what teams may do … */
  readonly entitlements: EntitlementMode;
  /** … and what refuses it then. */
  readonly demandEntitlement: EntitlementGate;
  /** What running deployments cost an hour. */
  readonly committedRates: CommittedRates;
  /** What moves the clock, in sandbox mode. */
  readonly sandbox: AdvanceServices | undefined;
}

export function createServices(
  db: Db,
  config: Config,
  { clock, payments }: { readonly clock: Clock; readonly payments: Payments },
  logger: Logger,
): Services {
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
  const checkpointKey = loadCheckpointKey(config);
  const auditBooks = () =>
    ledgerHealth(db, clock.now(), [...CHARGE_CHECKS, ...CAP_CHECKS, ...DEPLOYMENT_CHECKS, ...PAYMENT_CHECKS]);
  const rates: CommittedRates = (reader, teamIds) => committedRates(reader, teamIds, { catalog, clock });
  const entitlements = config.ENTITLEMENTS ?? (config.NODE_ENV === 'production' ? 'enforced' : 'off');
  const debtLimitNano = parseCredits(config.DEBT_LIMIT_CREDITS, 'DEBT_LIMIT_CREDITS');
  return {
    db,
    clock,
    catalog,
    batcher,
    live: new Live({ db, bus: new MemoryBus(), clock, log: logger, committedRates: rates }),
    checkpointKey,
    verifyBooks: (teamId) => verifyBooks(db, teamId, { key: checkpointKey }),
    auditBooks,
    healthFeed: new HealthFeed({ db, log: logger, audit: auditBooks }),
    metrics,
    openLedger: (tx, teamId, at) => openLedger(tx, teamId, at, debtLimitNano),
    committedRates: rates,
    welcome: payments.welcome,
    payments,
    entitlements,
    demandEntitlement: entitlementGate(entitlements),
    sandbox:
      clock instanceof SandboxClock
        ? { db, clock, due: allDueWork({ db, clock, catalog, batcher, payments }) }
        : undefined,
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

/** Business time: the machine's, which operators may move ahead in sandbox mode. */
export async function openClock(db: Db, config: Config, log: LoopLog): Promise<Clock> {
  if (isSandbox(config)) return openSandboxClock(db, log);
  await demandUnmovedClock(db);
  return systemClock;
}

/** Something that works on its own until it is stopped. */
export interface Worker {
  start(): void;
  stop(): void | Promise<void>;
}

/** What goes on beside the requests. Correctness depends on none of it. */
export function createWorkers(
  { db, clock, catalog, batcher, live, healthFeed, checkpointKey, sandbox, payments }: Services,
  logger: Logger,
): Worker[] {
  const checkpoints = async () => {
    await writeCheckpoints(db, checkpointKey, clock.now());
    return undefined;
  };
  const expiries = expiryLoop(db, clock, logger);
  const holds = holdSweepLoop(db, batcher, clock, logger);
  const metering = new MeteringLoop({ db, clock, catalog, log: logger });
  sandbox?.clock.onMoved(() => {
    for (const loop of [expiries, holds, metering, payments]) loop.wake();
  });
  return [
    expiries,
    holds,
    metering,
    ...(sandbox ? [sandbox.clock] : []),
    new SpendRollup(db, logger),
    new Loop(checkpoints, { name: 'checkpoints', restMs: CHECKPOINT_EVERY_MS, log: logger }),
    { start: () => live.start(), stop: () => live.close() },
    { start: () => healthFeed.start(), stop: () => healthFeed.close() },
  ];
}
