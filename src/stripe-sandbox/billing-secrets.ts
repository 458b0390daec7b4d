import type { WireSessionItem, WireSubscriptionItem } from './billing-wire.ts';

/** What is remembered of an invoice beside what is told. */
export interface InvoiceSecret {
  /** When it could not be paid for the first time, in Unix seconds: retries are counted from there. */
  readonly firstFailedAt: number | null;
  /** Whether the attempt that runs was made by itself, not because somebody asked. */
  readonly automatic: boolean;
}

/** What is remembered of a subscription beside what is told. */
export interface SubscriptionSecret {
  /** The items it gets when the invoice of its pending update is paid. */
  readonly pendingItems: readonly WireSubscriptionItem[] | null;
}

/** What is remembered of a checkout session beside what is told. */
export interface SessionSecret {
  readonly items: readonly WireSessionItem[];
  /** How the payment intent is made once somebody pays. */
  readonly intent: SessionIntent;
  /** Of the setup or payment intent that is waiting for its holder. */
  readonly waitingFor: string | null;
}

/** `payment_intent_data` of a session. */
export interface SessionIntent {
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
}
