/**
 * Who may see and do what, field by field, written from the table of the billing rules (§11) and from nothing in the
 * product: the isolation test holds the product against it. A field of the schema that is missing here fails that test.
 */

import { INHERITED, INHERITED_FIELDS } from './inherited-fields.ts';

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
/** The state of deployments: for whoever may start and stop them, for operators, and for partners by their scope. */
export const DEPLOYMENTS = inTeam(
  'owner',
  'admin',
  'member',
  'teamKey',
  'teamKeyPlain',
  'partner',
  'platform',
  'operator',
);
const RUN_DEPLOYMENTS = inTeam('owner', 'admin', 'member', 'teamKey', 'platform');
const RECORD = anywhere('platform');
const OPERATE = anywhere('operator');
/** To make people known is for what knows them. */
const KNOW_PEOPLE = anywhere('platform');
const CREATE_TEAM = anywhere('owner', 'admin', 'member', 'outsider', 'former', 'platform');
const SIGNED_IN = anywhere(...signedIn);
const PUBLIC = anywhere(...everybody);

/** The rule of each field of each type of the schema. */
export const ORACLE: Readonly<Record<string, Audience | typeof INHERITED>> = {
  'Query.node': PUBLIC,
  'Query.nodes': PUBLIC,
  'Query.viewer': SIGNED_IN,
  'Query.team': TEAM,
  'Query.model': PUBLIC,
  'Query.models': PUBLIC,
  'Query.instanceType': PUBLIC,
  'Query.instanceTypes': PUBLIC,
  'Query.charge': USAGE,
  'Query.explainCharge': USAGE,
  'Query.estimateCharge': AFFORD,
  'Query.hold': USAGE,
  'Query.run': USAGE,
  'Query.deployment': DEPLOYMENTS,
  'Query.clock': SIGNED_IN,
  'Query.serviceKeys': OPERATE,
  'Query.plans': PUBLIC,
  'Query.creditPacks': PUBLIC,
  'Query.bonusTiers': PUBLIC,
  'Query.promoCodes': OPERATE,
  'Query.refunds': OPERATE,
  'Query.previewAutoRecharge': BILLING,
  // Of a team; the mail of all teams is the operators'.
  'Query.sandboxMail': BILLING,
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
  'Mutation.setModelSupplier': OPERATE,
  // Prices are the operators', but for those of a team's own models.
  'Mutation.setSupplierPrice': MANAGE,
  'Mutation.createInstanceType': OPERATE,
  'Mutation.issueGrant': OPERATE,
  'Mutation.voidGrant': OPERATE,
  'Mutation.extendGrant': OPERATE,
  'Mutation.reverseCharge': OPERATE,
  'Mutation.advanceClock': OPERATE,
  'Mutation.setDebtLimit': OPERATE,
  'Mutation.createPromoCode': OPERATE,
  'Mutation.setBonusTiers': OPERATE,
  'Mutation.publishPlan': OPERATE,
  'Mutation.decideRefund': OPERATE,
  'Mutation.redeemPromoCode': MANAGE,
  'Mutation.setupPaymentMethod': MANAGE,
  'Mutation.setDefaultPaymentMethod': MANAGE,
  'Mutation.removePaymentMethod': MANAGE,
  'Mutation.purchaseCredits': MANAGE,
  'Mutation.createCheckoutSession': MANAGE,
  'Mutation.configureAutoRecharge': MANAGE,
  'Mutation.requestRefund': MANAGE,
  'Mutation.subscribeToPlan': MANAGE,
  'Mutation.changePlan': MANAGE,
  'Mutation.cancelSubscription': MANAGE,
  // It changes nothing: who may read the list may have it as a file.
  'Mutation.exportTransactions': BILLING,
  'Mutation.upsertUser': KNOW_PEOPLE,
  'Mutation.setSpendCap': MANAGE,
  'Mutation.recordUsage': RECORD,
  'Mutation.placeHold': RECORD,
  'Mutation.placeHolds': RECORD,
  'Mutation.reportHold': RECORD,
  'Mutation.reportHolds': RECORD,
  'Mutation.extendHold': RECORD,
  'Mutation.extendHolds': RECORD,
  'Mutation.settleHold': RECORD,
  'Mutation.settleHolds': RECORD,
  'Mutation.releaseHold': RECORD,
  'Mutation.releaseHolds': RECORD,
  'Mutation.estimateRun': AFFORD,
  'Mutation.startRun': RECORD,
  'Mutation.recordRunUsage': RECORD,
  'Mutation.finishRun': RECORD,
  'Mutation.cancelRun': RECORD,
  'Mutation.createDeployment': RUN_DEPLOYMENTS,
  'Mutation.startDeployment': RUN_DEPLOYMENTS,
  'Mutation.pauseDeployment': RUN_DEPLOYMENTS,
  'Mutation.resumeDeployment': RUN_DEPLOYMENTS,
  'Mutation.stopDeployment': RUN_DEPLOYMENTS,
  'Mutation.resizeDeployment': RUN_DEPLOYMENTS,
  'Mutation.scaleDeployment': RUN_DEPLOYMENTS,
  'Mutation.setDeploymentSchedule': RUN_DEPLOYMENTS,
  'Mutation.updateDeployment': RUN_DEPLOYMENTS,
  // It gives money back: whoever pays does not report it.
  'Mutation.reportBootFailure': inTeam('platform'),

  'Subscription.balanceChanged': BILLING,
  'Subscription.ledgerEntryPosted': BILLING,
  'Subscription.spendUpdated': BILLING,
  'Subscription.deploymentChanged': DEPLOYMENTS,
  'Subscription.topUpChanged': BILLING,
  'Subscription.ledgerHealth': OPERATE,

  'Team.members': MEMBERS,
  'Team.apiKeys': MANAGE,
  'Team.balance': BILLING,
  'Team.grants': BILLING,
  'Team.ledgerEntries': BILLING,
  'Team.canAfford': AFFORD,
  'Team.charges': USAGE,
  'Team.holds': USAGE,
  'Team.runs': USAGE,
  'Team.deployments': DEPLOYMENTS,
  'Team.deploymentEvents': DEPLOYMENTS,
  'Team.spend': BILLING,
  'Team.spendByModel': BILLING,
  'Team.spendCaps': BILLING,
  'Team.suppliedModels': BILLING,
  'Team.debtLimit': BILLING,
  'Team.paymentMethods': BILLING,
  'Team.topUps': BILLING,
  'Team.autoRecharge': BILLING,
  'Team.refunds': BILLING,
  'Team.disputes': BILLING,
  'Team.transactions': BILLING,
  'Team.subscriptions': BILLING,
  'Team.entitlements': BILLING,
  // With it somebody can pay.
  'TopUp.clientSecret': MANAGE,
  'PlanSubscription.clientSecret': MANAGE,
  'Viewer.user': SIGNED_IN,
  'Viewer.key': SIGNED_IN,
  'Viewer.teams': SIGNED_IN,
  'Viewer.billingTeams': SIGNED_IN,
  'Charge.draws': BILLING,
  'ChargeExplanation.payment': BILLING,
  'ChargeEstimate.shortBy': BILLING,
  'ChargeEstimate.availableFor': BILLING,
  'Hold.draws': BILLING,
  'Run.charges': USAGE,
  'RunQuote.shortBy': BILLING,
  'RunQuote.available': BILLING,
  'Deployment.spent': USAGE,
  'Deployment.charges': USAGE,
  'DeploymentEvent.shortBy': BILLING,
  'Model.supplierTeamId': OPERATE,
  'PriceVersion.reason': OPERATE,
  'PriceVersion.setBy': OPERATE,

  ...INHERITED_FIELDS,
};

/** Who gets an object of this type from `node` and `nodes`; for everybody else there is none. */
export const NODES: Readonly<Record<string, Audience>> = {
  Team: TEAM,
  User: inTeam('owner', 'admin', 'member', 'operator'),
  ApiKey: inTeam('owner', 'admin', 'operator'),
  Grant: BILLING,
  LedgerEntry: BILLING,
  Charge: USAGE,
  Hold: USAGE,
  Run: USAGE,
  RunQuote: AFFORD,
  SpendCap: BILLING,
  Deployment: DEPLOYMENTS,
  Model: PUBLIC,
  InstanceType: PUBLIC,
  PaymentMethod: BILLING,
  TopUp: BILLING,
  RechargeAttempt: BILLING,
  Payment: BILLING,
  Refund: BILLING,
  Dispute: BILLING,
  PlanSubscription: BILLING,
  SandboxMail: BILLING,
  PromoCode: OPERATE,
  Plan: PUBLIC,
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
