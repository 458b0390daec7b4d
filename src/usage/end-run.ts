import type { ActorRef } from '../actor.ts';
import type { Batcher } from '../charging/batcher.ts';
import { checkForm, checkText } from '../charging/request-form.ts';
import type { EndRun, RunResult } from '../charging/run.ts';
import { assert } from '../domain-error.ts';
import { parseId } from '../id.ts';
import { RUN_LIMITS } from './start-run.ts';

/** A run to be ended, as a caller names it. With a reason it is cancelled. */
export interface EndForm {
  readonly teamId: string;
  readonly runId: string;
  readonly reason?: string;
}

/**
 * Finishes a run, or cancels it when there is a reason: what it still holds returns, what was charged stays charged.
 * A run that has ended stays as it is.
 * @throws DomainError as `Batcher.runs` does.
 */
export async function endRun(batcher: Batcher, form: EndForm, actor: ActorRef): Promise<RunResult> {
  const end = checkForm(() => checkedEnd(form, actor));
  if ('code' in end) return { ok: false, refusal: end };
  const [result] = await batcher.runs([end]);
  assert(result, 'each request has a result');
  return result;
}

function checkedEnd({ teamId, runId, reason }: EndForm, actor: ActorRef): EndRun {
  const ids = { teamId: parseId('team', teamId, 'teamId'), runId: parseId('run', runId, 'runId') };
  if (reason === undefined) return { what: 'END_RUN', ...ids, status: 'FINISHED', reason: null, actor };
  const why = reason.trim();
  checkText(why, 'reason', RUN_LIMITS.reasonLength);
  return { what: 'END_RUN', ...ids, status: 'CANCELED', reason: why, actor };
}
