import 'reflect-metadata';
import { type ExecutionResult, graphql, parse, subscribe } from 'graphql';
import {
  Arg,
  buildSchema,
  Field,
  FieldResolver,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { describe, expect, test } from 'vitest';
import type { Actor, KeyType } from '../../src/actor.ts';
import { DomainError } from '../../src/domain-error.ts';
import {
  accessOf,
  argsTeam,
  enforceAccess,
  Inherits,
  inputTeam,
  isPermitted,
  Permit,
  Public,
  permit,
  SignedIn,
  usageScope,
} from '../../src/graphql/auth.ts';
import { type Context, createContext } from '../../src/graphql/context.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import type { Role } from '../../src/teams/permissions.ts';

const ownTeam = newUuid();
const foreignTeam = newUuid();
const userId = newUuid();
const keyId = newUuid();

function asUser(role: Role): Context {
  return createContext({ kind: 'USER', userId }, 'trace', async (_, teamIds) =>
    teamIds.includes(ownTeam) ? new Map([[ownTeam, role]]) : new Map(),
  );
}

function asKey(keyType: KeyType, scopes: string[] = [], teamId?: Uuid): Context {
  const actor: Actor = { kind: 'KEY', keyId, keyType, scopes, ...(teamId && { teamId }) };
  return createContext(actor, 'trace');
}

const asNobody = () => createContext({ kind: 'ANONYMOUS' }, 'trace');

@ObjectType()
class Account {
  @Inherits()
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  forgotten?: string;

  teamId!: Uuid;
}

@Inherits()
@ObjectType()
class Receipt {
  @Field(() => Account)
  account!: Account;
}

@Inherits()
@ObjectType({ simpleResolvers: true })
class Note {
  @Permit('inspect')
  @Field(() => String)
  neverEnforced!: string;
}

@InputType()
class RenameInput {
  @Field(() => String)
  teamId!: string;
  @Field(() => String, { nullable: true })
  reason?: string;
}

@Resolver(() => Account)
class AccountResolver {
  @Public()
  @Query(() => String)
  open(): string {
    return 'open';
  }

  @SignedIn()
  @Query(() => Account)
  mine(): Account {
    return Object.assign(new Account(), { name: 'n', teamId: ownTeam });
  }

  @Permit('team:read', argsTeam)
  @Query(() => Account)
  account(@Arg('teamId', () => String) teamId: string): Account {
    return Object.assign(new Account(), { name: teamId, teamId: ownTeam });
  }

  @Permit('operate', inputTeam)
  @Mutation(() => Receipt)
  rename(@Arg('input', () => RenameInput) _input: RenameInput): Receipt {
    return { account: this.mine() };
  }

  @Inherits()
  @FieldResolver(() => Note)
  note(): Note {
    return new Note();
  }

  @Permit('billing:read', ({ root }: { root: Account }) => root.teamId)
  @FieldResolver(() => String)
  balance(@Root() _account: Account): string {
    return '7';
  }

  @Permit('billing:read', argsTeam)
  @Subscription(() => String, { subscribe: () => ticks() })
  ticks(@Arg('teamId', () => String) _teamId: string): string {
    return 'tick';
  }
}

async function* ticks(): AsyncGenerator<string> {
  yield 'tick';
}

const schema = await buildSchema({
  resolvers: [AccountResolver],
  authChecker: enforceAccess,
  validate: false,
  pubSub: { publish: () => undefined, subscribe: () => ticks() },
});

/** The code of the first error, or the data. */
async function run(contextValue: Context, source: string): Promise<unknown> {
  return outcome(await graphql({ schema, source, contextValue }));
}

function outcome(result: ExecutionResult): unknown {
  const error = result.errors?.[0]?.originalError;
  if (error) return error instanceof DomainError ? error.code : error;
  return JSON.parse(JSON.stringify(result.data));
}

const own = publicId('team', ownTeam);
const foreign = publicId('team', foreignTeam);

describe('a guarded field', () => {
  test('runs for who has the permission in the team that the rule names', async () => {
    expect(await run(asUser('MEMBER'), `{ account(teamId: "${own}") { name } }`)).toEqual({
      account: { name: own },
    });
  });

  test('answers NOT_FOUND with the same words for a foreign and for an unknown team', async () => {
    const ask = async (id: string) =>
      graphql({ schema, source: `{ account(teamId: "${id}") { name } }`, contextValue: asUser('OWNER') });
    const unknown = publicId('team', newUuid());
    const [toForeign, toUnknown] = [await ask(foreign), await ask(unknown)];
    expect(outcome(toForeign)).toBe('NOT_FOUND');
    expect(toForeign.errors?.[0]?.message.replace(foreign, '')).toBe(
      toUnknown.errors?.[0]?.message.replace(unknown, ''),
    );
  });

  test('answers UNAUTHENTICATED without credentials', async () => {
    expect(await run(asNobody(), `{ account(teamId: "${own}") { name } }`)).toBe('UNAUTHENTICATED');
    expect(await run(asNobody(), '{ mine { name } }')).toBe('UNAUTHENTICATED');
    expect(await run(asNobody(), '{ open }')).toEqual({ open: 'open' });
  });

  test('is judged by its own rule when its parent asks for less', async () => {
    expect(await run(asUser('MEMBER'), '{ mine { name balance } }')).toBe('FORBIDDEN');
    expect(await run(asUser('ADMIN'), '{ mine { name balance } }')).toEqual({
      mine: { name: 'n', balance: '7' },
    });
  });

  test('is refused when a subscription starts, before its source is asked', async () => {
    const start = (contextValue: Context, id: string) =>
      subscribe({
        schema,
        document: parse(`subscription { ticks(teamId: "${id}") }`),
        contextValue,
      }) as Promise<ExecutionResult>;
    expect(outcome(await start(asUser('MEMBER'), own))).toBe('FORBIDDEN');
    expect(outcome(await start(asUser('OWNER'), foreign))).toBe('NOT_FOUND');
    expect(await start(asUser('OWNER'), own)).toHaveProperty('next');
  });

  test('demands a reason of operators', async () => {
    const rename = (reason: string) =>
      run(
        asKey('OPERATOR'),
        `mutation { rename(input: { teamId: "${own}", reason: ${reason} }) { account { name } } }`,
      );
    expect(await rename('null')).toBe('BAD_USER_INPUT');
    expect(await rename('"  "')).toBe('BAD_USER_INPUT');
    expect(await rename('"typo"')).toEqual({ rename: { account: { name: 'n' } } });
  });
});

test('the rule of each field is found in the schema, its own before that of its type', () => {
  const rules = accessOf(schema);
  expect(rules.get('Query.open')).toEqual({ rule: 'PUBLIC' });
  expect(rules.get('Query.account')).toMatchObject({ rule: 'PERMIT', permission: 'team:read' });
  expect(rules.get('Subscription.ticks')).toMatchObject({ rule: 'PERMIT', permission: 'billing:read' });
  expect(rules.get('Account.balance')).toMatchObject({ rule: 'PERMIT', permission: 'billing:read' });
  expect(rules.get('Account.name')).toEqual({ rule: 'INHERITS' });
  expect(rules.get('Receipt.account')).toEqual({ rule: 'INHERITS' });
});

test('a field without a rule, or with one that nothing enforces, stands out', () => {
  const rules = accessOf(schema);
  const bare = [...rules].filter(([, rule]) => !rule).map(([field]) => field);
  expect(bare.sort()).toEqual(['Account.forgotten', 'Note.neverEnforced']);
});

test('usage is shown whole to admins, and only their own to members and team keys', async () => {
  expect(await usageScope(asUser('ADMIN'), ownTeam)).toEqual({ kind: 'ALL' });
  expect(await usageScope(asUser('MEMBER'), ownTeam)).toEqual({ kind: 'MEMBER', memberId: userId });
  expect(await usageScope(asKey('TEAM', [], ownTeam), ownTeam)).toEqual({ kind: 'API_KEY', apiKeyId: keyId });
  expect(await usageScope(asKey('PLATFORM', ['usage:read']), ownTeam)).toEqual({ kind: 'ALL' });
  await expect(usageScope(asKey('PLATFORM'), ownTeam)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('what may not be seen can be left out instead of refused', async () => {
  expect(await isPermitted(asUser('MEMBER'), 'billing:read', ownTeam)).toBe(false);
  expect(await isPermitted(asUser('OWNER'), 'billing:read', ownTeam)).toBe(true);
  expect(await isPermitted(asUser('MEMBER'), 'usage:read', ownTeam)).toBe(true);
});

test('roles of a request are looked up in one go and once, and anew in a renewed context', async () => {
  const asked: (readonly Uuid[])[] = [];
  let role: Role = 'OWNER';
  const ctx = createContext({ kind: 'USER', userId }, 'trace', async (_, teamIds) => {
    asked.push([...teamIds]);
    return new Map(teamIds.map((teamId) => [teamId, role]));
  });
  await Promise.all([permit(ctx, 'billing:read', ownTeam), permit(ctx, 'billing:read', foreignTeam)]);
  await permit(ctx, 'team:read', ownTeam);
  expect(asked).toEqual([[ownTeam, foreignTeam]]);
  role = 'MEMBER';
  expect(await isPermitted(ctx, 'billing:read', ownTeam)).toBe(true);
  expect(await isPermitted(ctx.renewed(), 'billing:read', ownTeam)).toBe(false);
});
