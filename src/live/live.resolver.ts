import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { DeploymentEvent } from '../deployments/deployment-event.ts';
import { argsTeam, Permit } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { SequenceScalar } from '../graphql/scalars.ts';
import { sourceFrom } from '../graphql/subscription-source.ts';
import { parseId, type Uuid } from '../id.ts';
import type { Entry } from '../ledger/entry.ts';
import type { TeamState } from '../ledger/team-state.ts';
import type { TopUpEvent } from '../payments/top-up-changed.ts';
import { DeploymentChange, toDeploymentChange } from './deployment-change.type.ts';
import type { LiveEvent, StateEvent } from './event.ts';
import type { Live, Resume } from './live.ts';
import {
  BalanceChange,
  LedgerEntryChange,
  SpendChange,
  toBalanceChange,
  toLedgerEntryChange,
  toSpendChange,
} from './live.type.ts';
import type { SpendState } from './spend-source.ts';
import { TopUpChange, toTopUpChange } from './top-up-change.type.ts';

interface LiveArgs {
  readonly teamId: string;
  readonly after?: bigint | null;
  readonly maxPerSecond?: number | null;
  readonly deploymentId?: string | null;
}

const TEAM = { description: 'The team to follow.' };
const AFTER = {
  nullable: true,
  description:
    'The last number that you have: what followed it comes first. Absent: the first event is a SNAPSHOT of the present state.',
};

/** The live feeds of a team: numbered changes, see `ChangeKind`. */
@Resolver()
export class LiveResolver {
  constructor(readonly live: Live) {}

  @Permit('billing:read', argsTeam)
  @Subscription(() => BalanceChange, {
    subscribe: sourceFrom<LiveResolver, LiveArgs>(
      () => LiveResolver,
      ({ live }, args, ctx) =>
        shared(args, ctx, (from) => live.balanceChanged(from, args.maxPerSecond ?? undefined)),
    ),
    description:
      'A team\'s balance whenever it changes: a lone posting at once, several in quick succession as one event. Ranges of events follow each other without gap or overlap, also when you come back with "after".',
  })
  balanceChanged(
    @Root() event: StateEvent<TeamState>,
    @Arg('teamId', () => ID, TEAM) _teamId: string,
    @Arg('after', () => SequenceScalar, AFTER) _after?: bigint | null,
    @Arg('maxPerSecond', () => Int, {
      nullable: true,
      description: 'How many events a second at most, from 1 to 10; 10 when absent.',
    })
    _maxPerSecond?: number | null,
  ): BalanceChange {
    return toBalanceChange(event);
  }

  @Permit('billing:read', argsTeam)
  @Subscription(() => LedgerEntryChange, {
    subscribe: sourceFrom<LiveResolver, LiveArgs>(
      () => LiveResolver,
      ({ live }, args, ctx) => shared(args, ctx, (from) => live.ledgerEntryPosted(from)),
    ),
    description:
      'Every entry of a team\'s ledger, in order, none left out and none twice, however far "after" lies back and however slowly you read.',
  })
  ledgerEntryPosted(
    @Root() event: LiveEvent<Entry>,
    @Arg('teamId', () => ID, TEAM) _teamId: string,
    @Arg('after', () => SequenceScalar, AFTER) _after?: bigint | null,
  ): LedgerEntryChange {
    return toLedgerEntryChange(event);
  }

  @Permit('billing:read', argsTeam)
  @Subscription(() => SpendChange, {
    subscribe: sourceFrom<LiveResolver, LiveArgs>(
      () => LiveResolver,
      ({ live }, args, ctx) => shared(args, ctx, (from) => live.spendUpdated(from)),
    ),
    description: 'What a team spends and how long its credit will last, at most twice a second.',
  })
  spendUpdated(
    @Root() event: StateEvent<SpendState>,
    @Arg('teamId', () => ID, TEAM) _teamId: string,
    @Arg('after', () => SequenceScalar, AFTER) _after?: bigint | null,
  ): SpendChange {
    return toSpendChange(event);
  }

  @Permit('deployments:read', argsTeam)
  @Subscription(() => DeploymentChange, {
    subscribe: sourceFrom<LiveResolver, LiveArgs>(
      () => LiveResolver,
      ({ live }, args, ctx) =>
        shared(args, ctx, (from) => live.deploymentChanged(from, deploymentOf(args.deploymentId))),
    ),
    description:
      'Every event of a team\'s deployments, in order, none left out and none twice, however far "after" lies back: what whoever runs the machines acts upon. "deploymentEvents" lists the same events by the same numbers.',
  })
  deploymentChanged(
    @Root() event: LiveEvent<DeploymentEvent>,
    @Arg('teamId', () => ID, TEAM) _teamId: string,
    @Arg('deploymentId', () => ID, {
      nullable: true,
      description: 'Show the events of this deployment only.',
    })
    deploymentId?: string | null,
    @Arg('after', () => SequenceScalar, AFTER) _after?: bigint | null,
  ): DeploymentChange {
    return toDeploymentChange(event, deploymentOf(deploymentId));
  }

  @Permit('billing:read', argsTeam)
  @Subscription(() => TopUpChange, {
    subscribe: sourceFrom<LiveResolver, LiveArgs>(
      () => LiveResolver,
      ({ live }, args, ctx) => shared(args, ctx, (from) => live.topUpChanged(from)),
    ),
    description:
      "Every event of a team's top-ups, in order, none left out and none twice: that one was asked for, that its payer has to do something, that it has succeeded or failed, was paid back or is disputed.",
  })
  topUpChanged(
    @Root() event: LiveEvent<TopUpEvent>,
    @Arg('teamId', () => ID, TEAM) _teamId: string,
    @Arg('after', () => SequenceScalar, AFTER) _after?: bigint | null,
  ): TopUpChange {
    return toTopUpChange(event);
  }
}

function deploymentOf(id: string | null | undefined): Uuid | undefined {
  return id == null ? undefined : parseId('deployment', id, 'deploymentId');
}

/**
 * A feed whose payloads all owners, or all admins, of the team share: what they see does not depend on who they are.
 * What members and keys see beside the figures may, so that they share with themselves only.
 */
async function shared<E extends LiveEvent>(
  { teamId, after }: LiveArgs,
  ctx: Context,
  open: (from: Resume) => Promise<AsyncIterable<E>>,
) {
  const uuid = parseId('team', teamId, 'teamId');
  const role = await ctx.roleIn(uuid);
  const feed = await open({ teamId: uuid, after: after ?? undefined });
  const events = { [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator]() };
  return role === 'OWNER' || role === 'ADMIN' ? { ...events, audience: `${uuid} ${role}` } : events;
}
