import 'reflect-metadata';
import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql';
import { assert, badInput, DomainError } from '../domain-error.ts';
import { ID_PREFIX, type IdKind, tryParseId, type Uuid } from '../id.ts';
import { Public } from './auth.ts';
import type { Context } from './context.ts';

const MAX_NODES = 100;

/** The object type behind each kind of id. */
const TYPE_NAME: Readonly<Record<IdKind, string>> = {
  user: 'User',
  team: 'Team',
  apiKey: 'ApiKey',
  grant: 'Grant',
  charge: 'Charge',
  entry: 'LedgerEntry',
  model: 'Model',
  priceVersion: 'PriceVersion',
  hold: 'Hold',
  run: 'Run',
  quote: 'RunQuote',
  cap: 'SpendCap',
  deployment: 'Deployment',
  instanceType: 'InstanceType',
  paymentMethod: 'PaymentMethod',
  topUp: 'TopUp',
  rechargeAttempt: 'RechargeAttempt',
  payment: 'Payment',
  refund: 'Refund',
  dispute: 'Dispute',
  promoCode: 'PromoCode',
  plan: 'Plan',
  subscription: 'PlanSubscription',
  mail: 'SandboxMail',
};

/** The kinds under which `node` answered an object, for `resolveType`: stored rows carry no type name. */
const kinds = new WeakMap<object, IdKind>();

/** Relay's object identification. */
@InterfaceType('Node', {
  description: 'Anything that has an id of its own and can be fetched by it.',
  resolveType: (value: object) => typeNameOf(value),
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque, and unique among all objects of the API.' })
  id: string;
}

function typeNameOf(value: object): string {
  const kind = kinds.get(value);
  assert(kind, 'a Node is answered by "node" or "nodes"');
  return TYPE_NAME[kind];
}

/**
 * Answers the object of one kind with this id, as its type's resolvers take it, or null (or DomainError NOT_FOUND)
 * when there is none that `context.actor` may see. An entry's id is that of its team and a number there, `seq`.
 */
export type NodeLoader = (context: Context, id: Uuid, seq?: bigint) => Promise<object | null>;

/** Each room gives the loaders of its kinds; an id of a kind without one is refused like a malformed id. */
export type NodeLoaders = Readonly<Partial<Record<IdKind, NodeLoader>>>;

/** `node` and `nodes`: any object by its id, among what the caller may see. */
@Resolver()
export class NodeResolver {
  constructor(private readonly loaders: NodeLoaders) {}

  @Public()
  @Query(() => Node, {
    nullable: true,
    description: 'The object with this id; null when there is none that you may see.',
  })
  node(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'The id of the object.' }) id: string,
  ): Promise<object | null> {
    return this.load(context, id, 'id');
  }

  @Public()
  @Query(() => [Node], {
    nullable: 'items',
    description: `The objects with these ids, at most ${MAX_NODES}, in the same order; null where there is none that you may see.`,
  })
  nodes(
    @Ctx() context: Context,
    @Arg('ids', () => [ID], { description: `Up to ${MAX_NODES} ids.` }) ids: string[],
  ): Promise<(object | null)[]> {
    if (ids.length > MAX_NODES) throw badInput('ids', `must be at most ${MAX_NODES} ids.`);
    return Promise.all(ids.map((id, index) => this.load(context, id, `ids.${index}`)));
  }

  private async load(context: Context, id: string, field: string): Promise<object | null> {
    const parsed = tryParseId(id);
    const loader = parsed && this.loaders[parsed.kind];
    if (!parsed || !loader)
      throw badInput(field, `must be an id that starts with one of ${this.prefixes()}.`);
    const found = await nullWhenNotFound(loader(context, parsed.uuid, parsed.seq));
    if (found) kinds.set(found, parsed.kind);
    return found;
  }

  private prefixes(): string {
    const known = (Object.keys(ID_PREFIX) as IdKind[]).filter((kind) => this.loaders[kind]);
    return known.map((kind) => `"${ID_PREFIX[kind]}_"`).join(', ');
  }
}

async function nullWhenNotFound(loading: Promise<object | null>): Promise<object | null> {
  try {
    return await loading;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
