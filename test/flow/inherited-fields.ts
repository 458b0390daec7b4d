/** Seen by whoever was let to the object: the fields of the type have no more rules than the way to it. */
export const INHERITED = 'INHERITED';

type Inherited = Record<string, typeof INHERITED>;

function inherited(type: string, ...fields: readonly string[]): Inherited {
  const names = fields.join(' ').split(' ');
  return Object.fromEntries(names.map((field) => [`${type}.${field}`, INHERITED]));
}

/** Of each of these types the same fields. */
function alike(types: string, fields: string): Inherited {
  return Object.assign({}, ...types.split(' ').map((type) => inherited(type, fields)));
}

/** What pages of these are made of. */
function connections(of: string): Inherited {
  const pages = of.split(' ').map((type) => ({
    ...inherited(`${type}Connection`, 'edges pageInfo'),
    ...inherited(`${type}Edge`, 'node cursor'),
  }));
  return Object.assign({}, ...pages);
}

const CATALOG: Inherited = {
  ...inherited('Model', 'id key name product gpuType supplier active facts createdAt currentPrice'),
  ...inherited('Model', 'priceVersions instanceType'),
  ...inherited(
    'ModelFacts',
    'maxInputTokens maxOutputTokens capabilities lacking inputModalities outputModalities',
    'endpoints deprecationDate source comment other',
  ),
  ...inherited('ModelFact', 'name value'),
  ...inherited('PriceVersion', 'id version effectiveAt createdAt components multipliers minimum model'),
  ...inherited('PriceComponent', 'meter unit unitPrice display aboveInputTokens aboveQuantity params'),
  ...inherited('PriceParam', 'name value'),
  ...inherited('PriceMultiplier', 'factor params units'),
  ...inherited(
    'InstanceType',
    'id key name kind gpuType gpus gpuMemoryGb vcpus memoryGb active createdAt hourlyPrice currentPrice',
    'priceVersions',
  ),
};

const USAGE_AND_RUNS: Inherited = {
  ...inherited(
    'Charge',
    'id status modelKey amount debt occurredAt postedAt firstSeq lastSeq teamId quantities params',
    'tags memberId apiKeyId model reversal shortBy prior runStep replicaSlot holdId runId deploymentId',
    'instanceType',
  ),
  ...inherited('ChargeQuantity', 'meter quantity'),
  ...inherited('ChargeParam', 'name value'),
  ...inherited('Tag', 'name value'),
  ...inherited('ChargeDraw', 'grantId amount'),
  ...inherited('ChargeReversal', 'amount at reason'),
  ...inherited('ChargeExplanation', 'charge price'),
  ...inherited('ExplainedPrice', 'lines multipliers exact minimum amount formula version planDiscount'),
  ...inherited('ExplainedLine', 'meter quantity price factor subtotal formula summary'),
  ...inherited('ExplainedPayment', 'grants debt judgedAt summary'),
  ...inherited('GrantConsideration', 'grantId outcome paid paidFromHold left expiresAt summary'),
  ...inherited('ChargeEstimate', 'amount price affordable'),
  ...inherited('Spend', 'seq asOf thisHour today thisMonth burnRatePerHour usageRatePerHour'),
  ...inherited('Spend', 'deploymentRatePerHour runwaySeconds'),
  ...inherited('ModelSpend', 'modelId amount charges'),
  ...inherited(
    'Hold',
    'id status amount open drawn placedAt expiresAt resolvedAt reported quantities params tags',
    'teamId memberId apiKeyId runId deploymentId replicaSlot modelKey model instanceType charge lateCharge',
  ),
  ...inherited('HoldDraw', 'grantId amount'),
  ...inherited('HoldReport', 'quantities params amount at'),
  ...inherited(
    'Run',
    'id name status estimated startedAt endedAt reason teamId quoteId holdId memberId apiKeyId tags',
    'spent chargeCount steps costByStep costByModel hold',
  ),
  ...inherited('RunStep', 'key modelKey model times estimated quantities params spent charges'),
  ...inherited('RunModelCost', 'modelKey model estimated spent charges'),
  ...inherited('RunQuote', 'id teamId total createdAt expiresAt steps canAfford canHold'),
  ...inherited('QuotedStep', 'key modelKey model times estimated quantities params price formula'),
  ...inherited(
    'SpendCap',
    'id subject memberId apiKeyId modelKey period limit spent held remaining resetsAt createdAt',
  ),
};

