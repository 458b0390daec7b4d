import { setTimeout as delay } from 'node:timers/promises';
import {
  RecordUsageDocument,
  type RecordUsageMutation,
  type UsageItemInput,
} from '../client/generated/graphql.ts';
import type { HttpClient } from '../client/http-client.ts';
import type { PlannedRequest } from './plan.ts';
import { LINE_TAG } from './recompute.ts';
import { withRetries } from './retry.ts';
import { dueAfterMs, occurredAt, type Timing } from './timing.ts';

export interface GatewayOptions {
  readonly client: HttpClient;
  /** Tells this run's requests from those of every other. */
  readonly run: string;
  readonly teamIds: readonly string[];
  readonly timing: Timing;
  /** The most items of one call, and the most calls at a time. */
  readonly batch: number;
  readonly concurrency: number;
  /** How long one call may be tried again. */
  readonly patienceMs: number;
  readonly onAnswer: (answers: readonly Answer[]) => void;
  readonly signal?: AbortSignal | undefined;
}

export type UsageResult = RecordUsageMutation['recordUsage']['results'][number];

/** What became of one request. */
export interface Answer {
  readonly request: PlannedRequest;
  readonly result: UsageResult;
}

/** How it went. */
export interface Sent {
  /** Of calls that were answered, sorted; without the attempts before that. */
  readonly latenciesMs: readonly number[];
  readonly retries: number;
  readonly elapsedMs: number;
}

/**
 * Reports requests as a gateway does: concurrent callers, each with up to a batch of what is due, every item with a key
 * of its own by which a repeat is charged once. Calls that got no definite answer are repeated as they were.
 * @throws the error of a call that could not be answered in time; what was answered has been told.
 */
export async function sendRequests(
  requests: readonly PlannedRequest[],
  options: GatewayOptions,
): Promise<Sent> {
  const gateway = new Gateway(requests, options);
  const startedMs = performance.now();
  const callers = Array.from({ length: options.concurrency }, () => gateway.work());
  const failures = (await Promise.allSettled(callers)).filter(({ status }) => status === 'rejected');
  if (failures.length > 0) await Promise.all(callers);
  const { latenciesMs, retries } = gateway;
  return {
    latenciesMs: latenciesMs.sort((a, b) => a - b),
    retries,
    elapsedMs: performance.now() - startedMs,
  };
}

class Gateway {
  readonly latenciesMs: number[] = [];
  retries = 0;
  private next = 0;
  private failed = false;
  private readonly startedMs = performance.now();

  constructor(
    private readonly requests: readonly PlannedRequest[],
    private readonly options: GatewayOptions,
  ) {}

  /** One caller: takes what is due, reports it, and takes more, until nothing is left. */
  async work(): Promise<void> {
    try {
      for (let batch = await this.take(); batch.length > 0; batch = await this.take()) {
        await this.report(batch);
      }
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }

  private async take(): Promise<readonly PlannedRequest[]> {
    const { timing, batch, signal } = this.options;
    for (;;) {
      const request = this.requests[this.next];
      if (!request || this.failed) return [];
      const waitMs = this.startedMs + dueAfterMs(timing, request.offsetMs) - performance.now();
      if (waitMs <= 0) break;
      await delay(waitMs, undefined, { signal });
    }
    const elapsedMs = performance.now() - this.startedMs;
    const first = this.next;
    while (this.next < first + batch && this.isDue(elapsedMs)) this.next += 1;
    return this.requests.slice(first, this.next);
  }

  private isDue(elapsedMs: number): boolean {
    const request = this.requests[this.next];
    return request !== undefined && dueAfterMs(this.options.timing, request.offsetMs) <= elapsedMs;
  }

  private async report(batch: readonly PlannedRequest[]): Promise<void> {
    const { client, patienceMs, signal, onAnswer } = this.options;
    const items = batch.map((request) => this.itemOf(request));
    const { recordUsage } = await withRetries(
      () => this.timed(() => client.send(RecordUsageDocument, { input: { items } })),
      {
        giveUpAfterMs: patienceMs,
        signal,
        onRetry: () => {
          this.retries += 1;
        },
      },
    );
    const { results } = recordUsage;
    onAnswer(batch.flatMap((request, i) => (results[i] ? [{ request, result: results[i] }] : [])));
  }

  private async timed<T>(call: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const answer = await call();
    this.latenciesMs.push(performance.now() - startedMs);
    return answer;
  }

  private itemOf({ line, team, model, quantities, params, offsetMs }: PlannedRequest): UsageItemInput {
    const { run, teamIds, timing } = this.options;
    return {
      idempotencyKey: `${run}:${line}`,
      teamId: teamIds[team] ?? '',
      model,
      quantities: [...quantities].map(([meter, quantity]) => ({ meter, quantity: String(quantity) })),
      params: [...params].map(([name, value]) => ({ name, value })),
      tags: [{ name: LINE_TAG, value: String(line) }],
      occurredAt: occurredAt(timing, offsetMs).toISOString(),
    };
  }
}
