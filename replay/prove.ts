import type { HttpClient } from '../client/http-client.ts';
import type { Answer } from './gateway.ts';
import { forEachOf } from './many.ts';
import type { Plan } from './prepare.ts';
import { readTeam, type Verified, verifyOnServer } from './read-back.ts';
import { type Recomputed, type RecomputeInput, recompute } from './recompute.ts';
import type { ReportedRefusal } from './reported.ts';

/** What was proved, by the server itself and by a recomputation. */
export interface Proof {
  readonly verified: Verified;
  readonly recomputed: Recomputed;
  /** What the recomputation was made from. */
  readonly input: RecomputeInput;
}

/** Reads back what the API says of the teams of a run, with an operator's key, and proves it. */
export async function prove(
  client: HttpClient,
  plan: Plan,
  teamIds: readonly string[],
  answers: readonly Answer[],
  concurrency: number,
): Promise<Proof> {
  const teams = await forEachOf(teamIds, concurrency, (teamId) => readTeam(client, teamId));
  const input: RecomputeInput = {
    traceText: plan.traceText,
    pricesText: plan.pricesText,
    requests: plan.requests,
    teams,
    chargeByLine: new Map(
      answers.flatMap(({ request, result }) =>
        result.charge ? [[request.line, result.charge.id] as const] : [],
      ),
    ),
    refusals: answers.flatMap(refusalOf),
  };
  const verified = await verifyOnServer(client, teamIds, concurrency);
  return { verified, recomputed: recompute(input), input };
}

function refusalOf({ request, result }: Answer): ReportedRefusal[] {
  const { error, balance } = result;
  if (!error || !balance || !('shortBy' in error)) return [];
  const { shortBy, available } = error;
  return [{ line: request.line, seq: balance.seq, at: balance.asOf, shortBy, available }];
}
