import Stripe from 'stripe';

/** The way to Stripe, or to what stands in for it. Calls go through `askStripe`. */
export interface Gateway {
  readonly stripe: Stripe;
  /** `whsec_…`: what events are signed with. */
  readonly webhookSecret: string;
  /** LIVE charges real cards. */
  readonly kind: 'LIVE' | 'TEST' | 'SANDBOX';
}

/** Which account, and where it is reached. */
export interface GatewayOptions {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Where the sandbox listens; absent: Stripe. */
  readonly url?: string | undefined;
  /** How long one attempt may take. */
  readonly timeoutMs?: number | undefined;
}

/** Retries of one call by the package itself, all with the same idempotency key. */
const RETRIES = 2;
const TIMEOUT_MS = 20_000;

/** Opens the way to Stripe. @throws Error when a live key is to be used with anything but Stripe itself. */
export function openGateway({ secretKey, webhookSecret, url, timeoutMs }: GatewayOptions): Gateway {
  const isLive = /^.k_live_/.test(secretKey);
  if (isLive && url !== undefined) throw new Error('A live key is for Stripe alone, never for the sandbox.');
  const stripe = new Stripe(secretKey, {
    maxNetworkRetries: RETRIES,
    timeout: timeoutMs ?? TIMEOUT_MS,
    telemetry: false,
    appInfo: { name: 'Drawdown' },
    ...(url !== undefined && addressOf(url)),
  });
  return { stripe, webhookSecret, kind: url !== undefined ? 'SANDBOX' : isLive ? 'LIVE' : 'TEST' };
}

function addressOf(url: string): { host: string; port: string; protocol: 'http' } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port, protocol: 'http' };
}
