/**
 * Who may see and do what, field by field, written from the table of the billing rules (§11) and from nothing in the
 * product: the isolation test holds the product against it. A field of the schema that is missing here fails that test.
 */

/** Who asks, seen from the team that is asked about. */
export const ACTORS = [
  'owner',
  'admin',
  'member',
  'teamKey',
  'teamKeyPlain',
  'partner',
  'partnerPlain',
  'platform',
  'platformPlain',
  'operator',
  'outsider',
  'outsiderKey',
  'former',
  'anonymous',
  'revoked',
] as const;
/** "Plain" keys have no scopes. `outsider…` belong to another team, `former` has been a member, `revoked` is a key. */
export type ActorName = (typeof ACTORS)[number];

export type Expected = 'YES' | 'FORBIDDEN' | 'NOT_FOUND' | 'UNAUTHENTICATED';
export type Audience = Readonly<Record<ActorName, Expected>>;

const STRANGERS: readonly ActorName[] = ['outsider', 'outsiderKey', 'former'];

/** About a team: for strangers it does not exist, for its own people and keys that may not it is forbidden. */
function inTeam(...may: ActorName[]): Audience {
  return audience(may, 'NOT_FOUND');
}

/** About no team, or about any: whoever may not is told so. */
function anywhere(...may: ActorName[]): Audience {
  return audience(may, 'FORBIDDEN');
}

function audience(may: readonly ActorName[], toStrangers: Expected): Audience {
  const expected = (actor: ActorName): Expected => {
    if (may.includes(actor)) return 'YES';
    if (actor === 'anonymous' || actor === 'revoked') return 'UNAUTHENTICATED';
    return STRANGERS.includes(actor) ? toStrangers : 'FORBIDDEN';
  };
  // Each actor is in the list.
  return Object.fromEntries(ACTORS.map((actor) => [actor, expected(actor)])) as Record<ActorName, Expected>;
}

const everybody = ACTORS.filter((actor) => actor !== 'revoked');
const signedIn = everybody.filter((actor) => actor !== 'anonymous');
const related = signedIn.filter((actor) => !STRANGERS.includes(actor));

/** Whoever has to do with the team knows its name. */
export const TEAM = inTeam(...related);
/** Balance, grants, ledger, what a charge was paid by. */
export const BILLING = inTeam('owner', 'admin', 'teamKey', 'partner', 'platform', 'operator');
/** Usage and its cost: all of the team's, or the asker's own. */
export const USAGE = inTeam(
  'owner',
  'admin',
  'member',
  'teamKey',
  'teamKeyPlain',
  'partner',
  'platform',
  'operator',
);
export const MEMBERS = inTeam('owner', 'admin', 'member', 'operator');
export const MANAGE = inTeam('owner', 'admin');
/** Whether a request is affordable, without the figures behind the answer. */
const AFFORD = inTeam('owner', 'admin', 'member', 'teamKey', 'teamKeyPlain', 'platform', 'operator');
const RECORD = anywhere('platform');
const OPERATE = anywhere('operator');
const CREATE_TEAM = anywhere('owner', 'admin', 'member', 'outsider', 'former', 'platform');
const SIGNED_IN = anywhere(...signedIn);
const PUBLIC = anywhere(...everybody);

/** Seen by whoever was let to the object: the fields of the type have no more rules than the way to it. */
export const INHERITED = 'INHERITED';

function inherited(type: string, fields: string): Record<string, typeof INHERITED> {
  return Object.fromEntries(fields.split(' ').map((field) => [`${type}.${field}`, INHERITED]));
}

/** Of each type the same fields. */
function connection(of: string): Record<string, typeof INHERITED> {
  return { ...inherited(`${of}Connection`, 'edges pageInfo'), ...inherited(`${of}Edge`, 'node cursor') };
}

