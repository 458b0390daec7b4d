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
import type { KeyType } from '../actor.ts';
import { inTransaction, type Tx } from '../db/client.ts';
import { Inherits, inputTeam, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused } from '../graphql/refusals.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { parseId, type Uuid } from '../id.ts';
import { ApiKey, ApiKeyConnection, ApiKeyType } from './api-key.type.ts';
import { idPage } from './id-pages.ts';
import { type CreateApiKey, createApiKey, keysOf, type RevokeApiKey, revokeApiKey } from './keys.ts';
import { loadKey, loadTeam } from './loaders.ts';
import { Team } from './team.type.ts';
import type { TeamServices } from './teams.resolver.ts';

@InputType()
class KeyInput {
  @Field(() => String, { description: 'What you call it: 1 to 100 characters.' })
  name: string;

  @Field(() => [String], {
    defaultValue: [],
    description: 'What it may do; ApiKeyType names the scopes of each type.',
  })
  scopes: string[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ceases to work; null for never.' })
  expiresAt?: Date;

  @Field(() => String, {
    description: 'Your own key for this request: a repeat answers the same key. 1 to 255 characters.',
  })
  idempotencyKey: string;
}

@InputType('CreateApiKeyInput', { description: 'A key to create for a team.' })
class CreateApiKeyInput extends KeyInput {
  @Field(() => ID, { description: 'The id of the team that it acts for.' })
  teamId: string;
}

@InputType('CreateServiceKeyInput', {
  description: 'A key to create for a service, a partner or an operator.',
})
class CreateServiceKeyInput extends KeyInput {
  @Field(() => ApiKeyType, { description: 'What it is for.' })
  type: KeyType;

  @Field(() => ID, {
    nullable: true,
    description: 'The team that a PARTNER key acts for. PLATFORM and OPERATOR keys have none.',
  })
  teamId?: string;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;
}

@InputType('RevokeApiKeyInput', { description: 'A key of a team to revoke.' })
class RevokeApiKeyInput {
  @Field(() => ID, { description: 'The id of the team.' })
  teamId: string;

  @Field(() => ID, { description: 'The id of the key.' })
  id: string;
}

@InputType('RevokeServiceKeyInput', { description: 'Any key to revoke.' })
class RevokeServiceKeyInput {
  @Field(() => ID, { description: 'The id of the key.' })
  id: string;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;
}

@Inherits()
@ObjectType()
class KeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key; null when it was refused.' })
  apiKey?: ApiKey;

  @Field(() => [UserError], {
    description: 'Why it was refused: INVALID_INPUT, NOT_FOUND or IDEMPOTENCY_CONFLICT.',
  })
  userErrors: UserError[];
}

@Inherits()
@ObjectType()
class NewKeyPayload extends KeyPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'The key itself, shown this once: keep it. Null when it was refused, and in a replay: it is not stored. Lost the first answer? Revoke the key and create another.',
  })
  secret?: string | undefined;

  @Field(() => Boolean, {
    description: 'Whether the idempotency key had created it before; "secret" is null then.',
  })
  replayed: boolean;
}

@Inherits()
@ObjectType('CreateApiKeyPayload', { description: 'What came of createApiKey.' })
class CreateApiKeyPayload extends NewKeyPayload {}

@Inherits()
@ObjectType('CreateServiceKeyPayload', { description: 'What came of createServiceKey.' })
class CreateServiceKeyPayload extends NewKeyPayload {}

@Inherits()
@ObjectType('RevokeApiKeyPayload', { description: 'What came of revokeApiKey.' })
class RevokeApiKeyPayload extends KeyPayload {}

@Inherits()
@ObjectType('RevokeServiceKeyPayload', { description: 'What came of revokeServiceKey.' })
class RevokeServiceKeyPayload extends KeyPayload {}

/** What this resolver works with. */
interface KeyServices extends Pick<TeamServices, 'db' | 'clock'> {
  /** @throws DomainError CONFLICT, NOT_ENTITLED, when no plan of the team entitles it to keys. */
  readonly demandEntitlement?: (tx: Tx, teamId: Uuid, name: 'apiKeys') => Promise<void>;
}

