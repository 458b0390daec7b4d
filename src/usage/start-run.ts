import type { ActorRef } from '../actor.ts';
import type { EntitlementGate } from '../catalog/entitlements.ts';
import type { Batcher } from '../charging/batcher.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import { HOLD_LIMITS } from '../charging/hold.ts';
import {
  checkForm,
  checkText,
  FORM_LIMITS,
  FormProblem,
  type NamedValue,
  optionalId,
  pairText,
  tagMap,
} from '../charging/request-form.ts';
import type { RunResult, RunStep, StartRun } from '../charging/run.ts';
import { runsByKey } from '../charging/run-rows.ts';
import { digest16 } from '../db/idempotency.ts';
import { assert, DomainError } from '../domain-error.ts';
import { parseId, type Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import type { Estimating } from './estimate-run.ts';
import { pricePlan } from './price-run.ts';
import { type PlanForm, type PlannedStep, plannedSteps, planText } from './run-plan.ts';
import { quotesById } from './run-quote.ts';

/** A run to be started, as a caller names it. Ids are public ids. */
export interface StartForm {
  readonly idempotencyKey: string;
  readonly teamId: string;
  readonly name?: string | null | undefined;
  /** One of these: a quote, or what would be quoted. */
  readonly plan: PlanForm & { readonly quoteId?: string | null | undefined };
  readonly hold?: boolean | null | undefined;
  readonly holdSeconds?: number | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly apiKeyId?: string | null | undefined;
  readonly tags?: readonly NamedValue[] | null | undefined;
}

/** What runs are started with. */
export interface Running extends Estimating {
  readonly batcher: Batcher;
  /** @throws DomainError CONFLICT, NOT_ENTITLED, when no plan of the team entitles it to this. */
  readonly demandEntitlement?: EntitlementGate;
}

interface QuoteRefusal<Code> {
  readonly code: Code;
  readonly field: string;
  readonly message: string;
}

/** Why a run was not started. */
export type RunRefusal =
  | ChargeRefusal
  | QuoteRefusal<'QUOTE_NOT_FOUND'>
  | QuoteRefusal<'QUOTE_EXPIRED'>
  | QuoteRefusal<'NOT_ENTITLED'>;

export type StartResult =
  | RunResult
  | { readonly ok: false; readonly refusal: RunRefusal; readonly balance?: undefined };

export const RUN_LIMITS = { nameLength: 200, reasonLength: 500 } as const;

/**
 * Starts a run, once for its key, and holds what it is expected to cost if it says so: both or nothing.
 * @throws DomainError as `Batcher.runs` does.
 */
export async function startRun(running: Running, form: StartForm, actor: ActorRef): Promise<StartResult> {
  const start = checkForm(() => checkedStart(form, actor));
  if ('code' in start) return { ok: false, refusal: start };
  const { plan, ...request } = start;
  const priced = await pricedPlan(running, request, plan);
  if ('code' in priced) return { ok: false, refusal: priced };
  const unentitled = await chainRefusal(running, request, priced);
  if (unentitled) return { ok: false, refusal: unentitled };
  const [result] = await running.batcher.runs([{ ...request, ...priced }]);
  assert(result, 'each request has a result');
  return result;
}

/**
 * Why a run of several models may not begin: the plan of the team. What it would cost may be asked by anybody, and what has
 * been started is answered again.
 */
async function chainRefusal(
  { db, demandEntitlement }: Running,
  { teamId, keyDigest }: Pick<StartRun, 'teamId' | 'keyDigest'>,
  { steps }: Priced,
): Promise<RunRefusal | undefined> {
  if (!demandEntitlement || new Set(steps.map(({ modelId }) => modelId)).size <= 1) return undefined;
  try {
    await demandEntitlement(db, teamId, 'chainedModels');
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError) || error.details.reason !== 'NOT_ENTITLED') throw error;
    const [started] = await runsByKey(db, [{ teamId, keyDigest }]);
    return started ? undefined : { code: 'NOT_ENTITLED', field: 'plan', message: error.message };
  }
}

/** What remains to be found out are the prices. */
interface CheckedStart extends Omit<StartRun, keyof Priced> {
  readonly plan: { readonly quoteId: Uuid } | { readonly steps: readonly PlannedStep[] };
}

type Priced = Pick<StartRun, 'quoteId' | 'steps' | 'estimatedNano'>;

