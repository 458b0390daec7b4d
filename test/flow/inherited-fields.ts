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
  ...inherited('ExplainedPrice', 'lines multipliers exact minimum amount formula version'),
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
    'effectiveAt expiresAt createdAt closedAt actor reason changes',
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
  ...inherited('Refusal', 'code message path'),
  ...inherited('OutOfCredits', 'code message path shortBy available'),
  ...inherited('SpendCapExceeded', 'code message path capId subject period limit used'),
  ...inherited('WrongState', 'code message path status allowed'),
};

/** The fields without a rule of their own: as safe as the fields with one that lead to them. */
export const INHERITED_FIELDS: Readonly<Inherited> = {
  ...connections('Team TeamMember ApiKey Charge Hold Run SpendCap Grant LedgerEntry'),
  ...connections('Model InstanceType PriceVersion Deployment DeploymentEvent DeploymentSlot'),
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
  ...PAYLOADS,
};
