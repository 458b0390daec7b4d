import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { type Config, isSandbox } from './config.ts';
import type { Db } from './db/client.ts';
import { parseDecimal } from './decimal.ts';
import { missedEventsLoop } from './gateway/missed-events.ts';
import { LinkSigner } from './gateway/signed-link.ts';
import { type Gateway, openGateway } from './gateway/stripe.ts';
import { type EventEffects, StripeInbox } from './gateway/stripe-events.ts';
import { stripeWebhook } from './gateway/webhook-endpoint.ts';
import { signUpCredit } from './grants/sign-up-credit.ts';
import type { MountedRoute } from './graphql/routes.ts';
import type { Uuid } from './id.ts';
import { type Due, dueLoop } from './jobs/due.ts';
import { JobQueue } from './jobs/job-queue.ts';
import type { Loop } from './loop.ts';
import type { MailAttachment } from './mail/mail.ts';
import { mailHandler } from './mail/send-mail.ts';
import { type MailTransport, smtpTransport } from './mail/smtp.ts';
import { waitingMailLoop } from './mail/waiting-mail.ts';
import { parseCredits } from './money.ts';
import { usdCents } from './payments/amounts.ts';
import type { CreditOptions } from './payments/credit-packs.ts';
import { debtInvoicesDue } from './payments/debt-invoices.ts';
import { expiringCards } from './payments/expiring-card-notice.ts';
import type { PaymentDeps } from './payments/payment-deps.ts';
import { paymentMethodEffects } from './payments/payment-method-effects.ts';
import { paymentMethodsJob } from './payments/payment-method-sync.ts';
import { watchedMethods } from './payments/payment-method-watch.ts';
import { chosenMethod } from './payments/payment-methods.ts';
import { handleRecharges, rechargesDue } from './payments/recharge-due.ts';
import { RechargeTrigger } from './payments/recharge-trigger.ts';
import { handleTopUps, topUpEffects, topUpsDue } from './payments/top-up-effects.ts';
import type { PlanDeps } from './plans/plan-deps.ts';
import { handleSubscriptions, planEffects, subscriptionsDue } from './plans/plan-effects.ts';
import { disputeEffects } from './refunds/dispute-effects.ts';
import { handleRefunds, refundEffects, refundsDue } from './refunds/refund-effects.ts';
import { exportEndpoint } from './statements/export-endpoint.ts';
import { receiptEndpoint } from './statements/receipt-endpoint.ts';
import { receiptFile } from './statements/receipt-file.ts';
import { receiptMailHandler } from './statements/receipt-mail.ts';
import { issuerFrom } from './statements/receipt-text.ts';
import { StripeSandbox } from './stripe-sandbox/server.ts';
import type { WelcomeOwner } from './teams/users.ts';

/** What payments are made with, and what goes on beside the requests for them. */
export interface Payments {
  readonly deps: PaymentDeps;
  readonly plans: PlanDeps;
  readonly jobs: JobQueue;
  readonly inbox: StripeInbox;
  readonly links: LinkSigner;
  readonly creditOptions: CreditOptions;
  readonly isSandbox: boolean;
  readonly publishableKey: string | undefined;
  /** What whoever owns a team is given once their e-mail is verified. */
  readonly welcome: WelcomeOwner;
  /** What falls due by business time. */
  readonly dues: readonly Due[];
  /** The stand-in for Stripe, and where it is; undefined where Stripe itself is talked to. */
  readonly sandbox: { readonly server: StripeSandbox; readonly url: string } | undefined;
  /** Begins what goes on by itself. `url`: where this server listens. */
  start(url: string): void;
  /** To be called when the clock was moved. */
  wake(): void;
  stop(): Promise<void>;
}

/** The sandbox's own credentials: it takes no others, and they open nothing else. */
const SANDBOX_KEY = 'sk_test_drawdown_sandbox';
const SANDBOX_SECRET = 'whsec_drawdown_sandbox';