function checkedStart(form: StartForm, actor: ActorRef): CheckedStart {
  const { idempotencyKey } = form;
  const name = form.name?.trim() ?? null;
  checkText(idempotencyKey, 'idempotencyKey', FORM_LIMITS.keyLength);
  if (name !== null) checkText(name, 'name', RUN_LIMITS.nameLength);
  const memberId = optionalId('user', form.memberId, 'memberId');
  const apiKeyId = optionalId('apiKey', form.apiKeyId, 'apiKeyId');
  const tags = tagMap(form.tags);
  const start = {
    teamId: parseId('team', form.teamId, 'teamId'),
    name,
    plan: planOf(form.plan),
    hold: holdOf(form),
    ...(memberId ? { memberId } : {}),
    ...(apiKeyId ? { apiKeyId } : {}),
    ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
  };
  const keyDigest = digest16(idempotencyKey);
  return { what: 'START_RUN', ...start, keyDigest, requestDigest: digest16(requestText(start)), actor };
}

function planOf({ quoteId, ...plan }: StartForm['plan']): CheckedStart['plan'] {
  const id = optionalId('quote', quoteId, 'plan.quoteId');
  return id ? { quoteId: id } : { steps: plannedSteps(plan, 'plan') };
}

function holdOf({ hold, holdSeconds }: StartForm): StartRun['hold'] {
  if (!hold) {
    if (holdSeconds != null) throw new FormProblem('holdSeconds', 'says how long to hold: set "hold", too.');
    return null;
  }
  const { defaultLifeMs, shortestLifeMs, longestLifeMs } = HOLD_LIMITS;
  const lifeMs = holdSeconds == null ? defaultLifeMs : holdSeconds * 1000;
  if (lifeMs < shortestLifeMs || lifeMs > longestLifeMs) {
    const [least, most] = [shortestLifeMs, longestLifeMs].map((ms) => ms / 1000);
    throw new FormProblem('holdSeconds', `must be from ${least} to ${most}.`);
  }
  return { lifeMs };
}

/** What the caller supplied, as text that is the same for the same meaning. */
function requestText(start: Omit<CheckedStart, 'what' | 'keyDigest' | 'requestDigest' | 'actor'>): string {
  const { plan } = start;
  return [
    'run',
    start.teamId,
    JSON.stringify(start.name),
    'quoteId' in plan ? plan.quoteId : planText(plan.steps),
    start.hold?.lifeMs ?? '',
    start.memberId ?? '',
    start.apiKeyId ?? '',
    pairText(Object.entries(start.tags ?? {})),
  ].join('|');
}

/**
 * The steps to start with. A repeat of what was started is answered although its quote has expired, or a price has gone,
 * since: it is the key that decides, and the batch that judges it.
 */
async function pricedPlan(
  running: Running,
  { teamId, keyDigest }: Omit<CheckedStart, 'plan'>,
  plan: CheckedStart['plan'],
): Promise<Priced | RunRefusal> {
  const { db, catalog, clock } = running;
  const found =
    'quoteId' in plan
      ? await quotedPlan(running, teamId, plan.quoteId)
      : withoutQuote(pricePlan(plan.steps, await catalog.fresh(), clock.now()));
  if (!('code' in found)) return found;
  const [started] = await runsByKey(db, [{ teamId, keyDigest }]);
  if (!started) return found;
  const { quoteId, steps, estimatedNano } = started.value;
  return { quoteId, steps, estimatedNano };
}

function withoutQuote(
  plan: { steps: readonly RunStep[]; totalNano: NanoCredits } | ChargeRefusal,
): Priced | ChargeRefusal {
  return 'code' in plan ? plan : { quoteId: null, steps: plan.steps, estimatedNano: plan.totalNano };
}

async function quotedPlan({ db, clock }: Running, teamId: Uuid, quoteId: Uuid): Promise<Priced | RunRefusal> {
  const field = 'plan.quoteId';
  const [quote] = await quotesById(db, [quoteId]);
  if (quote?.teamId !== teamId)
    return { code: 'QUOTE_NOT_FOUND', field, message: 'The team has no such quote.' };
  if (quote.expiresAt <= clock.now()) {
    const message = `The quote expired at ${quote.expiresAt.toISOString()}: ask for a new one.`;
    return { code: 'QUOTE_EXPIRED', field, message };
  }
  return { quoteId, steps: quote.steps, estimatedNano: quote.totalNano };
}
