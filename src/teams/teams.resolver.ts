import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { Inherits, Permit, type RuleData } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { ApiKey, ApiKeyConnection } from './api-key.type.ts';
import { idPage } from './id-pages.ts';
import { keysOf } from './keys.ts';
import { loadTeam } from './loaders.ts';
import { RoleEnum, TeamMember, TeamMemberConnection } from './member.type.ts';
import { membersOf } from './memberships.ts';
import type { Role } from './permissions.ts';
import { Team, thisTeam } from './team.type.ts';
import { type CreateTeam, createTeam, type OpenLedger } from './teams.ts';
import type { WelcomeOwner } from './users.ts';

@InputType('CreateTeamInput', { description: 'A team to create.' })
class CreateTeamInput implements CreateTeam {
  @Field(() => String, { description: 'What its members call it: 1 to 100 characters.' })
  name: string;

  @Field(() => String, {
    defaultValue: 'UTC',
    description: 'IANA name of its time zone, such as "Europe/Berlin".',
  })
  timeZone: string;

  @Field(() => String, {
    nullable: true,
    description:
      'For platform keys: who owns the team, by the "sub" of their tokens. Absent for users, who own what they create.',
  })
  ownerSubject?: string;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same team. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@Inherits()
@ObjectType('CreateTeamPayload', { description: 'What came of createTeam.' })
class CreateTeamPayload {
  @Field(() => Team, { nullable: true, description: 'The team; null when it was refused.' })
  team?: Team;

  @Field(() => Boolean, { description: 'Whether the idempotency key had created it before.' })
  replayed: boolean;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT or IDEMPOTENCY_CONFLICT.' })
  userErrors: UserError[];
}

function namedTeam({ args }: RuleData<unknown, { id: string }>): Uuid {
  return parseId('team', args.id);
}

/** What the resolvers of this room are made with. */
export interface TeamServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly openLedger: OpenLedger;
  /** Absent: nothing is due for who owns a team. */
  readonly welcome?: WelcomeOwner | undefined;
}

/** `team`, its fields of this room, and `createTeam`. */
@Resolver(() => Team)
export class TeamResolver {
  constructor(private readonly services: TeamServices) {}

  @Permit('team:read', namedTeam)
  @Query(() => Team, { description: 'A team that you have to do with.' })
  team(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'The id of the team.' }) id: string,
  ): Promise<Team> {
    return loadTeam(ctx, this.services.db, parseId('team', id));
  }

  @Inherits()
  @FieldResolver(() => RoleEnum, { nullable: true, description: 'What you are in the team; null for keys.' })
  viewerRole(@Ctx() ctx: Context, @Root() team: Team): Promise<Role | undefined> {
    return ctx.roleIn(team.uuid);
  }

  @Permit('members:read', thisTeam)
  @FieldResolver(() => TeamMemberConnection, { description: 'Who belongs to the team.' })
  async members(
    @Root() team: Team,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<TeamMember>> {
    const { db } = this.services;
    const read = (window: Parameters<typeof membersOf>[2]) => membersOf(db, team.uuid, window);
    return mapPage(await idPage('team.members', args, read, (row) => row.userId), TeamMember.of);
  }

  @Permit('keys:manage', thisTeam)
  @FieldResolver(() => ApiKeyConnection, {
    description: 'The keys that act for the team, newest first, revoked and expired ones too.',
  })
  async apiKeys(@Root() team: Team, @Args(() => ConnectionArgs) args: ConnectionArgs): Promise<Page<ApiKey>> {
    const { db } = this.services;
    const read = (window: Parameters<typeof keysOf>[2]) => keysOf(db, team.uuid, window);
    return mapPage(await idPage('team.apiKeys', args, read, (row) => row.id), ApiKey.of);
  }

  @Permit('teams:create')
  @Mutation(() => CreateTeamPayload, {
    description:
      'Creates a team with an empty wallet. A user who creates it owns it; a platform key names the owner.',
  })
  createTeam(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateTeamInput, { description: 'The team to create.' }) input: CreateTeamInput,
  ): Promise<CreateTeamPayload> {
    const { db, clock, openLedger, welcome } = this.services;
    return orRefused(async () => {
      const { teamId, replayed } = await inTransaction(db, (tx) =>
        createTeam(tx, input, ctx.actor, clock.now(), openLedger, welcome),
      );
      return { team: await loadTeam(ctx, db, teamId), replayed, userErrors: [] };
    });
  }
}
