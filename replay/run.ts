import { createHttpClient } from '../client/http-client.ts';
import { type Answer, type Sent, sendRequests } from './gateway.ts';
import type { ReplayOptions } from './options.ts';
import { type Plan, prepare } from './prepare.ts';
import type { Product } from './product.ts';
import { type Proof, prove } from './prove.ts';
import { patient } from './retry.ts';
import { Watch, type Watched } from './watch.ts';

/** What came of a run. */
export interface RunResult {
  readonly teamIds: readonly string[];
  readonly answers: readonly Answer[];
  readonly sent: Sent;
  readonly watched: readonly Watched[];
  readonly proof: Proof;
}

/** Told of what goes on; `signal` ends it. */
export interface RunObserver {
  readonly signal?: AbortSignal | undefined;
  readonly onReady?: (seconds: number) => void;
  readonly onAnswers?: (answers: readonly Answer[]) => void;
  readonly onSent?: (answers: readonly Answer[], sent: Sent) => void;
}

const WATCHED_TEAMS = 5;
const CATCH_UP_MS = 15_000;

/**
 * Prepares teams on a server, sends the requests while some teams are watched, and proves what was charged.
 * @throws the error of a call that could not be answered.
 */
export async function runReplay(
  plan: Plan,
  options: ReplayOptions,
  product: Product,
  { onReady, onAnswers, onSent, signal }: RunObserver = {},
): Promise<RunResult> {
  const { url, platformKey, operatorKey } = product;
  const platform = createHttpClient({ url, credential: platformKey });
  const patience = { giveUpAfterMs: options.patienceMs, signal };
  const patientPlatform = patient(platform, patience);
  const operator = patient(createHttpClient({ url, credential: operatorKey }), patience);
  const startedMs = performance.now();
  let watch: Watch | undefined;
  try {
    const { teamIds, timing } = await prepare(
      plan,
      options,
      { platform: patientPlatform, operator },
      (ids) => {
        watch = new Watch({ url, credential: platformKey, teamIds: ids.slice(0, WATCHED_TEAMS) });
      },
    );
    onReady?.((performance.now() - startedMs) / 1000);
    const answers: Answer[] = [];
    const sent = await sendRequests(plan.requests, {
      client: platform,
      run: plan.run,
      teamIds,
      timing,
      batch: options.batch,
      concurrency: options.concurrency,
      patienceMs: options.patienceMs,
      signal,
      onAnswer: (some) => {
        answers.push(...some);
        onAnswers?.(some);
      },
    });
    onSent?.(answers, sent);
    const proof = await prove(operator, plan, teamIds, answers, options.concurrency);
    const seqs = new Map(proof.input.teams.map(({ id, balance }) => [id, BigInt(balance.seq)]));
    const watched = (await watch?.finish((id) => seqs.get(id) ?? 0n, CATCH_UP_MS)) ?? [];
    return { teamIds, answers, sent, watched, proof };
  } finally {
    await watch?.stop();
  }
}