/** What an hour costs is the public price: it may be known to whoever may start a deployment. */
const DEPLOYMENTS: Inherited = {
  ...inherited(
    'Deployment',
    'id name instanceTypeKey replicas minReplicas maxReplicas status pauseReason pausedAt startedAt',
    'stoppedAt resumeOnTopUp schedule nextScheduleChangeAt createdAt updatedAt teamId memberId apiKeyId',
    'createdBy allowedActions instanceType paidUntil slots hourlyCost events',
  ),
  ...inherited(
    'DeploymentEvent',
    'seq kind at recordedAt reason name status pauseReason instanceTypeKey replicas minReplicas',
    'maxReplicas resumeOnTopUp schedule teamId deploymentId actor paidUntil chargeIds slots pausesAt',
    'pausesFor hourAt deployment amount',
  ),
  ...inherited('DeploymentSlot', 'slot instanceTypeKey active hourAt paidUntil chargeId nextHourHeld'),
  ...inherited('DeploymentSchedule', 'windows'),
  ...inherited('DeploymentWindow', 'days from to'),
  ...inherited('DeploymentChange', 'fromSeq seq kind events occurredAt'),
};

const BOOKS: Inherited = {
  ...inherited(
    'Balance',
    'posted available unrestricted held disputed unpaid byKind seq nextDueAt asOf availableFor',
  ),
  ...inherited('BalanceByKind', 'promotional prepaid'),
  ...inherited(
    'LedgerEntry',
    'id seq kind debitAccount creditAccount amount availableChange availableAfter heldAfter',
    'disputedAfter unpaidAfter grantAfter grantId postingId postedAt occurredAt actor reason',
    'correctsSeq hash grant',
  ),
  ...inherited(
    'Grant',
    'id teamId kind source status scope priority amount remaining spent held expired voided costBasis',
    'effectiveAt expiresAt createdAt closedAt actor reason changes refunded disputed',
  ),
  ...inherited('GrantScope', 'product model gpuType'),
  ...inherited('GrantChange', 'change expiresAtBefore expiresAtAfter amount at actor reason'),
  ...inherited('LedgerVerification', 'teamId ok entries checkpoints headHash problems'),
  ...inherited('LedgerProblem', 'seq fault message'),
  ...inherited('LedgerHealth', 'ok checkedAt checks accounts'),
  ...inherited('LedgerCheck', 'name promise ok violations sample'),
  ...inherited('AccountTotal', 'account debits credits'),
  ...inherited('BalanceChange', 'fromSeq seq kind balance entries occurredAt'),
  ...inherited('LedgerEntryChange', 'fromSeq seq kind entries occurredAt'),
  ...inherited('SpendChange', 'fromSeq seq kind spend occurredAt'),
};

const PAYMENTS: Inherited = {
  ...inherited('Money', 'amount currency'),
  ...inherited(
    'PaymentMethod',
    'id type brand last4 expMonth expYear expiresAt isExpired wallet isDefault createdAt removedAt',
  ),
  ...inherited(
    'TopUp',
    'id kind flow status amount credits bonus actionUrl failure createdAt updatedAt finishedAt actor',
  ),
  ...inherited('TopUpFailure', 'code message'),
  ...inherited('TopUpChange', 'fromSeq seq kind topUps occurredAt'),
  ...inherited(
    'AutoRecharge',
    'status threshold amount maxPerCharge dailyCap monthlyCap suspendedReason suspendedAt nextPossibleAt',
    'updatedAt paymentMethod attempts',
  ),
  ...inherited(
    'AutoRechargePreview',
    'wouldCharge trigger obstacles amount nextPossibleAt usedToday usedThisMonth',
  ),
  ...inherited('RechargeAttempt', 'id trigger status amount failure startedAt finishedAt topUp'),
  ...inherited(
    'Payment',
    'id teamId kind amount refunded disputed description card receiptNumber paidAt grantId',
    'bonusGrantId topUpId subscriptionId actor receiptUrl',
  ),
  ...inherited('PaymentCard', 'brand last4'),
  ...inherited(
    'Transaction',
    'id date kind description amount credits recurrence status receiptNumber refundId disputeId grantId',
    'entryId payment receiptUrl',
  ),
  ...inherited(
    'Refund',
    'id teamId paymentId status requestedAmount amount credits bonusVoided debt reason decisionReason',
    'failureReason requestedBy decidedBy requestedAt decidedAt finishedAt purchase',
  ),
  ...inherited(
    'RefundedPurchase',
    'topUpId paid refunded disputed refundable unspent held spent bonus bonusUnspent bonusSpent',
  ),
  ...inherited(
    'Dispute',
    'id teamId paymentId status amount frozen debt bonusVoided reason openedAt closedAt',
  ),
  ...inherited(
    'SandboxMail',
    'id teamId to subject text html attachmentCount status attempts error createdAt sentAt',
  ),
};

