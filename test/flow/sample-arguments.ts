import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
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
import { type Fresh, type IdName, MODEL } from './tenants.ts';

/** Where ids come from: those of a team, of another one, or of nothing. */
export interface Sampling {
  readonly ids: Readonly<Record<IdName, string>>;
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
}

const TEAM: IdPlace = { value: id('team') };
const CHARGE: IdPlace = { value: id('charge') };
const NO_TEAMS: IdPlace = { value: () => undefined };

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
  'ChargeFilter.memberId': { value: id('user'), ofNamedTeam: 'user' },
  'ChargeFilter.apiKeyId': { value: id('apiKey'), ofNamedTeam: 'apiKey' },
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
  'UsageItemInput.memberId': { value: id('user'), ofNamedTeam: 'user' },
  'UsageItemInput.apiKeyId': { value: id('apiKey'), ofNamedTeam: 'apiKey' },
  'Subscription.balanceChanged.teamId': TEAM,
  'Subscription.ledgerEntryPosted.teamId': TEAM,
  'Subscription.spendUpdated.teamId': TEAM,
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
  if (isInputObjectType(type)) {
    const values: Record<string, unknown> = {};
    for (const field of Object.values(type.getFields())) {
      const inner = `${type.name}.${field.name}`;
      if (!isNeeded(field, inner, sampling)) continue;
      const value = await sampleValue(field.type, inner, field.name, sampling);
      if (value !== undefined) values[field.name] = value;
    }
    return values;
  }
  const named = BY_NAME[name];
  if (named && type.name !== 'ID') return named(sampling);
  if (isEnumType(type)) return type.getValues()[0]?.name;
  throw new Error(`Say what ${path} (${type.name}) takes.`);
}
