import type { CatalogModel, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { digest16 } from '../db/idempotency.ts';
import { assert } from '../domain-error.ts';
import { orderedUuid, type Uuid } from '../id.ts';
import type { ChargeRefusal } from './charge.ts';
import { attributionProblem, capExceeded, conflict, type DecisionContext, refused } from './decide.ts';
import type { Hold } from './hold.ts';
import { holdOf } from './hold-of.ts';
import { release } from './hold-outcome.ts';
import { setAside } from './payment.ts';
import type { EndRun, Run, RunRequest, RunResult, StartRun } from './run.ts';
import type { TeamWork } from './team-work.ts';

/** Decides one request about a run. @see decideCharge */
export function decideRun(request: RunRequest, work: TeamWork, { catalog }: DecisionContext): RunResult {
  return request.what === 'START_RUN' ? startRun(request, work, catalog) : endRun(request, work);
}

function startRun(request: StartRun, work: TeamWork, catalog: CatalogSnapshot): RunResult {
  const first = work.runs.ofKey(request.keyDigest);
  if (first) {
    if (first.requestDigest !== request.requestDigest) return refused(conflict('another run'), work);
    return answer(first.value, work, { replayed: true });
  }
  const problem = attributionProblem(request, work.attributable);
  if (problem) return refused(problem, work);
  const id = orderedUuid(work.book.atMs, work.book.chargeCount);
  const held = request.hold && holdForRun(id, request, request.hold.lifeMs, work, catalog);
  if (held && 'code' in held) return refused(held, work);
  const run: Run = {
    teamId: request.teamId,
    id,
    name: request.name,
    status: 'RUNNING',
    quoteId: request.quoteId,
    holdId: held?.id ?? null,
    steps: request.steps,
    estimatedNano: request.estimatedNano,
    spentNano: 0n,
    chargeCount: 0n,
    memberId: request.memberId ?? null,
    apiKeyId: request.apiKeyId ?? null,
    tags: request.tags ?? null,
    startedAt: new Date(work.book.atMs),
    endedAt: null,
    reason: null,
    actor: request.actor,
  };
  work.runs.add({ value: run, keyDigest: request.keyDigest, requestDigest: request.requestDigest });
  return answer(run, work);
}

/** Sets aside what a run is expected to cost, of grants that may pay for all of its models. */
function holdForRun(
  runId: Uuid,
  request: StartRun,
  lifeMs: number,
  work: TeamWork,
  catalog: CatalogSnapshot,
): Hold | ChargeRefusal {
  const { atMs, chargeCount } = work.book;
  const models = modelsOf(request, catalog);
  const target = { memberId: request.memberId ?? null, apiKeyId: request.apiKeyId ?? null, modelId: null };
  const excess = work.caps.excess(target, request.estimatedNano, atMs);
  if (excess) return { ...capExceeded(excess, ''), field: 'hold' };
  const id = orderedUuid(atMs, chargeCount);
  const aside = setAside(work, id, models, request.estimatedNano, request.actor);
  if ('refusal' in aside) return { ...aside.refusal, field: 'hold' };
  const hold = holdOf(work, {
    ...target,
    id,
    quantities: null,
    params: null,
    amountNano: request.estimatedNano,
    draws: aside.draws,
    runId,
    tags: request.tags ?? null,
    expiresAt: new Date(atMs + lifeMs),
    actor: request.actor,
  });
  const keyDigest = digest16(`\0run-hold|${runId}`);
  work.holds.add({ value: hold, keyDigest, requestDigest: keyDigest });
  work.caps.hold(target, hold.amountNano);
  return hold;
}

function modelsOf({ steps }: StartRun, { modelById }: CatalogSnapshot): CatalogModel[] {
  return [...new Set(steps.map(({ modelId }) => modelId))].map((modelId) => {
    const model = modelById.get(modelId);
    assert(model, 'a step names a model of the catalogue');
    return model;
  });
}

function endRun({ runId, status, reason, actor }: EndRun, work: TeamWork): RunResult {
  const run = work.runs.get(runId);
  if (!run)
    return refused({ code: 'RUN_NOT_FOUND', field: 'runId', message: 'The team has no such run.' }, work);
  if (run.status !== 'RUNNING') return answer(run, work, { alreadyEnded: true });
  const hold = work.holds.get(run.holdId);
  if (hold?.status === 'HELD') release(hold, work, actor);
  const ended: Run = { ...run, status, reason, endedAt: new Date(work.book.atMs) };
  work.runs.change(ended);
  return answer(ended, work);
}

function answer(run: Run, work: TeamWork, { replayed = false, alreadyEnded = false } = {}): RunResult {
  return { ok: true, run, replayed, alreadyEnded, balance: work.balance };
}
