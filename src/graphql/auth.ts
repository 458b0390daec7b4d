import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { type AuthChecker, Authorized, Extensions, type ResolverData } from 'type-graphql';
import { assert, badInput } from '../domain-error.ts';
import { parseId, type Uuid } from '../id.ts';
import {
  decide,
  demand,
  type Permission,
  type Reach,
  type Role,
  unauthenticated,
} from '../teams/permissions.ts';
import type { Context } from './context.ts';

/**
 * Lets the request go on if its actor may do this in this team (or at all, for what concerns no team).
 * @throws DomainError UNAUTHENTICATED without credentials, FORBIDDEN without the right, and NOT_FOUND, exactly as for
 * an unknown id, when the actor has nothing to do with the team.
 */
export async function permit(ctx: Context, permission: Permission, teamId?: Uuid): Promise<void> {
  await reach(ctx, permission, teamId);
}

/** Whether `permit` would let this pass: for lists and `node`, where what may not be seen is left out. */
export async function isPermitted(ctx: Context, permission: Permission, teamId?: Uuid): Promise<boolean> {
  const decision = decide(ctx.actor, permission, await roleIn(ctx, teamId), teamId);
  return decision === 'ALL' || decision === 'OWN';
}

/** Whose usage the actor may see: all of the team's, or that of one member or key. */
export type UsageScope =
  | { readonly kind: 'ALL' }
  | { readonly kind: 'MEMBER'; readonly memberId: Uuid }
  | { readonly kind: 'API_KEY'; readonly apiKeyId: Uuid };

/** The part of the team's usage that the actor may see. @throws DomainError as `permit` does. */
export async function usageScope(ctx: Context, teamId: Uuid): Promise<UsageScope> {
  const { actor } = ctx;
  if ((await reach(ctx, 'usage:read', teamId)) === 'ALL') return { kind: 'ALL' };
  if (actor.kind === 'KEY') return { kind: 'API_KEY', apiKeyId: actor.keyId };
  assert(actor.kind === 'USER', 'only users and keys have usage of their own');
  return { kind: 'MEMBER', memberId: actor.userId };
}

async function reach(ctx: Context, permission: Permission, teamId?: Uuid): Promise<Reach> {
  return demand(ctx.actor, permission, await roleIn(ctx, teamId), teamId);
}

async function roleIn(ctx: Context, teamId: Uuid | undefined): Promise<Role | undefined> {
  return teamId === undefined ? undefined : ctx.roleIn(teamId);
}

/** What a rule looks at to tell which team is concerned. */
export interface RuleData<Root, Args> {
  readonly root: Root;
  readonly args: Args;
}
type TeamOf<Root, Args> = (data: RuleData<Root, Args>) => Uuid | undefined;

/** How a field of the schema is guarded; found in its extensions under `access`. */
export type Access =
  | { readonly rule: 'PERMIT'; readonly permission: Permission; readonly teamOf?: TeamOf<unknown, unknown> }
  | { readonly rule: 'PUBLIC' }
  | { readonly rule: 'SIGNED_IN' }
  | { readonly rule: 'INHERITS' };

/** The team that `args.input.teamId` names. */
export function inputTeam({ args }: RuleData<unknown, { input: { teamId: string } }>): Uuid {
  return parseId('team', args.input.teamId, 'teamId');
}

/** The team that the argument `teamId` names. */
export function argsTeam({ args }: RuleData<unknown, { teamId: string }>): Uuid {
  return parseId('team', args.teamId, 'teamId');
}

type Guard = MethodDecorator & PropertyDecorator;

/**
 * Guards a query, mutation, subscription (when it starts, too) or field resolver: it runs if the asker has `permission`
 * in the team that `teamOf` tells. `operate` also demands a reason in `args.input.reason`.
 */
export function Permit<Root = unknown, Args = unknown>(
  permission: Permission,
  teamOf?: TeamOf<Root, Args>,
): Guard {
  // type-graphql hands root and args over untyped; who writes the rule beside its field names their types.
  const access = {
    rule: 'PERMIT',
    permission,
    ...(teamOf && { teamOf: teamOf as TeamOf<unknown, unknown> }),
  };
  return guard(access as Access);
}

/** Marks a field that everybody may use, with or without credentials. */
export function Public(): Guard {
  return mark({ rule: 'PUBLIC' });
}

/** Guards a field that is about the asker: any credentials will do. */
export function SignedIn(): Guard {
  return guard({ rule: 'SIGNED_IN' });
}

/**
 * Marks a field, or each field of an object type, that can be reached only through a guarded one and shows nothing
 * that whoever got there may not see. A field's own rule goes before its type's.
 */
export function Inherits(): ClassDecorator & Guard {
  return mark({ rule: 'INHERITS' });
}

function mark(access: Access): ClassDecorator & Guard {
  return Extensions({ access });
}

function guard(access: Access): Guard {
  const record = mark(access);
  const enforce = Authorized<Access>([access]);
  return (target: object, name: string | symbol) => {
    record(target, name);
    enforce(target, name);
  };
}

/** Enforces the rules: hand it to type-graphql's `buildSchema` as `authChecker`. */
export const enforceAccess: AuthChecker<Context, Access> = async (data, rules) => {
  for (const rule of rules) await enforceRule(data, rule);
  return true;
};

async function enforceRule({ root, args, context }: ResolverData<Context>, access: Access): Promise<void> {
  if (access.rule === 'SIGNED_IN' && context.actor.kind === 'ANONYMOUS') throw unauthenticated();
  if (access.rule !== 'PERMIT') return;
  await permit(context, access.permission, access.teamOf?.({ root, args }));
  if (access.permission === 'operate') demandReason(args);
}

function demandReason(args: Readonly<Record<string, unknown>>): void {
  const input = args.input;
  const reason = typeof input === 'object' && input !== null && 'reason' in input ? input.reason : undefined;
  if (typeof reason !== 'string' || reason.trim() === '')
    throw badInput('reason', 'must say why, it is kept.');
}

/**
 * The rule of each field of each object type in `schema` (`Type.field`), undefined where none was given, or where it is
 * not enforced: type-graphql ignores the guards of plain fields in a class with `simpleResolvers`.
 */
export function accessOf(schema: GraphQLSchema): ReadonlyMap<string, Access | undefined> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const named = types
    .filter((type) => !isIntrospectionType(type))
    .flatMap((type) =>
      Object.values(type.getFields()).map(
        (field) => [`${type.name}.${field.name}`, enforcedRule(type, field)] as const,
      ),
    );
  return new Map(named);
}

function enforcedRule(type: GraphQLObjectType, field: GraphQLField<unknown, Context>): Access | undefined {
  const access = ruleOf(field) ?? ruleOf(type);
  const needsResolver = access?.rule === 'PERMIT' || access?.rule === 'SIGNED_IN';
  return needsResolver && !field.resolve ? undefined : access;
}

function ruleOf(part: Pick<GraphQLField<unknown, Context>, 'extensions'>): Access | undefined {
  // Only `mark` writes this extension.
  return part.extensions.access as Access | undefined;
}