/** What plans and codes offer; who has a plan is told by whose it is. */
const OFFERS: Inherited = {
  ...inherited('CreditPacks', 'packs minimum creditsPerUsd'),
  ...inherited('CreditPack', 'id price credits bonus displayCredits'),
  ...inherited('BonusTiers', 'effectiveAt tiers'),
  ...inherited('BonusTier', 'fromAmount percent'),
  ...inherited(
    'Plan',
    'id code version family name rank monthlyPrice monthlyCredit entitlements benefits retired effectiveAt',
  ),
  ...inherited('PlanEntitlements', 'monetization apiKeys chainedModels prioritySupport computeDiscount'),
  ...inherited('TeamEntitlements', 'monetization apiKeys chainedModels prioritySupport computeDiscount'),
  ...inherited('TeamEntitlements', 'planCodes enforced'),
  ...inherited(
    'PlanSubscription',
    'id teamId family status isChanging cancelAtPeriodEnd currentPeriodStart currentPeriodEnd actionUrl',
    'failureMessage pastDueSince createdAt updatedAt endedAt actor plan nextPlan',
  ),
  ...inherited(
    'PromoCode',
    'id code credits scope priority startsAt endsAt grantExpiresAt grantLastsDays maxRedemptions',
    'redemptions eligiblePlans firstPurchaseOnly createdAt actor reason',
  ),
};

/**
 * What a mutation answers was made or changed by the asker. The balance after usage, holds and runs is part of the
 * answer to whoever may record them.
 */
