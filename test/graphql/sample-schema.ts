import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import {
  Arg,
  Args,
  Ctx,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import type { Decimal } from '../../src/decimal.ts';
import { DomainError, notFound } from '../../src/domain-error.ts';
import { argsTeam, Inherits, Permit, Public } from '../../src/graphql/auth.ts';
import {
  ConnectionArgs,
  connectionType,
  type Page,
  pageOf,
  pageWindow,
} from '../../src/graphql/connection.ts';
import type { Context } from '../../src/graphql/context.ts';
import { keyset } from '../../src/graphql/cursor.ts';
import { Node, NodeResolver } from '../../src/graphql/node.ts';
import { OneOf } from '../../src/graphql/one-of.ts';
import {
  CreditsScalar,
  CursorScalar,
  DateTimeScalar,
  DecimalScalar,
  SequenceScalar,
} from '../../src/graphql/scalars.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import { type ResolverClass, sourceFrom } from '../../src/graphql/subscription-source.ts';
import { toUserError, UserError } from '../../src/graphql/user-error.ts';
import { publicId } from '../../src/id.ts';
import { EventFeed } from './event-feed.ts';

/** A schema of everything the server has to serve, with feeds that tests drive. */
export interface Sample {
  readonly schema: GraphQLSchema;
  readonly state: SampleState;
}

/** What tests see and move of the sample's resolvers. */
export class SampleState {
  readonly feed = new EventFeed<Tick>();
  /** How often the payload of a tick was resolved. */
  resolved = 0;
  /** The audience that the feed names. */
  audience: string | undefined;
  readonly slow = Promise.withResolvers<string>();
  readonly slowStarted = Promise.withResolvers<void>();
}

/** What the sample's subscriptions are about. */
export class Tick {
  constructor(
    readonly seq: bigint,
    readonly text = 'tick',
  ) {}
}

@Inherits()
@ObjectType('Tick')
class TickType {
  @Field(() => SequenceScalar)
  seq: bigint;

  @Field(() => String)
  text: string;

  @Field(() => String)
  echo: string;
}

@Inherits()
@ObjectType('Grant', { implements: Node })
class GrantType {
  id: string;

  @Field(() => CreditsScalar)
  amount: bigint;
}

@Inherits()
@ObjectType('Item')
class Item {
  @Field(() => Int)
  number: number;

  @Field(() => Items)
  items(@Args(() => ConnectionArgs) args: ConnectionArgs): Page<{ number: number }> {
    return numbers(args);
  }
}
const { Connection: Items } = connectionType('Item', 'items', () => Item);
const order = keyset('items', 'int8');

/** The numbers from 1 to 250, in pages. */
function numbers(args: ConnectionArgs): Page<{ number: number }> {
  const window = pageWindow(args, order);
  const all = Array.from({ length: 250 }, (_, index) => index + 1);
  const forward = window.direction === 'FORWARD';
  const [from] = window.from ?? [];
  const beyond = all.filter((n) => from === undefined || (forward ? BigInt(n) > from : BigInt(n) < from));
  const rows = (forward ? beyond : beyond.reverse()).slice(0, window.limit).map((number) => ({ number }));
  return pageOf(rows, window, order, ({ number }) => [BigInt(number)]);
}

@OneOf()
@InputType()
class Choice {
  @Field(() => String, { nullable: true })
  left?: string;

  @Field(() => Int, { nullable: true })
  right?: number;
}

@Inherits()
@ObjectType()
class SpendPayload {
  @Field(() => [UserError])
  userErrors: UserError[];
}

@Resolver()
class SampleResolver {
  constructor(readonly state: SampleState) {}

  @Public()
  @Query(() => String)
  hello(@Arg('name', () => String, { defaultValue: 'you' }) name: string): string {
    return `Hello ${name}`;
  }

  @Public()
  @Query(() => String)
  scalars(
    @Arg('credits', () => CreditsScalar, { nullable: true }) credits?: bigint,
    @Arg('sequence', () => SequenceScalar, { nullable: true }) sequence?: bigint,
    @Arg('decimal', () => DecimalScalar, { nullable: true }) decimal?: Decimal,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at?: Date,
    @Arg('cursor', () => CursorScalar, { nullable: true }) cursor?: string,
  ): string {
    const given = [credits, sequence, decimal?.coefficient, decimal?.scale, at?.toISOString(), cursor];
    return given.filter((value) => value !== undefined).join(' ');
  }

  @Public()
  @Query(() => Items)
  items(@Args(() => ConnectionArgs) args: ConnectionArgs): Page<{ number: number }> {
    return numbers(args);
  }

  @Public()
  @Query(() => String)
  choose(@Arg('choice', () => Choice) choice: Choice): string {
    return choice.left ?? String(choice.right);
  }

  @Public()
  @Query(() => String)
  slow(): Promise<string> {
    this.state.slowStarted.resolve();
    return this.state.slow.promise;
  }

  @Public()
  @Query(() => String, { nullable: true })
  fail(@Arg('how', () => String) how: string): string {
    if (how === 'fact') throw new DomainError('CONFLICT', 'The grant is void.', { state: 'VOID' });
    throw new Error('password=hunter2 at 10.0.0.7');
  }

  @Public()
  @Query(() => Int, { nullable: true })
  badNumber(): number {
    return 2 ** 40;
  }

  @Permit('billing:read', argsTeam)
  @Query(() => String)
  secret(@Arg('teamId', () => ID) teamId: string): string {
    return teamId;
  }

  @Public()
  @Mutation(() => SpendPayload)
  spend(@Arg('amount', () => CreditsScalar) amount: bigint): SpendPayload {
    const details = { shortBy: '2.5', available: '1' };
    const refusal = new DomainError('OUT_OF_CREDITS', 'Short by 2.5 credits.', details);
    return { userErrors: amount > 10n ? [toUserError(refusal, ['amount'])] : [] };
  }

  @Permit('billing:read', argsTeam)
  @Subscription(() => TickType, {
    subscribe: sourceFrom(
      () => SampleResolver,
      ({ state }) => state.feed.open(state.audience),
    ),
  })
  ticked(
    @Root() tick: Tick,
    @Ctx() { actor }: Context,
    @Arg('teamId', () => ID) _teamId: string,
    @Arg('after', () => SequenceScalar, { nullable: true }) _after?: bigint,
    @Arg('prefix', () => String, { nullable: true }) prefix = '',
  ): TickType {
    this.state.resolved += 1;
    if (tick.text === 'broken') throw new Error('secret of the inside');
    return { seq: tick.seq, text: tick.text, echo: `${prefix}${actor.kind}` };
  }
}

/** A grant that `node` knows. */
export const GRANT_ID = publicId('grant', '019a0000-0000-7000-8000-000000000001');

const nodes = new NodeResolver({
  grant: async (_, id): Promise<GrantType> => {
    if (publicId('grant', id) !== GRANT_ID) throw notFound('Grant', id);
    return { id: GRANT_ID, amount: 12_500_000_000n };
  },
});

/** Builds the sample schema with a state of its own. */
export function sampleSchema(): Sample {
  const state = new SampleState();
  const instances = new Map<ResolverClass, object>([
    [SampleResolver, new SampleResolver(state)],
    [NodeResolver, nodes],
  ]);
  return { state, schema: buildAppSchema([SampleResolver, NodeResolver], instances) };
}
