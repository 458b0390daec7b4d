import type { ActorName } from './access-oracle.ts';
import type { Fresh } from './fresh.ts';
import type { IdName } from './tenants.ts';

/** Where ids come from: those of a team, of another one, or of nothing. */
export interface Sampling {
  readonly ids: Readonly<Record<IdName, string>>;
  /** The key of a model that the team supplies. */
  readonly suppliedModel: string;
  /** Something of that team that nothing has been done to yet; for mutations, which use it up. */
  readonly fresh: (what: Fresh) => Promise<string>;
  /** Whether a key asks, and no user. */
  readonly isKey: boolean;
  /** One place that is to hold another value. */
  readonly instead?: { readonly path: string; readonly value: unknown };
}

/** What belongs into a place. */
export type SampleValue = (sampling: Sampling) => unknown;

const id =
  (name: IdName): SampleValue =>
  ({ ids }) =>
    ids[name];
const fresh =
  (what: Fresh): SampleValue =>
  (sampling) =>
    sampling.fresh(what);

interface IdPlace {
  readonly value: SampleValue;
  /** What it has to be of the team that is named beside it: another team's is no better than an unknown one. */
  readonly ofNamedTeam?: IdName;
  /** Whose place it is, where others may leave it empty only. */
  readonly by?: ActorName;
}

const TEAM: IdPlace = { value: id('team') };
const CHARGE: IdPlace = { value: id('charge') };
const NO_TEAMS: IdPlace = { value: () => undefined };
const MEMBER: IdPlace = { value: id('user'), ofNamedTeam: 'user' };
const API_KEY: IdPlace = { value: id('apiKey'), ofNamedTeam: 'apiKey' };
const HOLD: IdPlace = { value: id('hold'), ofNamedTeam: 'hold' };
const FRESH_HOLD: IdPlace = { value: fresh('hold'), ofNamedTeam: 'hold' };
const RUN: IdPlace = { value: id('run'), ofNamedTeam: 'run' };
const FRESH_RUN: IdPlace = { value: fresh('run'), ofNamedTeam: 'run' };
const DEPLOYMENT: IdPlace = { value: id('deployment'), ofNamedTeam: 'deployment' };
const NEW_DEPLOYMENT: IdPlace = { value: fresh('deployment'), ofNamedTeam: 'deployment' };
const STARTED: IdPlace = { value: fresh('started'), ofNamedTeam: 'deployment' };
const PAYMENT_METHOD: IdPlace = { value: id('paymentMethod'), ofNamedTeam: 'paymentMethod' };
/** A refund is asked for by one of the two. */
const TOP_UP_PATH = 'RequestRefundInput.topUpId';
const PAYMENT_PATH = 'RequestRefundInput.paymentId';
const PAUSED: IdPlace = { value: fresh('paused'), ofNamedTeam: 'deployment' };

/**
 * The id that belongs into each place of the API that takes one, as `Type.field.argument` or `Input.field`. A place that
 * is missing here fails whoever needs a value for it.
 */
