import { Args, Ctx, FieldResolver, ObjectType, Query, Resolver } from 'type-graphql';
import type { Db } from '../db/client.ts';
import { SignedIn } from '../graphql/auth.ts';
import { ConnectionArgs, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import type { Uuid } from '../id.ts';
import { ApiKey } from './api-key.type.ts';
import { idPage } from './id-pages.ts';
import { loadKey, loadTeam, loadUser } from './loaders.ts';
import { membershipsOf } from './memberships.ts';
import { ROLES, type Role } from './permissions.ts';
import { Team, TeamConnection } from './team.type.ts';
import { User } from './user.type.ts';

/** Who asks. */
@ObjectType('Viewer', {
  description: 'Who asks: the user or the key whose credentials came with the request.',
})
export class Viewer {}

/** `viewer`: the asker and their teams. */
@Resolver(() => Viewer)
export class ViewerResolver {
  constructor(private readonly db: Db) {}

  @SignedIn()
  @Query(() => Viewer, {
    description: 'Who asks: the user or the key whose credentials came with the request.',
  })
  viewer(): Viewer {
    return new Viewer();
  }

  @SignedIn()
  @FieldResolver(() => User, { nullable: true, description: 'The user who asks; null for a key.' })
  user(@Ctx() ctx: Context): Promise<User> | null {
    return ctx.actor.kind === 'USER' ? loadUser(ctx, this.db, ctx.actor.userId) : null;
  }

  @SignedIn()
  @FieldResolver(() => ApiKey, { nullable: true, description: 'The key that asks; null for a user.' })
  key(@Ctx() ctx: Context): Promise<ApiKey> | null {
    return ctx.actor.kind === 'KEY' ? loadKey(this.db, ctx.actor.keyId) : null;
  }

  @SignedIn()
  @FieldResolver(() => TeamConnection, {
    description:
      'The teams that the user belongs to, oldest first; the team of a key that is bound to one. Keys that act for any team have none.',
  })
  teams(@Ctx() ctx: Context, @Args(() => ConnectionArgs) args: ConnectionArgs): Promise<Page<Team>> {
    return this.page(ctx, 'viewer.teams', args, ROLES);
  }

  @SignedIn()
  @FieldResolver(() => TeamConnection, {
    description: 'The teams whose billing the user may see and change, oldest first. None for keys.',
  })
  billingTeams(@Ctx() ctx: Context, @Args(() => ConnectionArgs) args: ConnectionArgs): Promise<Page<Team>> {
    return this.page(ctx, 'viewer.billingTeams', args, ['OWNER', 'ADMIN']);
  }

  private async page(
    ctx: Context,
    list: string,
    args: ConnectionArgs,
    roles: readonly Role[],
  ): Promise<Page<Team>> {
    const page = await idPage(
      list,
      args,
      (window) => this.teamIds(ctx, roles, window),
      (id) => id,
    );
    const edges = page.edges.map(async ({ node, cursor }) => ({
      node: await loadTeam(ctx, this.db, node),
      cursor,
    }));
    return { pageInfo: page.pageInfo, edges: await Promise.all(edges) };
  }

  private async teamIds(
    { actor }: Context,
    roles: readonly Role[],
    window: Parameters<typeof membershipsOf>[3],
  ): Promise<Uuid[]> {
    if (actor.kind === 'USER') {
      const rows = await membershipsOf(this.db, actor.userId, roles, window);
      return rows.map((row) => row.teamId);
    }
    const bound = actor.kind === 'KEY' && roles.includes('MEMBER') && window.from === undefined;
    return bound && actor.teamId ? [actor.teamId] : [];
  }
}
