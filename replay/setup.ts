import {
  CreateTeamDocument,
  IssueGrantDocument,
  type IssueGrantInput,
  ModelPriceDocument,
} from '../client/generated/graphql.ts';
import type { HttpClient } from '../client/http-client.ts';
import { creditsOf } from './fraction.ts';
import type { PlannedGrant } from './grant-plan.ts';
import { forEachOf } from './many.ts';

/** A team of the run. */
export interface Team {
  readonly id: string;
  readonly createdAtMs: number;
}

export interface SetupOptions {
  readonly client: HttpClient;
  readonly run: string;
  readonly concurrency: number;
}

/** Since when the server's price of each model holds. @throws ApiError for a model that it does not have. */
export async function pricedSince(
  { client, concurrency }: SetupOptions,
  keys: readonly string[],
): Promise<Map<string, Date>> {
  const found = await forEachOf([...new Set(keys)], concurrency, async (key) => {
    const { model } = await client.send(ModelPriceDocument, { key });
    return [key, new Date(model.currentPrice.effectiveAt)] as const;
  });
  return new Map(found);
}

/** Creates the teams of a run, or finds those that an earlier run of the same name created. */
export function createTeams(options: SetupOptions, count: number): Promise<Team[]> {
  const { run, client } = options;
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  return forEachOf(numbers, options.concurrency, async (number) => {
    const input = {
      name: `Replay ${run.slice(0, 80)} ${number}`,
      ownerSubject: `replay-${run}-${number}`,
      idempotencyKey: `replay-${run}-${number}`,
    };
    const { createTeam } = await client.send(CreateTeamDocument, { input });
    const { team, userErrors } = createTeam;
    if (!team) throw new Error(`Team ${number} was refused: ${messages(userErrors)}`);
    return { id: team.id, createdAtMs: Date.parse(team.createdAt) };
  });
}

/** A grant that is still to be issued. */
export interface GrantOrder {
  readonly teamId: string;
  readonly grant: PlannedGrant;
}

export interface GrantOptions extends SetupOptions {
  /** How long the run is expected to take. */
  readonly expectedMs: number;
}

const DAY_MS = 86_400_000;
/** The life of a grant that expires at the very start of the run. */
const LEAST_LIFE_MS = 250;

/**
 * Issues grants. Those that begin or end during the run come last, for their times count from then. What an earlier run
 * of the same name issued is left as it is.
 */
export async function issueGrants(orders: readonly GrantOrder[], options: GrantOptions): Promise<void> {
  const isTimed = ({ grant }: GrantOrder) => grant.expires !== undefined || grant.takesEffect !== undefined;
  const lasting = orders.filter((order) => !isTimed(order));
  await forEachOf(lasting, options.concurrency, (order) => issue(order, options));
  await forEachOf(orders.filter(isTimed), options.concurrency, (order) => issue(order, options));
}

async function issue({ teamId, grant }: GrantOrder, options: GrantOptions): Promise<void> {
  for (let leastLifeMs = LEAST_LIFE_MS; ; leastLifeMs *= 2) {
    const input = { teamId, ...inputOf(grant, options, leastLifeMs) };
    const { issueGrant } = await options.client.send(IssueGrantDocument, { input });
    const { userErrors } = issueGrant;
    const isThere = userErrors.some(({ code }) => code === 'IDEMPOTENCY_CONFLICT');
    if (issueGrant.grant || isThere) return;
    // It took so long to get there that the grant would have expired before: nothing is written, and the key is free.
    if (grant.expires === undefined || leastLifeMs > DAY_MS) {
      throw new Error(`The grant "${grant.name}" was refused: ${messages(userErrors)}`);
    }
  }
}

function inputOf(
  grant: PlannedGrant,
  { run, expectedMs }: GrantOptions,
  leastLifeMs: number,
): Omit<IssueGrantInput, 'teamId'> {
  const { name, kind, source, amountNano, priority, scope, expiresAfterDays, expires, takesEffect } = grant;
  const inTheRun = (part: number) => new Date(Date.now() + leastLifeMs + part * expectedMs).toISOString();
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
  return {
    kind,
    source,
    amount: creditsOf(amountNano),
    reason: `Replay ${run}`,
    idempotencyKey: `replay-${run}-${name}`,
    ...(priority === undefined ? {} : { priority }),
    ...(scope === undefined ? {} : { scope }),
    ...(expiresAfterDays === undefined ? {} : { expiresAt: inDays(expiresAfterDays) }),
    ...(expires === undefined ? {} : { expiresAt: inTheRun(expires) }),
    ...(takesEffect === undefined ? {} : { effectiveAt: inTheRun(takesEffect) }),
  };
}

function messages(errors: readonly { readonly message: string }[]): string {
  return errors.map(({ message }) => message).join(' ');
}
