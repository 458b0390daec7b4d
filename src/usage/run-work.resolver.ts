import DataLoader from 'dataloader';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Run as StoredRun } from '../charging/run.ts';
import { runsById } from '../charging/run-rows.ts';
import type { Db } from '../db/client.ts';
import { Inherits, Permit, SignedIn } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { parseId, type Uuid } from '../id.ts';
import { endRun } from './end-run.ts';
import { estimateRun } from './estimate-run.ts';
import { recordRunUsage } from './record-run-usage.ts';
import {
  CancelRunInput,
  EstimateRunInput,
  FinishRunInput,
  RecordRunUsageInput,
  StartRunInput,
} from './run.input.ts';
import { Run } from './run.type.ts';
import { permitEstimate } from './run-access.ts';
import {
  CancelRunPayload,
  EstimateRunPayload,
  endPayload,
  FinishRunPayload,
  RecordRunUsagePayload,
  RunUsageResult,
  StartRunPayload,
} from './run-payload.type.ts';
import { type Running, startRun } from './start-run.ts';

/** Runs, as those who plan and run them report. */
@Resolver()
export class RunWorkResolver {
  constructor(private readonly running: Running) {}

  @SignedIn()
  @Mutation(() => EstimateRunPayload, {
    description:
      'Prices a job by what holds now, item by item, and keeps the quote for 15 minutes. For the platform, and for whoever may know whether the team can afford something.',
  })
  async estimateRun(
    @Arg('input', () => EstimateRunInput, { description: 'The job.' }) input: EstimateRunInput,
    @Ctx() ctx: Context,
  ): Promise<EstimateRunPayload> {
    const teamId = parseId('team', input.teamId, 'teamId');
    await permitEstimate(ctx, teamId);
    const result = await estimateRun(this.running, { teamId, plan: input.plan }, actorRef(ctx.actor));
    return EstimateRunPayload.of(result, await this.running.catalog.snapshot());
  }

  @Permit('usage:write')
  @Mutation(() => StartRunPayload, {
    description:
      'Starts a job, once for its key. With "hold" what it is expected to cost is set aside by the same transaction: both or nothing.',
  })
  async startRun(
    @Arg('input', () => StartRunInput, { description: 'The job.' }) input: StartRunInput,
    @Ctx() { actor }: Context,
  ): Promise<StartRunPayload> {
    return StartRunPayload.of(await startRun(this.running, input, actorRef(actor)));
  }

  @Permit('usage:write')
  @Mutation(() => RecordRunUsagePayload, {
    description:
      'Charges what steps of runs used, item by item, from what the run holds first: each is charged in full or refused, once for its key. Errors of items: INVALID_INPUT, NOT_FOUND, NOT_PRICED, RUN_ENDED, OCCURRED_AT_OUT_OF_RANGE, IDEMPOTENCY_CONFLICT, OUT_OF_CREDITS, SPEND_CAP_EXCEEDED.',
  })
  async recordRunUsage(
    @Arg('input', () => RecordRunUsageInput, { description: 'The items.' }) { items }: RecordRunUsageInput,
    @Ctx() { actor }: Context,
  ): Promise<RecordRunUsagePayload> {
    const charged = await recordRunUsage(this.running, items, actorRef(actor));
    return RecordRunUsagePayload.of(items, charged, await this.running.catalog.snapshot());
  }

  @Permit('usage:write')
  @Mutation(() => FinishRunPayload, {
    description: 'Ends a run: it takes no more usage, and what it still holds returns.',
  })
  async finishRun(
    @Arg('input', () => FinishRunInput, { description: 'The run.' }) input: FinishRunInput,
    @Ctx() { actor }: Context,
  ): Promise<FinishRunPayload> {
    const { teamId, runId } = input;
    return endPayload(await endRun(this.running.batcher, { teamId, runId }, actorRef(actor)));
  }

  @Permit('usage:write')
  @Mutation(() => CancelRunPayload, {
    description:
      'Breaks a run off: what was used by then stays charged, it takes no more usage, and what it still holds returns.',
  })
  async cancelRun(
    @Arg('input', () => CancelRunInput, { description: 'The run.' }) input: CancelRunInput,
    @Ctx() { actor }: Context,
  ): Promise<CancelRunPayload> {
    return endPayload(await endRun(this.running.batcher, input, actorRef(actor)));
  }
}

/** The run of an item whose usage was recorded. */
@Resolver(() => RunUsageResult)
export class RunUsageResultResolver {
  constructor(private readonly running: Pick<Running, 'db'>) {}

  @Inherits()
  @FieldResolver(() => Run, {
    nullable: true,
    description: 'The run after all items of the call, with what it has cost; null when it is unknown.',
  })
  async run(@Ctx() ctx: Context, @Root() { named }: RunUsageResult): Promise<Run | null> {
    if (!named) return null;
    const run = await ctx.once('usage.runOfItem', () => runLoader(this.running.db)).load(named);
    return run ? new Run(run) : null;
  }
}

interface NamedRun {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/** Reads each run of a call once, and remembers nothing: another mutation of the request may follow. */
function runLoader(db: Db): DataLoader<NamedRun, StoredRun | undefined> {
  return new DataLoader(
    async (keys) => {
      const named = new Map(keys.map((key) => [key.teamId + key.id, key]));
      const found = new Map((await runsById(db, [...named.values()])).map((run) => [run.id, run]));
      return keys.map(({ teamId, id }) => (found.get(id)?.teamId === teamId ? found.get(id) : undefined));
    },
    { cache: false },
  );
}
