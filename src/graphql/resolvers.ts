import type { NonEmptyArray } from 'type-graphql';
import { ModelResolver } from '../catalog/catalog.resolver.ts';
import { InstanceTypeResolver } from '../catalog/instance-types.resolver.ts';
import { PriceResolver } from '../catalog/price.resolver.ts';
import { SupplierResolver } from '../catalog/supplier.resolver.ts';
import { SpendCapResolver } from '../charging/cap.resolver.ts';
import { ChargeResolver, TeamChargesResolver } from '../charging/charges.resolver.ts';
import { EstimateChargeResolver } from '../charging/estimate-charge.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from '../charging/explain-charge.resolver.ts';
import { HoldChangeResolver } from '../charging/hold-changes.resolver.ts';
import { HoldResolver, TeamHoldsResolver } from '../charging/holds.resolver.ts';
import { ReverseChargeResolver } from '../charging/reverse-charge.resolver.ts';
import { DeploymentEventResolver } from '../deployments/deployment-events.resolver.ts';
import { DeploymentFieldsResolver } from '../deployments/deployment-fields.resolver.ts';
import { DeploymentResolver } from '../deployments/deployments.resolver.ts';
import { TeamDeploymentsResolver } from '../deployments/team-deployments.resolver.ts';
import { DebtLimitResolver } from '../grants/debt-limit.resolver.ts';
import { BalanceResolver, EntryGrantResolver, GrantResolver } from '../grants/grants.resolver.ts';
import { PromoCodeResolver } from '../grants/promo-codes.resolver.ts';
import { RedeemPromoCodeResolver } from '../grants/promo-redeem.resolver.ts';
import { TeamCreditResolver } from '../grants/team-credit.resolver.ts';
import { LedgerResolver } from '../ledger/ledger.resolver.ts';
import { LiveResolver } from '../live/live.resolver.ts';
import { SandboxMailResolver } from '../mail/sandbox-mail.resolver.ts';
import {
  AutoRechargeFieldsResolver,
  AutoRechargeResolver,
  RechargeAttemptResolver,
} from '../payments/auto-recharge.resolver.ts';
import { CreditPackResolver } from '../payments/credit-packs.resolver.ts';
import { PaymentMethodResolver } from '../payments/payment-methods.resolver.ts';
import { TeamTopUpsResolver, TopUpResolver } from '../payments/top-ups.resolver.ts';
import { PlanResolver } from '../plans/plans.resolver.ts';
import { PlanSubscriptionResolver, TeamPlansResolver } from '../plans/subscriptions.resolver.ts';
import { TeamDisputesResolver } from '../refunds/disputes.resolver.ts';
import { RefundResolver, TeamRefundsResolver } from '../refunds/refunds.resolver.ts';
import { ClockResolver } from '../sandbox/advance-clock.resolver.ts';
import { ExportResolver } from '../statements/export.resolver.ts';
import { PaymentResolver } from '../statements/payment.resolver.ts';
import { TeamTransactionsResolver, TransactionResolver } from '../statements/transaction-list.resolver.ts';
import { KeyResolver } from '../teams/keys.resolver.ts';
import { MemberResolver } from '../teams/members.resolver.ts';
import { TeamResolver } from '../teams/teams.resolver.ts';
import { UpsertUserResolver } from '../teams/upsert-user.resolver.ts';
import { ViewerResolver } from '../teams/viewer.resolver.ts';
import { RunResolver, TeamRunsResolver } from '../usage/run.resolver.ts';
import { QuotedStepResolver, RunModelCostResolver, RunStepResolver } from '../usage/run-model.resolver.ts';
import { RunQuoteResolver } from '../usage/run-quote.resolver.ts';
import { RunUsageResultResolver, RunWorkResolver } from '../usage/run-work.resolver.ts';
import { SpendResolver, TeamSpendResolver } from '../usage/spend.resolver.ts';
import { UsageResolver } from '../usage/usage.resolver.ts';
import { NodeResolver } from './node.ts';
import type { ResolverClass } from './subscription-source.ts';

/** Every resolver class of the API, room by room. `app.ts` makes the object of each. */
export const RESOLVERS: NonEmptyArray<ResolverClass> = [
  NodeResolver,
  ViewerResolver,
  TeamResolver,
  MemberResolver,
  KeyResolver,
  ModelResolver,
  PriceResolver,
  SupplierResolver,
  InstanceTypeResolver,
  UsageResolver,
  ChargeResolver,
  TeamChargesResolver,
  ExplainChargeResolver,
  ExplainedPriceResolver,
  ReverseChargeResolver,
  EstimateChargeResolver,
  HoldResolver,
  HoldChangeResolver,
  TeamHoldsResolver,
  SpendCapResolver,
  RunWorkResolver,
  RunUsageResultResolver,
  RunResolver,
  TeamRunsResolver,
  RunQuoteResolver,
  QuotedStepResolver,
  RunStepResolver,
  RunModelCostResolver,
  DeploymentResolver,
  DeploymentFieldsResolver,
  TeamDeploymentsResolver,
  DeploymentEventResolver,
  ClockResolver,
  GrantResolver,
  BalanceResolver,
  EntryGrantResolver,
  TeamCreditResolver,
  LedgerResolver,
  TeamSpendResolver,
  SpendResolver,
  LiveResolver,
  UpsertUserResolver,
  PromoCodeResolver,
  RedeemPromoCodeResolver,
  DebtLimitResolver,
  CreditPackResolver,
  PaymentMethodResolver,
  TopUpResolver,
  TeamTopUpsResolver,
  AutoRechargeResolver,
  AutoRechargeFieldsResolver,
  RechargeAttemptResolver,
  RefundResolver,
  TeamRefundsResolver,
  TeamDisputesResolver,
  PaymentResolver,
  TeamTransactionsResolver,
  TransactionResolver,
  ExportResolver,
  PlanResolver,
  PlanSubscriptionResolver,
  TeamPlansResolver,
  SandboxMailResolver,
];
