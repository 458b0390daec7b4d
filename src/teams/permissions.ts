import type { Actor, KeyType } from '../actor.ts';
import { DomainError, notFound } from '../domain-error.ts';
import { publicId, type Uuid } from '../id.ts';

export const ROLES = ['OWNER', 'ADMIN', 'MEMBER'] as const;
/** What a user is in a team. */
export type Role = (typeof ROLES)[number];

/** How much of the thing a permission names: all of the team's, or only what the asker did. */
export type Reach = 'ALL' | 'OWN';

/** What a cell of the table says: a reach, nothing, or everything if the key has this scope. */
type Cell = Reach | 'NONE' | { readonly scope: string };

/** One column for each kind of asker. USER: anybody signed in, for what concerns no team. */
type Column = Role | 'USER' | KeyType;
type Row = Readonly<Partial<Record<Column, Cell>>>;

const admins: Row = { OWNER: 'ALL', ADMIN: 'ALL' };
const members: Row = { ...admins, MEMBER: 'ALL' };
const scope = (name: string): Cell => ({ scope: name });

/** Who may do what, row by row. A column that is not named may not. */
const TABLE = {
  /** The name and time zone of a team. */
  'team:read': { ...members, TEAM: 'ALL', PARTNER: 'ALL', PLATFORM: 'ALL', OPERATOR: 'ALL' },
  'members:read': { ...members, OPERATOR: 'ALL' },
  'members:manage': admins,
  'keys:manage': admins,
  'teams:create': { USER: 'ALL', PLATFORM: scope('teams:write') },
  /** Make people known, and what is known of them newer. */
  'users:write': { PLATFORM: scope('users:write') },
  /** Balance, grants, ledger, charges, payments, plans, payouts. */
  'billing:read': {
    ...admins,
    TEAM: scope('billing:read'),
    PARTNER: scope('billing:read'),
    PLATFORM: scope('billing:read'),
    OPERATOR: 'ALL',
  },
  /** Whether a request is affordable, without the figures behind the answer. */
  'affordability:read': { ...members, TEAM: 'ALL', PLATFORM: scope('billing:read'), OPERATOR: 'ALL' },
  /** Usage, runs and their cost. */
  'usage:read': {
    ...admins,
    MEMBER: 'OWN',
    TEAM: 'OWN',
    PARTNER: scope('usage:read'),
    PLATFORM: scope('usage:read'),
    OPERATOR: 'ALL',
  },
  /** Deployments, their state and their events, without the charges. */
  'deployments:read': {
    ...members,
    TEAM: 'ALL',
    PARTNER: scope('deployments:read'),
    PLATFORM: scope('deployments:read'),
    OPERATOR: 'ALL',
  },
  /** Start and stop deployments. */
  'deployments:write': { ...members, TEAM: scope('deployments:write'), PLATFORM: scope('deployments:write') },
  /** Record usage and holds, for any team. */
  'usage:write': { PLATFORM: scope('usage:write') },
  /** Buy, recharge, redeem, request refunds and payouts, transfer. */
  'billing:write': admins,
  /** Look at what concerns all teams: the health of the books. */
  inspect: { OPERATOR: 'ALL' },
  /** Prices, plans, codes, grants, reversals, refund decisions, service keys, the clock. Needs a reason. */
  operate: { OPERATOR: 'ALL' },
  /** Set the prices of the models that the team supplies. */
  'prices:write': admins,
} as const satisfies Record<string, Row>;

/** The names of all that can be permitted. */
export type Permission = keyof typeof TABLE;

/** The scopes that a key of this type may have: those that some row asks it for. */
export function scopesFor(keyType: KeyType): readonly string[] {
  const cells = Object.values(TABLE).map((row: Row) => row[keyType]);
  return [...new Set(cells.flatMap((cell) => (typeof cell === 'object' ? [cell.scope] : [])))].sort();
}

/** Every permission, for tests that go through all of them. */
// Object.keys forgets the literal type of the keys.
export const PERMISSIONS = Object.keys(TABLE) as readonly Permission[];

/**
 * ALL or OWN: permitted, that far. FORBIDDEN: the asker has to do with the team but may not.
 * NOT_FOUND: the asker has nothing to do with the team, so for them it does not exist. UNAUTHENTICATED: nobody asks.
 */
export type Decision = Reach | 'FORBIDDEN' | 'NOT_FOUND' | 'UNAUTHENTICATED';

/**
 * Whether `actor` may do what `permission` names. `role` is the actor's in the team `teamId`, undefined for none;
 * `teamId` is undefined for what concerns no team or several.
 */
export function decide(
  actor: Actor,
  permission: Permission,
  role: Role | undefined,
  teamId: Uuid | undefined,
): Decision {
  if (actor.kind === 'SYSTEM') return 'ALL';
  if (actor.kind === 'ANONYMOUS') return 'UNAUTHENTICATED';
  if (teamId !== undefined && !isRelated(actor, role, teamId)) return 'NOT_FOUND';
  const row: Row = TABLE[permission];
  return reachOf(actor, row[columnOf(actor, role, teamId)] ?? 'NONE');
}

/**
 * How far the permission goes.
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, or NOT_FOUND exactly as for an unknown team.
 */
export function demand(
  actor: Actor,
  permission: Permission,
  role: Role | undefined,
  teamId: Uuid | undefined,
): Reach {
  const decision = decide(actor, permission, role, teamId);
  if (decision === 'ALL' || decision === 'OWN') return decision;
  if (decision === 'UNAUTHENTICATED') throw unauthenticated();
  if (decision === 'NOT_FOUND' && teamId) throw notFound('Team', publicId('team', teamId));
  throw new DomainError('FORBIDDEN', 'Your role or the scopes of your key do not allow this.');
}

/** What a request without credentials is told when it needs some. */
export function unauthenticated(): DomainError {
  return new DomainError('UNAUTHENTICATED', 'Send credentials: Authorization: Bearer <API key or token>.');
}

type Asker = Exclude<Actor, { kind: 'SYSTEM' | 'ANONYMOUS' }>;

function isRelated(actor: Asker, role: Role | undefined, teamId: Uuid): boolean {
  if (actor.kind === 'USER') return role !== undefined;
  const actsForAnyTeam = actor.keyType === 'PLATFORM' || actor.keyType === 'OPERATOR';
  return actsForAnyTeam || actor.teamId === teamId;
}

function columnOf(actor: Asker, role: Role | undefined, teamId: Uuid | undefined): Column {
  if (actor.kind === 'KEY') return actor.keyType;
  return teamId === undefined ? 'USER' : (role ?? 'USER');
}

function reachOf(actor: Asker, cell: Cell): Decision {
  if (typeof cell === 'string') return cell === 'NONE' ? 'FORBIDDEN' : cell;
  return actor.kind === 'KEY' && actor.scopes.includes(cell.scope) ? 'ALL' : 'FORBIDDEN';
}