/** Keys: those that admins make for their team, and those that operators make for services, partners and operators. */
@Resolver(() => ApiKey)
export class KeyResolver {
  constructor(private readonly services: KeyServices) {}

  @Inherits()
  @FieldResolver(() => Team, {
    nullable: true,
    description: 'The only team that it acts for; null if it acts for any.',
  })
  team(@Ctx() ctx: Context, @Root() key: ApiKey): Promise<Team> | null {
    return key.teamId ? loadTeam(ctx, this.services.db, key.teamId) : null;
  }

  @Permit('inspect')
  @Query(() => ApiKeyConnection, {
    description:
      'The keys that belong to no team, newest first, revoked and expired ones too. For operators.',
  })
  async serviceKeys(@Args(() => ConnectionArgs) args: ConnectionArgs): Promise<Page<ApiKey>> {
    const read = (window: Parameters<typeof keysOf>[2]) => keysOf(this.services.db, null, window);
    return mapPage(await idPage('serviceKeys', args, read, (row) => row.id), ApiKey.of);
  }

  @Permit('keys:manage', inputTeam)
  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Creates a key that acts for a team. Owners and admins may, if the plan of the team entitles it to API keys (NOT_ENTITLED).',
  })
  createApiKey(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateApiKeyInput, { description: 'The key to create.' }) input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayload> {
    const teamId = parseId('team', input.teamId, 'teamId');
    return this.create(ctx, { ...input, type: 'TEAM', teamId }, 'ENTITLED');
  }

  @Permit('operate')
  @Mutation(() => CreateServiceKeyPayload, {
    description: 'Creates a key for a service, a partner or an operator. For operators.',
  })
  createServiceKey(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateServiceKeyInput, { description: 'The key to create.' })
    input: CreateServiceKeyInput,
  ): Promise<CreateServiceKeyPayload> {
    const teamId = input.teamId == null ? undefined : parseId('team', input.teamId, 'teamId');
    return this.create(ctx, { ...input, teamId });
  }

  @Permit('keys:manage', inputTeam)
  @Mutation(() => RevokeApiKeyPayload, {
    description:
      'Ends the access of a key of a team, its open sockets included, within a second. Owners and admins may.',
  })
  revokeApiKey(
    @Ctx() ctx: Context,
    @Arg('input', () => RevokeApiKeyInput, { description: 'The key to revoke.' }) input: RevokeApiKeyInput,
  ): Promise<RevokeApiKeyPayload> {
    const teamId = parseId('team', input.teamId, 'teamId');
    return this.revoke(ctx, { keyId: parseId('apiKey', input.id), teamId });
  }

  @Permit('operate')
  @Mutation(() => RevokeServiceKeyPayload, {
    description: "Ends the access of any key, also a team's that has leaked, within a second. For operators.",
  })
  revokeServiceKey(
    @Ctx() ctx: Context,
    @Arg('input', () => RevokeServiceKeyInput, { description: 'The key to revoke.' })
    input: RevokeServiceKeyInput,
  ): Promise<RevokeServiceKeyPayload> {
    return this.revoke(ctx, { keyId: parseId('apiKey', input.id), reason: input.reason });
  }

  /** What operators make needs no plan. Keys that exist go on when a plan ends. */
  private create(ctx: Context, input: CreateApiKey, who: 'ENTITLED' | 'ANY' = 'ANY'): Promise<NewKeyPayload> {
    const { db, clock, demandEntitlement } = this.services;
    return orRefused(async () => {
      const created = await inTransaction(db, async (tx) => {
        const key = await createApiKey(tx, input, ctx.actor, clock.now());
        if (who === 'ENTITLED' && !key.replayed && input.teamId)
          await demandEntitlement?.(tx, input.teamId, 'apiKeys');
        return key;
      });
      const apiKey = await loadKey(db, created.keyId);
      return { apiKey, secret: created.text, replayed: created.replayed, userErrors: [] };
    });
  }

  private revoke(ctx: Context, input: RevokeApiKey): Promise<KeyPayload> {
    const { db, clock } = this.services;
    return orRefused(async () => {
      await inTransaction(db, (tx) => revokeApiKey(tx, input, ctx.actor, clock.now()));
      return { apiKey: await loadKey(db, input.keyId), userErrors: [] };
    });
  }
}
