import type { DueWork, Endpoint, Includes } from './call.ts';
import { CHARGE_ENDPOINTS } from './charge-endpoints.ts';
import { CUSTOMER_ENDPOINTS } from './customers.ts';
import { DISPUTE_ENDPOINTS } from './disputes.ts';
import { EVENT_ENDPOINTS } from './events.ts';
import { PAYMENT_INTENT_ENDPOINTS } from './payment-intents.ts';
import { PAYMENT_METHOD_ENDPOINTS } from './payment-method-endpoints.ts';
import { REFUND_DUE_WORK, REFUND_ENDPOINTS, refundsOf } from './refunds.ts';
import { SETUP_INTENT_ENDPOINTS } from './setup-intents.ts';

/** Customers, their methods, payments and what becomes of them. */
export const PAYMENT_ENDPOINTS: readonly Endpoint[] = [
  ...CUSTOMER_ENDPOINTS,
  ...PAYMENT_METHOD_ENDPOINTS,
  ...SETUP_INTENT_ENDPOINTS,
  ...PAYMENT_INTENT_ENDPOINTS,
  ...CHARGE_ENDPOINTS,
  ...REFUND_ENDPOINTS,
  ...DISPUTE_ENDPOINTS,
  ...EVENT_ENDPOINTS,
];

/** What happens to payments by itself. */
export const PAYMENT_DUE_WORK: readonly DueWork[] = [REFUND_DUE_WORK];

/** Members that are answered only when expanded. */
export const PAYMENT_INCLUDES: Includes = { charge: { refunds: refundsOf } };