/** The rule of each field of each type of the schema. */
export const ORACLE: Readonly<Record<string, Audience | typeof INHERITED>> = {
  'Query.node': PUBLIC,
  'Query.nodes': PUBLIC,
  'Query.viewer': SIGNED_IN,
  'Query.team': TEAM,
  'Query.model': PUBLIC,
  'Query.models': PUBLIC,
  'Query.charge': USAGE,
  'Query.explainCharge': USAGE,
  'Query.serviceKeys': OPERATE,
  'Query.verifyLedger': OPERATE,
  'Query.ledgerHealth': OPERATE,

  'Mutation.createTeam': CREATE_TEAM,
  'Mutation.addMember': MANAGE,
  'Mutation.updateMemberRole': MANAGE,
  'Mutation.removeMember': MANAGE,
  'Mutation.createApiKey': MANAGE,
  'Mutation.revokeApiKey': MANAGE,
  'Mutation.createServiceKey': OPERATE,
  'Mutation.revokeServiceKey': OPERATE,
  'Mutation.setModelPrice': OPERATE,
  'Mutation.issueGrant': OPERATE,
  'Mutation.voidGrant': OPERATE,
  'Mutation.extendGrant': OPERATE,
  'Mutation.reverseCharge': OPERATE,
  'Mutation.recordUsage': RECORD,

  'Subscription.balanceChanged': BILLING,
  'Subscription.ledgerEntryPosted': BILLING,
  'Subscription.spendUpdated': BILLING,
  'Subscription.ledgerHealth': OPERATE,

  ...inherited('Team', 'id name timeZone createdAt viewerRole'),
  'Team.members': MEMBERS,
  'Team.apiKeys': MANAGE,
  'Team.balance': BILLING,
  'Team.grants': BILLING,
  'Team.ledgerEntries': BILLING,
  'Team.canAfford': AFFORD,
  'Team.charges': USAGE,
  'Team.spend': BILLING,
  'Team.spendByModel': BILLING,
  'Viewer.user': SIGNED_IN,
  'Viewer.key': SIGNED_IN,
  'Viewer.teams': SIGNED_IN,
  'Viewer.billingTeams': SIGNED_IN,
  'Charge.draws': BILLING,
  'ChargeExplanation.payment': BILLING,
  'Model.supplierTeamId': OPERATE,
  'PriceVersion.reason': OPERATE,
  'PriceVersion.setBy': OPERATE,

  ...connection('Team'),
  ...connection('TeamMember'),
  ...connection('ApiKey'),
  ...connection('Charge'),
  ...connection('Grant'),
  ...connection('LedgerEntry'),
  ...connection('Model'),
  ...connection('PriceVersion'),
  ...inherited('PageInfo', 'hasNextPage hasPreviousPage startCursor endCursor'),
  ...inherited('TeamMember', 'role joinedAt user'),
  ...inherited('User', 'id name email'),
  ...inherited('ApiKey', 'id type name prefix scopes createdAt lastUsedAt expiresAt revokedAt team'),
  ...inherited('ActorRef', 'type id'),
  ...inherited(
    'Model',
    'id key name product gpuType supplier active facts createdAt currentPrice priceVersions',
  ),
  ...inherited(
    'ModelFacts',
    'maxInputTokens maxOutputTokens capabilities lacking inputModalities outputModalities',
  ),
  ...inherited('ModelFacts', 'endpoints deprecationDate source comment other'),
  ...inherited('ModelFact', 'name value'),
  ...inherited('PriceVersion', 'id version effectiveAt createdAt components multipliers minimum model'),
  ...inherited('PriceComponent', 'meter unit unitPrice display aboveInputTokens params'),
  ...inherited('PriceParam', 'name value'),
  ...inherited('PriceMultiplier', 'factor params units'),
  ...inherited(
    'Charge',
    'id status modelKey amount debt occurredAt postedAt firstSeq lastSeq teamId quantities params',
  ),
  ...inherited('Charge', 'tags memberId apiKeyId model reversal'),
  ...inherited('ChargeQuantity', 'meter quantity'),
  ...inherited('ChargeParam', 'name value'),
  ...inherited('Tag', 'name value'),
  ...inherited('ChargeDraw', 'grantId amount'),
  ...inherited('ChargeReversal', 'amount at reason'),
  ...inherited('ChargeExplanation', 'charge price'),
  ...inherited('ExplainedPrice', 'lines multipliers exact minimum amount formula version'),
  ...inherited('ExplainedLine', 'meter quantity price factor subtotal formula summary'),
  ...inherited('ExplainedPayment', 'grants debt summary'),
  ...inherited('GrantConsideration', 'grantId outcome paid left expiresAt summary'),
  ...inherited('Spend', 'seq asOf thisHour today thisMonth burnRatePerHour runwaySeconds'),
  ...inherited('ModelSpend', 'modelId amount charges'),
  ...inherited(
    'Balance',
    'posted available unrestricted held disputed unpaid byKind seq nextDueAt asOf availableFor',
  ),
  ...inherited('BalanceByKind', 'promotional prepaid'),
  ...inherited(
    'LedgerEntry',
    'id seq kind debitAccount creditAccount amount availableChange availableAfter heldAfter',
  ),
  ...inherited(
    'LedgerEntry',
    'disputedAfter unpaidAfter grantAfter grantId postingId postedAt occurredAt actor reason',
  ),
  ...inherited('LedgerEntry', 'correctsSeq hash grant'),
  ...inherited(
    'Grant',
    'id teamId kind source status scope priority amount remaining spent held expired voided costBasis',
  ),
  ...inherited('Grant', 'effectiveAt expiresAt createdAt closedAt actor reason changes'),
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
  ...inherited('Refusal', 'code message path'),
  ...inherited('OutOfCredits', 'code message path shortBy available'),

  // What a mutation answers was made or changed by the asker. The balance after each item of usage is part of the
  // answer to whoever may record usage.
  ...inherited('CreateTeamPayload', 'team replayed userErrors'),
  ...inherited('AddMemberPayload', 'team userErrors'),
  ...inherited('UpdateMemberRolePayload', 'team userErrors'),
  ...inherited('RemoveMemberPayload', 'team userErrors'),
  ...inherited('CreateApiKeyPayload', 'apiKey userErrors secret replayed'),
  ...inherited('RevokeApiKeyPayload', 'apiKey userErrors'),
  ...inherited('CreateServiceKeyPayload', 'apiKey userErrors secret replayed'),
  ...inherited('RevokeServiceKeyPayload', 'apiKey userErrors'),
  ...inherited('SetModelPricePayload', 'model priceVersion replayed userErrors'),
  ...inherited('IssueGrantPayload', 'grant balance replayed userErrors'),
  ...inherited('VoidGrantPayload', 'grant balance replayed userErrors'),
  ...inherited('ExtendGrantPayload', 'grant balance replayed userErrors'),
  ...inherited('ReverseChargePayload', 'charge balance replayed userErrors'),
  ...inherited('RecordUsagePayload', 'results userErrors'),
  ...inherited('UsageResult', 'idempotencyKey charge replayed error balance'),
};

/** Who gets an object of this type from `node` and `nodes`; for everybody else there is none. */
export const NODES: Readonly<Record<string, Audience>> = {
  Team: TEAM,
  User: inTeam('owner', 'admin', 'member', 'operator'),
  ApiKey: inTeam('owner', 'admin', 'operator'),
  Grant: BILLING,
  LedgerEntry: BILLING,
  Charge: USAGE,
  Model: PUBLIC,
  PriceVersion: PUBLIC,
};

/** What an actor is answered who asks for the last of these fields through the others. */
export function expectedAnswer(fields: readonly string[], actor: ActorName): Expected {
  for (const field of fields) {
    const rule = ORACLE[field];
    if (rule === undefined) throw new Error(`the oracle says nothing of ${field}`);
    if (rule !== INHERITED && rule[actor] !== 'YES') return rule[actor];
  }
  return 'YES';
}