export const IDS: Readonly<Record<string, IdPlace>> = {
  'Query.node.id': TEAM,
  'Query.nodes.ids': TEAM,
  'Query.team.id': TEAM,
  'Query.verifyLedger.teamId': TEAM,
  'Query.charge.id': CHARGE,
  'Query.explainCharge.id': CHARGE,
  'Query.model.id': NO_TEAMS,
  'Query.instanceType.id': NO_TEAMS,
  'Query.hold.id': { value: id('hold') },
  'Query.run.id': { value: id('run') },
  'Query.deployment.id': { value: id('deployment') },
  'EstimateChargeInput.teamId': TEAM,
  'ChargeFilter.memberId': MEMBER,
  'ChargeFilter.apiKeyId': API_KEY,
  'HoldFilter.memberId': MEMBER,
  'HoldFilter.apiKeyId': API_KEY,
  'RunFilter.memberId': MEMBER,
  'RunFilter.apiKeyId': API_KEY,
  'DeploymentEventFilter.deploymentId': DEPLOYMENT,
  'LedgerEntryFilter.grantId': { value: id('grant'), ofNamedTeam: 'grant' },
  'AddMemberInput.teamId': TEAM,
  // Any user may be taken into a team by who knows their id.
  'AddMemberInput.userId': { value: fresh('newcomer') },
  'UpdateMemberRoleInput.teamId': TEAM,
  'UpdateMemberRoleInput.userId': { value: fresh('removable'), ofNamedTeam: 'user' },
  'RemoveMemberInput.teamId': TEAM,
  'RemoveMemberInput.userId': { value: fresh('removable'), ofNamedTeam: 'user' },
  'CreateApiKeyInput.teamId': TEAM,
  'RevokeApiKeyInput.teamId': TEAM,
  'RevokeApiKeyInput.id': { value: fresh('teamKey'), ofNamedTeam: 'apiKey' },
  'CreateServiceKeyInput.teamId': TEAM,
  'RevokeServiceKeyInput.id': { value: fresh('teamKey') },
  'IssueGrantInput.teamId': TEAM,
  'VoidGrantInput.grantId': { value: fresh('grant') },
  'ExtendGrantInput.grantId': { value: fresh('grant') },
  'ReverseChargeInput.chargeId': { value: fresh('charge') },
  'UsageItemInput.teamId': TEAM,
  'UsageItemInput.memberId': MEMBER,
  'UsageItemInput.apiKeyId': API_KEY,
  'PlaceHoldInput.teamId': TEAM,
  'PlaceHoldInput.memberId': MEMBER,
  'PlaceHoldInput.apiKeyId': API_KEY,
  'ReportHoldInput.teamId': TEAM,
  'ReportHoldInput.holdId': HOLD,
  'ExtendHoldInput.teamId': TEAM,
  'ExtendHoldInput.holdId': HOLD,
  'SettleHoldInput.teamId': TEAM,
  'SettleHoldInput.holdId': FRESH_HOLD,
  'ReleaseHoldInput.teamId': TEAM,
  'ReleaseHoldInput.holdId': FRESH_HOLD,
  'EstimateRunInput.teamId': TEAM,
  'StartRunInput.teamId': TEAM,
  'StartRunInput.memberId': MEMBER,
  'StartRunInput.apiKeyId': API_KEY,
  'StartRunPlanInput.quoteId': { value: fresh('quote'), ofNamedTeam: 'quote' },
  'RunUsageItemInput.teamId': TEAM,
  'RunUsageItemInput.runId': RUN,
  'FinishRunInput.teamId': TEAM,
  'FinishRunInput.runId': FRESH_RUN,
  'CancelRunInput.teamId': TEAM,
  'CancelRunInput.runId': FRESH_RUN,
  'SetSpendCapInput.teamId': TEAM,
  'SpendCapSubjectInput.memberId': MEMBER,
  'SpendCapSubjectInput.apiKeyId': API_KEY,
  'SetSupplierPriceInput.teamId': TEAM,
  'SetModelSupplierInput.teamId': NO_TEAMS,
  'CreateDeploymentInput.teamId': TEAM,
  'CreateDeploymentInput.memberId': { ...MEMBER, by: 'platform' },
  'CreateDeploymentInput.apiKeyId': { ...API_KEY, by: 'platform' },
  'StartDeploymentInput.teamId': TEAM,
  'StartDeploymentInput.deploymentId': NEW_DEPLOYMENT,
  'PauseDeploymentInput.teamId': TEAM,
  'PauseDeploymentInput.deploymentId': STARTED,
  'ResumeDeploymentInput.teamId': TEAM,
  'ResumeDeploymentInput.deploymentId': PAUSED,
  'StopDeploymentInput.teamId': TEAM,
  'StopDeploymentInput.deploymentId': STARTED,
  'ResizeDeploymentInput.teamId': TEAM,
  'ResizeDeploymentInput.deploymentId': STARTED,
  'ScaleDeploymentInput.teamId': TEAM,
  'ScaleDeploymentInput.deploymentId': STARTED,
  'SetDeploymentScheduleInput.teamId': TEAM,
  'SetDeploymentScheduleInput.deploymentId': STARTED,
  'UpdateDeploymentInput.teamId': TEAM,
  'UpdateDeploymentInput.deploymentId': NEW_DEPLOYMENT,
  'ReportBootFailureInput.teamId': TEAM,
  'ReportBootFailureInput.deploymentId': STARTED,
  'Query.sandboxMail.teamId': TEAM,
  'Query.previewAutoRecharge.teamId': TEAM,
  'SetDebtLimitInput.teamId': TEAM,
  'RedeemPromoCodeInput.teamId': TEAM,
  'ConfigureAutoRechargeInput.teamId': TEAM,
  'ConfigureAutoRechargeInput.paymentMethodId': PAYMENT_METHOD,
  'ExportTransactionsInput.teamId': TEAM,
  'SetupPaymentMethodInput.teamId': TEAM,
  'SetDefaultPaymentMethodInput.teamId': TEAM,
  'SetDefaultPaymentMethodInput.paymentMethodId': PAYMENT_METHOD,
  'RemovePaymentMethodInput.teamId': TEAM,
  'RemovePaymentMethodInput.paymentMethodId': {
    value: fresh('paymentMethod'),
    ofNamedTeam: 'paymentMethod',
  },
  'RequestRefundInput.teamId': TEAM,
  [PAYMENT_PATH]: { value: fresh('payment'), ofNamedTeam: 'payment' },
  [TOP_UP_PATH]: {
    value: (sampling) => (sampling.instead?.path === PAYMENT_PATH ? undefined : sampling.fresh('topUp')),
    ofNamedTeam: 'topUp',
  },
  'DecideRefundInput.refundId': { value: fresh('refund') },
  'PurchaseCreditsInput.teamId': TEAM,
  'PurchaseCreditsInput.paymentMethodId': PAYMENT_METHOD,
  // The packs are the same for all.
  'PurchaseAmountInput.pack': { value: () => 'pack-5' },
  'CreateCheckoutSessionInput.teamId': TEAM,
  'SubscribeToPlanInput.teamId': TEAM,
  'SubscribeToPlanInput.paymentMethodId': { value: id('askingCard'), ofNamedTeam: 'paymentMethod' },
  'ChangePlanInput.teamId': TEAM,
  'CancelSubscriptionInput.teamId': TEAM,
  'CancelSubscriptionInput.subscriptionId': { value: fresh('waiting'), ofNamedTeam: 'subscription' },
  'Subscription.topUpChanged.teamId': TEAM,
  'Subscription.balanceChanged.teamId': TEAM,
  'Subscription.ledgerEntryPosted.teamId': TEAM,
  'Subscription.spendUpdated.teamId': TEAM,
  'Subscription.deploymentChanged.teamId': TEAM,
  'Subscription.deploymentChanged.deploymentId': { value: id('deployment') },
};