/** Opens the way to Stripe, or starts what stands in for it. @throws Error when the sandbox's port is taken. */
export async function openPayments(db: Db, config: Config, clock: Clock, logger: Logger): Promise<Payments> {
  const site = { url: config.PUBLIC_URL ?? '' };
  const sandbox =
    config.STRIPE_SECRET_KEY === undefined ? await openStripeSandbox(db, config, clock, logger) : undefined;
  const jobs = new JobQueue(db, logger);
  const deps: PaymentDeps = {
    db,
    clock,
    gateway: gatewayOf(config, sandbox?.url),
    jobs,
    log: logger,
    payAsYouGoLimitNano: parseCredits(config.PAY_AS_YOU_GO_LIMIT_CREDITS, 'PAY_AS_YOU_GO_LIMIT_CREDITS'),
    minPurchaseCents: usdCents(config.MIN_PURCHASE_USD),
    get publicUrl() {
      return site.url;
    },
  };
  const plans: PlanDeps = { ...deps, chosenMethod };
  const parts = partsOf(deps, plans, config);
  const inbox = new StripeInbox(deps, parts.effects);
  const trigger = new RechargeTrigger(deps);
  const dues = [inbox.due(), ...parts.dues];
  const loops = [dueLoop({ ...deps, dues }), missedEventsLoop(deps, inbox), ...mailLoops(deps, config)];
  return {
    deps,
    plans,
    jobs,
    inbox,
    links: new LinkSigner(db, () => site.url),
    creditOptions: {
      minPurchaseCents: deps.minPurchaseCents,
      creditsPerUsd: parseDecimal(config.CREDITS_PER_USD),
    },
    isSandbox: isSandbox(config),
    publishableKey: config.STRIPE_PUBLISHABLE_KEY,
    welcome: welcomeOf(config),
    dues,
    sandbox,
    start(url) {
      site.url ||= url;
      sandbox?.server.setWebhookUrl(`${url}/webhooks/stripe`);
      jobs.start();
      trigger.start();
      for (const loop of loops) loop.start();
    },
    wake() {
      for (const loop of loops) loop.wake();
    },
    async stop() {
      await Promise.all([trigger.stop(), ...loops.map((loop) => loop.stop())]);
      await jobs.stop();
      await sandbox?.server.close();
    },
  };
}

function gatewayOf(config: Config, sandboxUrl: string | undefined): Gateway {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = config;
  if (secretKey !== undefined && webhookSecret !== undefined)
    return openGateway({ secretKey, webhookSecret });
  return openGateway({ secretKey: SANDBOX_KEY, webhookSecret: SANDBOX_SECRET, url: sandboxUrl });
}

async function openStripeSandbox(db: Db, config: Config, clock: Clock, logger: Logger) {
  const server = new StripeSandbox({
    db,
    clock,
    log: logger,
    secretKey: SANDBOX_KEY,
    webhookSecret: SANDBOX_SECRET,
  });
  const port = config.STRIPE_SANDBOX_PORT ?? (config.PORT === 0 ? 0 : config.PORT + 1);
  const { url } = await server.listen(port, config.HOST).catch((error: unknown) => {
    throw new Error(`STRIPE_SANDBOX_PORT: ${port} cannot be listened on. ${String(error)}`);
  });
  return { server, url };
}

/** What each room has to do with events and with time; it says who does the jobs, too. */
function partsOf(
  deps: PaymentDeps,
  plans: PlanDeps,
  config: Config,
): { effects: EventEffects[]; dues: Due[] } {
  const { db, jobs } = deps;
  const issuer = issuerFrom(config.ISSUER_NAME, config.ISSUER_ADDRESS);
  handleTopUps(deps);
  handleRecharges(deps);
  handleRefunds(deps);
  handleSubscriptions(plans);
  jobs.handle('payment-methods', paymentMethodsJob(deps));
  jobs.handle('receipt', receiptMailHandler(deps));
  const attach = async (teamId: Uuid, { paymentId }: MailAttachment) =>
    receiptFile(db, issuer, teamId, paymentId);
  const transport = transportOf(config);
  jobs.handle('mail', mailHandler({ ...deps, transport, isSandbox: isSandbox(config), attach }));
  return {
    effects: [
      topUpEffects(deps),
      paymentMethodEffects(deps),
      refundEffects(deps),
      disputeEffects(deps),
      planEffects(plans),
    ],
    dues: [
      topUpsDue(deps),
      rechargesDue(deps),
      ...refundsDue(deps),
      debtInvoicesDue(deps),
      subscriptionsDue(deps),
      watchedMethods(jobs),
      expiringCards(jobs),
    ],
  };
}

function transportOf({ SMTP_URL, MAIL_FROM }: Config): MailTransport | undefined {
  return SMTP_URL === undefined ? undefined : smtpTransport(SMTP_URL, MAIL_FROM);
}

/** Without SMTP settings nothing waits to be sent. */
function mailLoops({ db, jobs, log }: PaymentDeps, { SMTP_URL }: Config): Loop[] {
  return SMTP_URL === undefined ? [] : [waitingMailLoop(db, jobs, log)];
}

function welcomeOf({ SIGN_UP_CREDITS, SIGN_UP_CREDIT_DAYS: lastsDays }: Config): WelcomeOwner {
  return signUpCredit({ amountNano: parseCredits(SIGN_UP_CREDITS, 'SIGN_UP_CREDITS'), lastsDays });
}

/** What is answered over HTTP beside the API. */
export function paymentRoutes({ deps, inbox, links }: Payments, config: Config): MountedRoute[] {
  const { db, log } = deps;
  const issuer = issuerFrom(config.ISSUER_NAME, config.ISSUER_ADDRESS);
  const read = ['GET', 'HEAD'];
  return [
    { path: '/webhooks/stripe', name: 'webhooks', methods: ['POST'], handle: stripeWebhook(inbox, log) },
    { path: '/exports/', name: 'exports', methods: read, handle: exportEndpoint({ db, links, log }) },
    { path: '/receipts/', name: 'receipts', methods: read, handle: receiptEndpoint({ db, links, issuer }) },
  ];
}
