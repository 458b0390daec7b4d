import type { DueWork, Endpoint, Follower, Includes, PageRoute } from './call.ts';
import { CHECKOUT_ENDPOINTS, checkoutItems } from './checkout-endpoints.ts';
import { expireDue, followSessionIntent } from './checkout-outcome.ts';
import { INVOICE_ENDPOINTS } from './invoice-endpoints.ts';
import { INVOICE_ITEM_ENDPOINTS } from './invoice-item-endpoints.ts';
import { advanceDue, confirmationSecret, followInvoiceIntent, paymentsOf } from './invoice-payment.ts';
import { CHECKOUT_PAGES } from './pages-checkout.ts';
import { INVOICE_PAGES } from './pages-invoice.ts';
import { PRICE_ENDPOINTS } from './price-endpoints.ts';
import { PRODUCT_ENDPOINTS } from './product-endpoints.ts';
import { SUBSCRIPTION_ENDPOINTS } from './subscription-endpoints.ts';
import { renewDue } from './subscription-renew.ts';

/** Products, prices, subscriptions, invoices and checkout sessions. */
export const BILLING_ENDPOINTS: readonly Endpoint[] = [
  ...PRODUCT_ENDPOINTS,
  ...PRICE_ENDPOINTS,
  ...SUBSCRIPTION_ENDPOINTS,
  ...INVOICE_ENDPOINTS,
  ...INVOICE_ITEM_ENDPOINTS,
  ...CHECKOUT_ENDPOINTS,
];

/** The checkout page and what belongs to it. */
export const BILLING_PAGES: readonly PageRoute[] = [...CHECKOUT_PAGES, ...INVOICE_PAGES];

const RENEWALS: DueWork<'subscription'> = { type: 'subscription', run: renewDue };
const RETRIES: DueWork<'invoice'> = { type: 'invoice', run: advanceDue };
const EXPIRY: DueWork<'checkout.session'> = { type: 'checkout.session', run: expireDue };

/** Renewals, retries and expiry. */
export const DUE_WORK = [RENEWALS, RETRIES, EXPIRY] as const;

/** Invoices and checkout sessions are told how their payments went. */
export const BILLING_FOLLOWERS: readonly Follower[] = [
  {
    followIntent: async (call, intent) => {
      if (intent.parent?.startsWith('in_') && intent.type === 'payment_intent') {
        await followInvoiceIntent(call, intent);
      }
      if (intent.parent?.startsWith('cs_')) await followSessionIntent(call, intent);
    },
  },
];

/** Members that are answered only when expanded. */
export const BILLING_INCLUDES: Includes = {
  invoice: { confirmation_secret: confirmationSecret, payments: paymentsOf },
  'checkout.session': { line_items: checkoutItems },
};
