import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HttpClient } from '../client/http-client.ts';
import { expectedPriceNano } from './expected-price.ts';
import { planGrants } from './grant-plan.ts';
import { type PriceFields, readPriceList } from './listed-prices.ts';
import type { ReplayOptions } from './options.ts';
import { type PlannedRequest, planRequests } from './plan.ts';
import { createTeams, issueGrants, pricedSince, type SetupOptions } from './setup.ts';
import { occurredAt, type Timing } from './timing.ts';
import { parseTrace } from './trace.ts';

/** What is to be sent, and the files that say so. */
export interface Plan {
  readonly traceText: string;
  readonly pricesText: string;
  readonly prices: ReadonlyMap<string, PriceFields>;
  readonly requests: readonly PlannedRequest[];
  /** Of the whole trace, also when only a part of it is sent. */
  readonly durationMs: number;
  /** The name of the run and of everything that decides what it sends: by it a repeated run knows its own. */
  readonly run: string;
}

/** Reads the trace and the price list and decides what will be sent. @throws Error that names the file and the line. */
export function makePlan(options: ReplayOptions): Plan {
  const { seed, teams, models, limit, speed } = options;
  const traceText = readFileSync(options.trace, 'utf8');
  const pricesText = readFileSync(options.prices, 'utf8');
  const trace = about(options.trace, () => parseTrace(traceText));
  const prices = about(options.prices, () => readPriceList(pricesText));
  const planned = about(options.prices, () => planRequests(trace, prices, { models, teams, seed }));
  const choices = JSON.stringify([traceText, pricesText, models, teams, seed, speed]);
  return {
    traceText,
    pricesText,
    prices,
    requests: planned.slice(0, limit),
    durationMs: trace.durationMs,
    run: `${options.run}-${hash('sha256', choices, 'hex').slice(0, 8)}`,
  };
}

/** Teams with grants, and when their requests happen. */
export interface Stage {
  readonly teamIds: readonly string[];
  readonly timing: Timing;
}

export interface StageClients {
  /** With a platform's key: creates teams. */
  readonly platform: HttpClient;
  /** With an operator's key: issues grants. */
  readonly operator: HttpClient;
}

/**
 * Creates the teams of a run and gives them their grants; what an earlier run of the same name made is used as it is.
 * `onTeams` is told of the teams before they get anything.
 * @throws Error when the server's prices do not hold yet when the first request is said to have happened.
 */
export async function prepare(
  plan: Plan,
  options: ReplayOptions,
  clients: StageClients,
  onTeams: (teamIds: readonly string[]) => void,
): Promise<Stage> {
  const { concurrency, speed } = options;
  const setup: SetupOptions = { client: clients.platform, run: plan.run, concurrency };
  const prices = await pricedSince(setup, options.models);
  const teams = await createTeams(setup, options.teams);
  const teamIds = teams.map(({ id }) => id);
  const timing = { speed, durationMs: plan.durationMs, anchorMs: teams[0]?.createdAtMs ?? 0 };
  checkPrices(plan, prices, timing);
  onTeams(teamIds);
  const orders = planGrantsOf(plan, options).flatMap((grants, team) =>
    grants.map((grant) => ({ teamId: teamIds[team] ?? '', grant })),
  );
  const expectedMs = expectedDurationMs(plan, speed);
  await issueGrants(orders, { ...setup, client: clients.operator, expectedMs });
  return { teamIds, timing };
}

/** What each team is given, by what its requests will cost. */
function planGrantsOf({ requests, prices }: Plan, { teams, models, seed }: ReplayOptions) {
  const costs = new Array<bigint>(teams).fill(0n);
  for (const request of requests) {
    const fields = prices.get(request.model) ?? new Map();
    costs[request.team] = (costs[request.team] ?? 0n) + expectedPriceNano(fields, request);
  }
  const product = prices.get(models[0] ?? '')?.get('mode') ?? '';
  return costs.map((costNano, team) => planGrants({ team, costNano, models, product, seed }));
}

/** A guess, so that some grants begin and end while requests are sent. */
const REQUESTS_PER_MS = 2.5;

function expectedDurationMs({ requests }: Plan, speed: number): number {
  return speed === 0 ? requests.length / REQUESTS_PER_MS : (requests.at(-1)?.offsetMs ?? 0) / speed;
}

function checkPrices({ requests }: Plan, pricedSince: ReadonlyMap<string, Date>, timing: Timing): void {
  const first = occurredAt(timing, requests[0]?.offsetMs ?? 0);
  for (const [key, since] of pricedSince) {
    if (since <= first) continue;
    throw new Error(
      `The price of ${key} on the server holds since ${since.toISOString()}, and the first request happens at ` +
        `${first.toISOString()}: it would be charged by an older price. Replay later, or with a --speed above 0.`,
    );
  }
}

function about<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