const PAYLOADS: Inherited = {
  ...alike('AddMemberPayload UpdateMemberRolePayload RemoveMemberPayload', 'team userErrors'),
  ...inherited('CreateTeamPayload', 'team replayed userErrors'),
  ...alike('CreateApiKeyPayload CreateServiceKeyPayload', 'apiKey userErrors secret replayed'),
  ...alike('RevokeApiKeyPayload RevokeServiceKeyPayload', 'apiKey userErrors'),
  ...alike('SetModelPricePayload SetSupplierPricePayload', 'model priceVersion replayed userErrors'),
  ...inherited('SetModelSupplierPayload', 'model userErrors'),
  ...inherited('CreateInstanceTypePayload', 'instanceType replayed userErrors'),
  ...alike('IssueGrantPayload VoidGrantPayload ExtendGrantPayload', 'grant balance replayed userErrors'),
  ...inherited('ReverseChargePayload', 'charge balance replayed userErrors'),
  ...inherited('SetSpendCapPayload', 'cap replayed userErrors'),
  ...inherited('AdvanceClockPayload', 'now steps ran replayed userErrors'),
  ...alike(
    'RecordUsagePayload RecordRunUsagePayload PlaceHoldsPayload SettleHoldsPayload ReleaseHoldsPayload',
    'results userErrors',
  ),
  ...alike('ReportHoldsPayload ExtendHoldsPayload', 'results userErrors'),
  ...inherited('UsageResult', 'idempotencyKey charge replayed error balance'),
  ...inherited('RunUsageResult', 'idempotencyKey charge replayed error balance run'),
  ...alike(
    'PlaceHoldPayload SettleHoldPayload ReleaseHoldPayload ReportHoldPayload ExtendHoldPayload',
    'hold charge replayed alreadyResolved shortBy balance userErrors',
  ),
  ...inherited('HoldResult', 'hold charge replayed alreadyResolved shortBy balance error'),
  ...inherited('EstimateRunPayload', 'quote userErrors'),
  ...inherited('StartRunPayload', 'run replayed balance userErrors'),
  ...alike('FinishRunPayload CancelRunPayload', 'run alreadyEnded balance userErrors'),
  // Members, who start and stop deployments, are answered no balance.
  ...alike(
    'CreateDeploymentPayload StartDeploymentPayload PauseDeploymentPayload ResumeDeploymentPayload',
    'deployment event charges balance replayed userErrors',
  ),
  ...alike(
    'StopDeploymentPayload ResizeDeploymentPayload ScaleDeploymentPayload SetDeploymentSchedulePayload',
    'deployment event charges balance replayed userErrors',
  ),
  ...alike(
    'UpdateDeploymentPayload ReportBootFailurePayload',
    'deployment event charges balance replayed userErrors',
  ),
  ...inherited('SetDebtLimitPayload', 'limit balance replayed userErrors'),
  ...inherited('CreatePromoCodePayload', 'promoCode replayed userErrors'),
  ...inherited('RedeemPromoCodePayload', 'grant balance replayed userErrors'),
  ...inherited('ConfigureAutoRechargePayload', 'autoRecharge replayed userErrors'),
  ...inherited('SetBonusTiersPayload', 'bonusTiers replayed userErrors'),
  ...inherited('ExportTransactionsPayload', 'url expiresAt userErrors'),
  ...inherited(
    'SetupPaymentMethodPayload',
    'clientSecret publishableKey hostedUrl setupIntentId paymentMethod userErrors',
  ),
  ...alike(
    'SetDefaultPaymentMethodPayload RemovePaymentMethodPayload',
    'paymentMethod defaultPaymentMethod userErrors',
  ),
  ...alike('RequestRefundPayload DecideRefundPayload', 'refund balance replayed userErrors'),
  ...inherited('PurchaseCreditsPayload', 'topUp balance replayed userErrors'),
  ...inherited('CreateCheckoutSessionPayload', 'topUp balance replayed userErrors url'),
  ...inherited('PublishPlanPayload', 'plan replayed userErrors'),
  ...alike(
    'SubscribeToPlanPayload ChangePlanPayload CancelSubscriptionPayload',
    'subscription balance replayed userErrors',
  ),
  ...inherited('UpsertUserPayload', 'user userErrors'),
  ...inherited('Refusal', 'code message path'),
  ...inherited('PromoCodeRefused', 'code message path reason'),
  ...inherited('OutOfCredits', 'code message path shortBy available'),
  ...inherited('SpendCapExceeded', 'code message path capId subject period limit used'),
  ...inherited('WrongState', 'code message path status allowed'),
};

/** The fields without a rule of their own: as safe as the fields with one that lead to them. */
export const INHERITED_FIELDS: Readonly<Inherited> = {
  ...connections('Team TeamMember ApiKey Charge Hold Run SpendCap Grant LedgerEntry'),
  ...connections('Model InstanceType PriceVersion Deployment DeploymentEvent DeploymentSlot'),
  ...connections('PaymentMethod TopUp RechargeAttempt Transaction Refund Dispute PlanSubscription'),
  ...connections('PromoCode SandboxMail'),
  ...inherited('PageInfo', 'hasNextPage hasPreviousPage startCursor endCursor'),
  ...inherited('Team', 'id name timeZone createdAt viewerRole'),
  ...inherited('TeamMember', 'role joinedAt user'),
  ...inherited('User', 'id name email'),
  ...inherited('ApiKey', 'id type name prefix scopes createdAt lastUsedAt expiresAt revokedAt team'),
  ...inherited('ActorRef', 'type id'),
  ...inherited('BusinessClock', 'now isSandbox'),
  ...inherited('ClockWork', 'name times'),
  ...CATALOG,
  ...USAGE_AND_RUNS,
  ...DEPLOYMENTS,
  ...BOOKS,
  ...PAYMENTS,
  ...OFFERS,
  ...PAYLOADS,
};
