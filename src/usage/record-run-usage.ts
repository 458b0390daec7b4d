import type { ActorRef } from '../actor.ts';
import type { Catalog, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { answerEach } from '../charging/answer-each.ts';
import type { ChargeRefusal, ChargeRequest, ChargeResult } from '../charging/charge.ts';
import {
  checkForm,
  checkText,
  FORM_LIMITS,
  type MeteredQuantity,
  type NamedValue,
  pairText,
  paramMap,
  quantityMap,
  tagMap,
  usageText,
} from '../charging/request-form.ts';
import type { Run, RunStep } from '../charging/run.ts';
import { runsById } from '../charging/run-rows.ts';
import { digest16 } from '../db/idempotency.ts';
import { assert } from '../domain-error.ts';
import { parseId, tryParseId, type Uuid } from '../id.ts';
import type { Running } from './start-run.ts';

/** One thing used by a step of a run, as a caller reports it. Ids are public ids. */
export interface RunUsageItem {
  readonly idempotencyKey: string;
  readonly teamId: string;
  readonly runId: string;
  readonly step: string;
  readonly quantities: readonly MeteredQuantity[];
  readonly params?: readonly NamedValue[] | null | undefined;
  readonly occurredAt?: Date | null | undefined;
  readonly tags?: readonly NamedValue[] | null | undefined;
  readonly afterTheFact?: boolean | null | undefined;
}

/**
 * Charges what runs used, item by item, from what they hold first; results are in the order of the items.
 * @throws DomainError BAD_USER_INPUT for no items or more than 1,000, and as `Batcher.charge` does.
 */
export async function recordRunUsage(
  { db, batcher, catalog }: Pick<Running, 'db' | 'batcher' | 'catalog'>,
  items: readonly RunUsageItem[],
  actor: ActorRef,
): Promise<ChargeResult[]> {
  // What is read here of a run never changes: the state that may, the batch judges.
  const named = items.length > FORM_LIMITS.items ? [] : runsNamed(items);
  const runs = new Map((await runsById(db, named)).map((run) => [run.id, run]));
  const snapshot = await snapshotFor(catalog, runs.values());
  return answerEach(
    items,
    (item) => runCharge(item, { runs, catalog: snapshot }, actor),
    (requests) => batcher.charge(requests),
  );
}

/** The runs that items name, each once: those that are malformed are refused later. */
function runsNamed(items: readonly RunUsageItem[]): { teamId: Uuid; id: Uuid }[] {
  const named = new Map<string, { teamId: Uuid; id: Uuid }>();
  for (const { teamId, runId } of items) {
    const [team, run] = [tryParseId(teamId), tryParseId(runId)];
    if (team?.kind !== 'team' || run?.kind !== 'run') continue;
    named.set(team.uuid + run.uuid, { teamId: team.uuid, id: run.uuid });
  }
  return [...named.values()];
}

/** A snapshot of the catalogue that knows the models of these runs. */
async function snapshotFor(catalog: Catalog, runs: Iterable<Run>): Promise<CatalogSnapshot> {
  const snapshot = await catalog.snapshot();
  const isKnown = [...runs].every(({ steps }) => steps.every((step) => snapshot.modelById.has(step.modelId)));
  return isKnown ? snapshot : catalog.refresh();
}

interface Known {
  readonly runs: ReadonlyMap<Uuid, Run>;
  readonly catalog: CatalogSnapshot;
}

function runCharge(item: RunUsageItem, known: Known, actor: ActorRef): ChargeRequest | ChargeRefusal {
  const form = checkForm(() => checked(item));
  if ('code' in form) return form;
  const { runId, step: stepKey, ...usage } = form;
  const run = known.runs.get(runId);
  if (run?.teamId !== usage.teamId)
    return { code: 'RUN_NOT_FOUND', field: 'runId', message: `The team has no run ${item.runId}.` };
  const step = run.steps.find(({ key }) => key === stepKey);
  if (!step) return { code: 'STEP_NOT_FOUND', field: 'step', message: `The run has no step "${stepKey}".` };
  return {
    what: 'CHARGE',
    ...usage,
    modelKey: modelKeyOf(step, known.catalog),
    run: { runId, step: stepKey },
    keyDigest: digest16(usage.idempotencyKey),
    requestDigest: digest16(requestText(form)),
    actor,
  };
}

type Checked = ReturnType<typeof checked>;

function checked(item: RunUsageItem) {
  const { idempotencyKey, step, occurredAt, afterTheFact } = item;
  const teamId = parseId('team', item.teamId, 'teamId');
  const runId = parseId('run', item.runId, 'runId');
  checkText(idempotencyKey, 'idempotencyKey', FORM_LIMITS.keyLength);
  const quantities = quantityMap(item.quantities);
  const params = paramMap(item.params);
  const tags = tagMap(item.tags);
  return {
    teamId,
    runId,
    step,
    idempotencyKey,
    quantities,
    params,
    afterTheFact: afterTheFact ?? false,
    ...(occurredAt ? { occurredAt } : {}),
    ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
  };
}

function modelKeyOf({ modelId }: RunStep, { modelById }: CatalogSnapshot): string {
  const model = modelById.get(modelId);
  assert(model, 'a step names a model of the catalogue');
  return model.key;
}

/** What the caller supplied, as text that is the same for the same meaning. */
function requestText(form: Checked): string {
  return [
    'run usage',
    form.teamId,
    form.runId,
    JSON.stringify(form.step),
    usageText(form),
    form.occurredAt?.getTime() ?? '',
    pairText(Object.entries(form.tags ?? {})),
    form.afterTheFact,
  ].join('|');
}
