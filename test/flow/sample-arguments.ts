import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { newUuid } from '../../src/id.ts';
import type { ActorName } from './access-oracle.ts';
import type { Fresh } from './fresh.ts';
import { INSTANCE_TYPE, MODEL, STEP } from './platform.ts';
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
  /** One place that is to hold another id. */
  readonly instead?: { readonly path: string; readonly id: string };
}

type Value = (sampling: Sampling) => unknown;

const id =
  (name: IdName): Value =>
  ({ ids }) =>
    ids[name];
const fresh =
  (what: Fresh): Value =>
  (sampling) =>
    sampling.fresh(what);

interface IdPlace {
  readonly value: Value;
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
  'Subscription.balanceChanged.teamId': TEAM,
  'Subscription.ledgerEntryPosted.teamId': TEAM,
  'Subscription.spendUpdated.teamId': TEAM,
  'Subscription.deploymentChanged.teamId': TEAM,
  'Subscription.deploymentChanged.deploymentId': { value: id('deployment') },
};

/** Values of arguments and input fields that are no ids, by their name. */
const BY_NAME: Readonly<Record<string, Value>> = {
  idempotencyKey: () => newUuid(),
  reason: () => 'because it is tested',
  name: () => 'SERVICE_TIER',
  value: () => 'batch',
  key: () => MODEL,
  model: () => MODEL,
  modelKey: () => MODEL,
  timeZone: () => 'UTC',
  role: () => 'MEMBER',
  meter: () => 'REQUEST',
  instanceType: () => INSTANCE_TYPE,
  expiresInSeconds: () => 900,
  replicas: () => 2,
  vcpus: () => 1,
  memoryGb: () => 1,
};

/** Values where the name alone does not tell. */
const BY_PATH: Readonly<Record<string, Value>> = {
  'Query.model.key': () => MODEL,
  'PriceComponentInput.unitPrice': () => '0.000001',
  'CreateTeamInput.name': () => 'A team',
  // A user who creates a team owns it.
  'CreateTeamInput.ownerSubject': ({ isKey }) => (isKey ? 'somebody' : undefined),
  'CreateApiKeyInput.name': () => 'A key',
  'CreateServiceKeyInput.name': () => 'A service key',
  'CreateServiceKeyInput.type': () => 'PARTNER',
  'ExtendGrantInput.expiresAt': () => null,
  'IssueGrantInput.kind': () => 'PROMOTIONAL',
  'IssueGrantInput.source': () => 'GOODWILL',
  'Query.instanceType.key': () => INSTANCE_TYPE,
  'CreateInstanceTypeInput.key': () => `instance-type-${newUuid()}`,
  'CreateInstanceTypeInput.kind': () => 'CPU',
  'SetSupplierPriceInput.modelKey': ({ suppliedModel }) => suppliedModel,
  'SetSpendCapInput.limit': () => '7',
  'PlaceHoldInput.quantities': () => ({ meter: 'REQUEST', quantity: '1' }),
  'RunUsageItemInput.step': () => STEP,
  'ResizeDeploymentInput.replicas': () => 2,
  'UpdateDeploymentInput.name': () => 'another name',
  'SetDeploymentScheduleInput.schedule': () => ({
    windows: [{ days: ['MONDAY'], from: '09:00', to: '18:00' }],
  }),
  'AdvanceClockInput.to': () => new Date(Date.now() + 60_000).toISOString(),
  // Without it the first event would be one of nothing that has happened.
  'Subscription.deploymentChanged.after': () => '0',
};

/** The member to give of inputs that have exactly one. */
const ONE_OF: Readonly<Record<string, string>> = {
  RunPlanInput: 'steps',
  StartRunPlanInput: 'quoteId',
  SpendCapSubjectInput: 'model',
};

/** Values of scalars that mean the same everywhere. */
const BY_TYPE: Readonly<Record<string, Value>> = {
  Credits: () => '0.5',
  Decimal: () => '1',
};

/** Values for the arguments of a field: those it needs, and the one that is to hold another id. */
export async function sampleArguments(
  type: string,
  field: GraphQLField<unknown, unknown>,
  sampling: Sampling,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const arg of field.args) {
    const path = `${type}.${field.name}.${arg.name}`;
    if (!isNeeded(arg, path, sampling)) continue;
    const value = await sampleValue(arg.type, path, arg.name, sampling);
    if (value !== undefined) values[arg.name] = value;
  }
  return values;
}

/** Whether a value of this field's arguments has the place. */
export function takes(type: string, field: GraphQLField<unknown, unknown>, place: string): boolean {
  return field.args.some((arg) => reaches(arg.type, `${type}.${field.name}.${arg.name}`, place, new Set()));
}

/** Every place of the schema that takes an id. */
export function idPlaces(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return [];
    if (isInputObjectType(type)) return idsAmong(Object.values(type.getFields()), type.name);
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap((field) =>
      idsAmong(field.args, `${type.name}.${field.name}`),
    );
  });
}

function idsAmong(inputs: readonly (GraphQLArgument | GraphQLInputField)[], where: string): string[] {
  return inputs.filter(({ type }) => getNamedType(type).name === 'ID').map(({ name }) => `${where}.${name}`);
}

function isNeeded(input: GraphQLArgument | GraphQLInputField, path: string, { instead }: Sampling): boolean {
  const isRequired = isNonNullType(input.type) && input.defaultValue === undefined;
  if (isRequired || path in BY_PATH) return true;
  return instead !== undefined && reaches(input.type, path, instead.path, new Set());
}

/** Whether the place lies in a value of this type. */
function reaches(type: GraphQLInputType, path: string, place: string, seen: Set<string>): boolean {
  if (path === place) return true;
  const named = getNamedType(type);
  if (!isInputObjectType(named) || seen.has(named.name)) return false;
  seen.add(named.name);
  return Object.values(named.getFields()).some((one) =>
    reaches(one.type, `${named.name}.${one.name}`, place, seen),
  );
}

async function sampleObject(type: GraphQLInputObjectType, sampling: Sampling): Promise<object> {
  const values: Record<string, unknown> = {};
  for (const field of membersToGive(type, sampling)) {
    const value = await sampleValue(field.type, `${type.name}.${field.name}`, field.name, sampling);
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function membersToGive(type: GraphQLInputObjectType, sampling: Sampling): GraphQLInputField[] {
  const fields = Object.values(type.getFields());
  const pathOf = (field: GraphQLInputField) => `${type.name}.${field.name}`;
  if (!type.isOneOf) return fields.filter((field) => isNeeded(field, pathOf(field), sampling));
  const { instead } = sampling;
  const wanted = fields.find(
    (field) => instead && reaches(field.type, pathOf(field), instead.path, new Set()),
  );
  return fields.filter((field) => (wanted ? field === wanted : field.name === ONE_OF[type.name]));
}

async function sampleValue(
  type: GraphQLInputType,
  path: string,
  name: string,
  sampling: Sampling,
): Promise<unknown> {
  if (isNonNullType(type)) return sampleValue(type.ofType, path, name, sampling);
  if (isListType(type)) return [await sampleValue(type.ofType, path, name, sampling)];
  if (sampling.instead?.path === path) return sampling.instead.id;
  const known = IDS[path]?.value ?? BY_PATH[path] ?? BY_TYPE[type.name];
  if (known) return known(sampling);
  if (isInputObjectType(type)) return sampleObject(type, sampling);
  const named = BY_NAME[name];
  if (named && type.name !== 'ID') return named(sampling);
  if (isEnumType(type)) return type.getValues()[0]?.name;
  throw new Error(`Say what ${path} (${type.name}) takes.`);
}
