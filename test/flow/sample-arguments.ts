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
import { IDS, type SampleValue, type Sampling } from './id-places.ts';
import { INSTANCE_TYPE, MODEL, STEP } from './platform.ts';

/** Values of arguments and input fields that are no ids, by their name. */
const BY_NAME: Readonly<Record<string, SampleValue>> = {
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
  models: () => MODEL,
  records: () => 2,
  memoryGb: () => 1,
  benefits: () => 'It is tested',
  rank: () => 5,
};

/** Values where the name alone does not tell. */
const BY_PATH: Readonly<Record<string, SampleValue>> = {
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
  'PurchaseAmountInput.custom': () => '10',
  'RedeemPromoCodeInput.code': ({ fresh }) => fresh('promoCode'),
  'ConfigureAutoRechargeInput.enabled': () => true,
  // Only what is refused has it charge, and nothing is.
  'ConfigureAutoRechargeInput.threshold': () => '0',
  'ConfigureAutoRechargeInput.amount': () => '10',
  'SubscribeToPlanInput.planCode': ({ fresh }) => fresh('vacancy'),
  'ChangePlanInput.planCode': ({ fresh }) => fresh('otherPlan'),
  'PublishPlanInput.code': () => 'platform-tested',
  'UpsertUserInput.subject': () => 'somebody else',
  'SetSupplierPriceInput.modelKey': ({ suppliedModel }) => suppliedModel,
  'SetSpendCapInput.limit': () => '7',
  'RunUsageItemInput.step': () => STEP,
  'ResizeDeploymentInput.replicas': () => 2,
  'UpdateDeploymentInput.name': () => 'another name',
  'DeploymentWindowInput.from': () => '09:00',
  'DeploymentWindowInput.to': () => '18:00',
  'AdvanceClockInput.to': () => new Date(Date.now() + 60_000).toISOString(),
  // Without it the first event would be one of nothing that has happened.
  'Subscription.deploymentChanged.after': () => '0',
};

/** What may be left out, but is given. */
const GIVEN: readonly string[] = [
  'PlaceHoldInput.quantities',
  'SetDeploymentScheduleInput.schedule',
  'Query.sandboxMail.teamId',
  'RequestRefundInput.topUpId',
  'SubscribeToPlanInput.paymentMethodId',
];

/** The member to give of inputs that have exactly one. */
const ONE_OF: Readonly<Record<string, string>> = {
  RunPlanInput: 'steps',
  StartRunPlanInput: 'quoteId',
  SpendCapSubjectInput: 'model',
  PurchaseAmountInput: 'custom',
};

/** Values of scalars that mean the same everywhere. */
const BY_TYPE: Readonly<Record<string, SampleValue>> = {
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

/** Every place of the schema that takes a value of such a type. */
export function placesOf(schema: GraphQLSchema, typeName: string): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return [];
    if (isInputObjectType(type)) return placesAmong(Object.values(type.getFields()), type.name, typeName);
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap((field) =>
      placesAmong(field.args, `${type.name}.${field.name}`, typeName),
    );
  });
}

function placesAmong(
  inputs: readonly (GraphQLArgument | GraphQLInputField)[],
  where: string,
  typeName: string,
): string[] {
  return inputs
    .filter(({ type }) => getNamedType(type).name === typeName)
    .map(({ name }) => `${where}.${name}`);
}

function isNeeded(input: GraphQLArgument | GraphQLInputField, path: string, { instead }: Sampling): boolean {
  const isRequired = isNonNullType(input.type) && input.defaultValue === undefined;
  if (isRequired || path in BY_PATH || GIVEN.includes(path)) return true;
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
  if (sampling.instead?.path === path) return sampling.instead.value;
  const known = IDS[path]?.value ?? BY_PATH[path] ?? BY_TYPE[type.name];
  if (known) return known(sampling);
  if (isInputObjectType(type)) return sampleObject(type, sampling);
  const named = BY_NAME[name];
  if (named && type.name !== 'ID') return named(sampling);
  if (isEnumType(type)) return type.getValues()[0]?.name;
  throw new Error(`Say what ${path} (${type.name}) takes.`);
}
