import { type Services } from './app-parts.ts';
import { type Payments } from './app-payments.ts';
import { ModelResolver } from './catalog/catalog.resolver.ts';
import { InstanceTypeResolver } from './catalog/instance-types.resolver.ts';
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
import { NodeResolver } from './graphql/node.ts';
import { RESOLVERS } from './graphql/resolvers.ts';
import type { ResolverClass } from './graphql/subscription-source.ts';
import { LedgerResolver } from './ledger/ledger.resolver.ts';
import { ledgerNodes } from './ledger/nodes.ts';
import { LiveResolver } from './live/live.resolver.ts';
import { mailNodes, SandboxMailResolver } from './mail/sandbox-mail.resolver.ts';
import {
  AutoRechargeFieldsResolver,
  AutoRechargeResolver,
  RechargeAttemptResolver,
} from './payments/auto-recharge.resolver.ts';
import { CreditPackResolver } from './payments/credit-packs.resolver.ts';
import { paymentMethodNodes } from './payments/payment-method-access.ts';
import { PaymentMethodResolver, type PaymentMethodServices } from './payments/payment-methods.resolver.ts';
import { rechargeAttemptNodes } from './payments/recharge-attempt-access.ts';
import { topUpNodes } from './payments/top-up-access.ts';
import { TeamTopUpsResolver, TopUpResolver } from './payments/top-ups.resolver.ts';
import { planNodes } from './plans/loaders.ts';
import { PlanResolver } from './plans/plans.resolver.ts';
import { PlanSubscriptionResolver, TeamPlansResolver } from './plans/subscriptions.resolver.ts';
import { TeamDisputesResolver } from './refunds/disputes.resolver.ts';
import { refundNodes } from './refunds/refund-access.ts';
import { RefundResolver, TeamRefundsResolver } from './refunds/refunds.resolver.ts';
import { ClockResolver } from './sandbox/advance-clock.resolver.ts';
import { ExportResolver } from './statements/export.resolver.ts';
import { PaymentResolver, paymentNodes } from './statements/payment.resolver.ts';
import { TeamTransactionsResolver, TransactionResolver } from './statements/transaction-list.resolver.ts';
import { KeyResolver } from './teams/keys.resolver.ts';
import { MemberResolver } from './teams/members.resolver.ts';
import { teamNodes } from './teams/nodes.ts';
import { TeamResolver } from './teams/teams.resolver.ts';
import { UpsertUserResolver } from './teams/upsert-user.resolver.ts';
import { ViewerResolver } from './teams/viewer.resolver.ts';
import { RunResolver, runNodeLoaders, TeamRunsResolver } from './usage/run.resolver.ts';
import { QuotedStepResolver, RunModelCostResolver, RunStepResolver } from './usage/run-model.resolver.ts';
import { RunQuoteResolver } from './usage/run-quote.resolver.ts';
import { RunUsageResultResolver, RunWorkResolver } from './usage/run-work.resolver.ts';
import { SpendResolver, TeamSpendResolver } from './usage/spend.resolver.ts';
import { UsageResolver } from './usage/usage.resolver.ts';

/** The object of each class in RESOLVERS. */
export function resolverInstances(services: Services): Map<ResolverClass, object> {
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
        ...rechargeAttemptNodes(services),
        ...refundNodes(services),
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
    [AutoRechargeResolver, new AutoRechargeResolver(deps)],
    [AutoRechargeFieldsResolver, new AutoRechargeFieldsResolver(deps)],
    [RechargeAttemptResolver, new RechargeAttemptResolver(services)],
    [RefundResolver, new RefundResolver(deps)],
    [TeamRefundsResolver, new TeamRefundsResolver(services)],
    [TeamDisputesResolver, new TeamDisputesResolver(services)],
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
