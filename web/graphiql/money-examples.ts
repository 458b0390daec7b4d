import type { Example } from './example.ts';
import autoRecharge from './examples/auto-recharge.graphql?raw';
import buyCredits from './examples/buy-credits.graphql?raw';
import checkout from './examples/checkout.graphql?raw';
import createPromoCode from './examples/create-promo-code.graphql?raw';
import decideRefund from './examples/decide-refund.graphql?raw';
import exportTransactions from './examples/export-transactions.graphql?raw';
import plans from './examples/plans.graphql?raw';
import previewAutoRecharge from './examples/preview-auto-recharge.graphql?raw';
import redeemPromoCode from './examples/redeem-promo-code.graphql?raw';
import requestRefund from './examples/request-refund.graphql?raw';
import sandboxMail from './examples/sandbox-mail.graphql?raw';
import saveCard from './examples/save-card.graphql?raw';
import subscribe from './examples/subscribe.graphql?raw';
import transactions from './examples/transactions.graphql?raw';
import watchTopUps from './examples/watch-top-ups.graphql?raw';
import { PLACEHOLDERS } from './placeholders.ts';

/** The tabs about money that comes in, and goes back. */
export const MONEY_EXAMPLES: readonly Example[] = [
  {
    name: 'SaveCard',
    query: saveCard,
    keyType: 'USER',
    variables: ({ teamId }) => ({ input: { teamId, sandboxCard: 'pm_card_visa' } }),
  },
  {
    name: 'BuyCredits',
    query: buyCredits,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: { teamId, amount: { custom: '25' }, idempotencyKey: 'my-first-purchase' },
    }),
  },
  {
    name: 'Checkout',
    query: checkout,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: { teamId, amount: { custom: '50' }, idempotencyKey: 'my-first-checkout' },
    }),
  },
  {
    name: 'WatchTopUps',
    query: watchTopUps,
    keyType: 'TEAM',
    variables: ({ teamId }) => ({ teamId, after: '0' }),
  },
  {
    name: 'AutoRecharge',
    query: autoRecharge,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: { teamId, enabled: true, threshold: '20', amount: '25', dailyCap: '50' },
    }),
  },
  {
    name: 'PreviewAutoRecharge',
    query: previewAutoRecharge,
    keyType: 'TEAM',
    variables: ({ teamId }) => ({ teamId }),
  },
  {
    name: 'CreatePromoCode',
    query: createPromoCode,
    keyType: 'OPERATOR',
    variables: () => ({
      input: {
        idempotencyKey: 'my-first-code',
        code: 'WELCOME-10',
        credits: '10',
        grantLastsDays: 30,
        maxRedemptions: 100,
        reason: 'To welcome new teams',
      },
    }),
  },
  {
    name: 'RedeemPromoCode',
    query: redeemPromoCode,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: { teamId, code: 'WELCOME-10', idempotencyKey: 'my-first-redemption' },
    }),
  },
  { name: 'Plans', query: plans, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId }) },
  {
    name: 'Subscribe',
    query: subscribe,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: { teamId, planCode: 'workflow-personal', idempotencyKey: 'my-first-subscription' },
    }),
  },
  {
    name: 'RequestRefund',
    query: requestRefund,
    keyType: 'USER',
    variables: ({ teamId }) => ({
      input: {
        teamId,
        topUpId: PLACEHOLDERS.topUp,
        reason: 'Bought too much',
        idempotencyKey: `refund-of-${PLACEHOLDERS.topUp}`,
      },
    }),
  },
  {
    name: 'DecideRefund',
    query: decideRefund,
    keyType: 'OPERATOR',
    variables: () => ({
      input: {
        refundId: PLACEHOLDERS.refund,
        decision: 'APPROVE',
        reason: 'Not spent',
        idempotencyKey: `decision-on-${PLACEHOLDERS.refund}`,
      },
    }),
  },
  {
    name: 'Transactions',
    query: transactions,
    keyType: 'TEAM',
    variables: ({ teamId }) => ({ teamId, filter: {} }),
  },
  {
    name: 'ExportTransactions',
    query: exportTransactions,
    keyType: 'TEAM',
    variables: ({ teamId }) => ({ input: { teamId, format: 'CSV' } }),
  },
  { name: 'SandboxMail', query: sandboxMail, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId }) },
];
