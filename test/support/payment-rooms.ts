import { debtInvoicesDue } from '../../src/payments/debt-invoices.ts';
import type { PaymentDeps } from '../../src/payments/payment-deps.ts';
import { paymentMethodEffects } from '../../src/payments/payment-method-effects.ts';
import { paymentMethodsJob } from '../../src/payments/payment-method-sync.ts';
import { watchedMethods } from '../../src/payments/payment-method-watch.ts';
import { chosenMethod } from '../../src/payments/payment-methods.ts';
import { handleRecharges, rechargesDue } from '../../src/payments/recharge-due.ts';
import type { PlanDeps } from '../../src/plans/plan-deps.ts';
import { handleSubscriptions, planEffects, subscriptionsDue } from '../../src/plans/plan-effects.ts';
import { disputeEffects } from '../../src/refunds/dispute-effects.ts';
import { handleRefunds, refundEffects, refundsDue } from '../../src/refunds/refund-effects.ts';
import type { Extra } from './stripe-world.ts';

/** What plans are made with, where payments are made with `deps`. */
export function planDepsOf(deps: PaymentDeps): PlanDeps {
  return { ...deps, chosenMethod };
}

/** Every room that moves money beside top-ups: what events mean for it, its jobs, and what falls due in it. */
export function paymentRooms(deps: PaymentDeps): Extra[] {
  const plans = planDepsOf(deps);
  handleRecharges(deps);
  handleRefunds(deps);
  handleSubscriptions(plans);
  deps.jobs.handle('payment-methods', paymentMethodsJob(deps));
  return [
    { effects: paymentMethodEffects(deps), dues: [watchedMethods(deps.jobs)] },
    { dues: [rechargesDue(deps), debtInvoicesDue(deps)] },
    { effects: refundEffects(deps), dues: refundsDue(deps) },
    { effects: disputeEffects(deps) },
    { effects: planEffects(plans), dues: [subscriptionsDue(plans)] },
  ];
}
