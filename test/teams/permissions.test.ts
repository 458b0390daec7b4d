import { describe, expect, test } from 'vitest';
import type { Actor, KeyType } from '../../src/actor.ts';
import { newUuid } from '../../src/id.ts';
import {
  type Decision,
  decide,
  demand,
  PERMISSIONS,
  type Permission,
  ROLES,
  type Role,
  scopesFor,
} from '../../src/teams/permissions.ts';

const team = newUuid();
const otherTeam = newUuid();

interface Asker {
  readonly actor: Actor;
  readonly role?: Role;
}

const user = (role?: Role): Asker => ({ actor: { kind: 'USER', userId: newUuid() }, ...(role && { role }) });
function key(keyType: KeyType, ...scopes: string[]): Asker {
  const bound = keyType === 'TEAM' || keyType === 'PARTNER';
  return { actor: { kind: 'KEY', keyId: newUuid(), keyType, scopes, ...(bound && { teamId: team }) } };
}
const allScopesOf = (keyType: KeyType) => key(keyType, ...scopesFor(keyType));
const allScopesBut = (keyType: KeyType, scope: string) =>
  key(keyType, ...scopesFor(keyType).filter((one) => one !== scope));

/** One letter a cell: A all, O own, - forbidden, s with the scope of the same name, else forbidden. */
type Cells = readonly [
  owner: string,
  admin: string,
  member: string,
  team: string,
  platform: string,
  operator: string,
];

/** billing-rules §11, row by row. */
const ROWS: readonly [Permission, Cells][] = [
  ['billing:read', ['A', 'A', '-', 's', 's', 'A']],
  ['usage:read', ['A', 'A', 'O', 'O', 's', 'A']],
  ['deployments:read', ['A', 'A', 'A', 'A', 's', 'A']],
  ['deployments:write', ['A', 'A', 'A', 's', 's', '-']],
  ['usage:write', ['-', '-', '-', '-', 's', '-']],
  ['users:write', ['-', '-', '-', '-', 's', '-']],
  ['billing:write', ['A', 'A', '-', '-', '-', '-']],
  ['prices:write', ['A', 'A', '-', '-', '-', '-']],
  ['operate', ['-', '-', '-', '-', '-', 'A']],
  ['inspect', ['-', '-', '-', '-', '-', 'A']],
  ['members:manage', ['A', 'A', '-', '-', '-', '-']],
  ['keys:manage', ['A', 'A', '-', '-', '-', '-']],
  ['members:read', ['A', 'A', 'A', '-', '-', 'A']],
  ['team:read', ['A', 'A', 'A', 'A', 'A', 'A']],
];

const MEANING: Readonly<Record<string, Decision>> = { A: 'ALL', O: 'OWN', '-': 'FORBIDDEN', s: 'ALL' };

function askers(permission: Permission): readonly (readonly [string, Asker, Asker])[] {
  return [
    ['OWNER', user('OWNER'), user('OWNER')],
    ['ADMIN', user('ADMIN'), user('ADMIN')],
    ['MEMBER', user('MEMBER'), user('MEMBER')],
    ['team key', allScopesOf('TEAM'), allScopesBut('TEAM', permission)],
    ['platform key', allScopesOf('PLATFORM'), allScopesBut('PLATFORM', permission)],
    ['operator key', key('OPERATOR'), key('OPERATOR')],
  ];
}

const CASES = ROWS.flatMap(([permission, cells]) =>
  askers(permission).map(([name, withScope, without], column) => {
    const cell = cells[column] ?? '?';
    return { permission, name, cell, withScope, without };
  }),
);

describe('the table of who may do what', () => {
  test.for(CASES)('$permission by $name: $cell', ({ permission, cell, withScope, without }) => {
    const expected = MEANING[cell];
    expect(decide(withScope.actor, permission, withScope.role, team)).toBe(expected);
    expect(decide(without.actor, permission, without.role, team)).toBe(cell === 's' ? 'FORBIDDEN' : expected);
  });

  test('lets members and their keys ask whether a request is affordable', () => {
    for (const { actor, role } of [user('OWNER'), user('MEMBER'), key('TEAM'), key('OPERATOR')]) {
      expect(decide(actor, 'affordability:read', role, team)).toBe('ALL');
    }
    expect(decide(key('PLATFORM').actor, 'affordability:read', undefined, team)).toBe('FORBIDDEN');
  });

  test('lets any user and platform keys with the scope create teams, and nobody else', () => {
    const outcome = ({ actor }: Asker) => decide(actor, 'teams:create', undefined, undefined);
    expect(outcome(user())).toBe('ALL');
    expect(outcome(key('PLATFORM', 'teams:write'))).toBe('ALL');
    for (const other of [allScopesBut('PLATFORM', 'teams:write'), key('OPERATOR'), allScopesOf('TEAM')]) {
      expect(outcome(other)).toBe('FORBIDDEN');
    }
  });

  test('lets partner keys read only, with the scope', () => {
    const permitted = PERMISSIONS.filter(
      (permission) => decide(allScopesOf('PARTNER').actor, permission, undefined, team) !== 'FORBIDDEN',
    );
    expect(permitted.sort()).toEqual(['billing:read', 'deployments:read', 'team:read', 'usage:read']);
    expect(decide(key('PARTNER').actor, 'billing:read', undefined, team)).toBe('FORBIDDEN');
  });
});

test.for(PERMISSIONS)(
  '%s: who has nothing to do with a team is told that it does not exist',
  (permission) => {
    for (const { actor } of [user(), allScopesOf('TEAM'), allScopesOf('PARTNER')]) {
      expect(decide(actor, permission, undefined, otherTeam)).toBe('NOT_FOUND');
      expect(() => demand(actor, permission, undefined, otherTeam)).toThrow(/was not found/);
    }
  },
);

test.for(PERMISSIONS)('%s: nobody may without credentials', (permission) => {
  expect(decide({ kind: 'ANONYMOUS' }, permission, undefined, team)).toBe('UNAUTHENTICATED');
  expect(decide({ kind: 'ANONYMOUS' }, permission, undefined, undefined)).toBe('UNAUTHENTICATED');
});

test('a scope that belongs to another type of key gives a key nothing', () => {
  const smuggled = key('TEAM', 'usage:write', 'teams:write', 'usage:read');
  expect(decide(smuggled.actor, 'usage:write', undefined, team)).toBe('FORBIDDEN');
  expect(decide(smuggled.actor, 'usage:read', undefined, team)).toBe('OWN');
});

test('a role in one team gives nothing where no team is concerned', () => {
  for (const role of ROLES) {
    for (const permission of ['operate', 'inspect', 'usage:write', 'billing:read'] as const) {
      expect(decide(user().actor, permission, role, undefined)).toBe('FORBIDDEN');
    }
  }
});

test('the scopes of each type of key are a closed list', () => {
  expect(scopesFor('PLATFORM')).toEqual([
    'billing:read',
    'deployments:read',
    'deployments:write',
    'teams:write',
    'usage:read',
    'usage:write',
    'users:write',
  ]);
  expect(scopesFor('TEAM')).toEqual(['billing:read', 'deployments:write']);
  expect(scopesFor('PARTNER')).toEqual(['billing:read', 'deployments:read', 'usage:read']);
  expect(scopesFor('OPERATOR')).toEqual([]);
});
