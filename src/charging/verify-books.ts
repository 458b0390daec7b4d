import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';
import type { Checkpoint, CheckpointKey } from '../ledger/checkpoint.ts';
import { type Problem, type TeamVerification, type VerifyOptions, verifyTeam } from '../ledger/verify.ts';
import {
  brokenCharges,
  brokenHolds,
  brokenReversals,
  brokenRuns,
  miscounted,
  unbalancedHolds,
} from './charge-checks.ts';

/**
 * Proves the books of a team: its stream from the first entry on, and that its charges and reversals are what their
 * entries make.
 * @throws DomainError NOT_FOUND
 */
export async function verifyBooks(
  reader: Reader,
  teamId: Uuid,
  options: VerifyOptions,
): Promise<TeamVerification> {
  const verification = await verifyTeam(reader, teamId, options);
  const problems = [...verification.problems, ...(await chargeProblems(reader, teamId))];
  return { ...verification, problems, ok: problems.length === 0 };
}

/** What is the team's alone. */
const CHECKS = [brokenCharges, brokenReversals, miscounted, brokenHolds, unbalancedHolds, brokenRuns];

async function chargeProblems(reader: Reader, teamId: Uuid): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const broken of CHECKS) {
    const rows = await reader.sql<{ seq: bigint | null; detail: string }[]>`
      select seq, detail from (${broken(reader, teamId)}) broken order by seq limit 5`;
    problems.push(
      ...rows.map(({ seq, detail }): Problem => ({ seq, fault: 'CHARGE_MISMATCH', message: detail })),
    );
  }
  return problems;
}

export interface VerifyAllOptions {
  readonly key: CheckpointKey;
  /** Checkpoints kept outside of the database, by team. */
  readonly exported?: ReadonlyMap<Uuid, readonly Checkpoint[]> | undefined;
}

const PAGE = 200;
/** While the database reads for one team, another is recomputed. */
const AT_ONCE = 4;

/** Proves the books of every team, in the order of ids; a team of which only a checkpoint is left is a problem, too. */
export async function* verifyAllBooks(
  reader: Reader,
  { key, exported = new Map() }: VerifyAllOptions,
): AsyncGenerator<TeamVerification> {
  const lost = new Map(exported);
  for (let after: Uuid | null = null; ; ) {
    const teams: { team_id: Uuid }[] = await reader.sql<{ team_id: Uuid }[]>`
      select team_id from wallets where ${after}::uuid is null or team_id > ${after}::uuid
      order by team_id limit ${PAGE}`;
    for (let i = 0; i < teams.length; i += AT_ONCE) {
      const some = teams.slice(i, i + AT_ONCE).map(({ team_id }) => team_id);
      for (const teamId of some) lost.delete(teamId);
      yield* await Promise.all(
        some.map((teamId) => verifyBooks(reader, teamId, { key, exported: exported.get(teamId) })),
      );
    }
    after = teams.at(-1)?.team_id ?? null;
    if (teams.length < PAGE) break;
  }
  for (const [teamId, checkpoints] of lost) yield lostTeam(teamId, checkpoints);
}

function lostTeam(teamId: Uuid, checkpoints: readonly Checkpoint[]): TeamVerification {
  const [first] = checkpoints;
  assert(first, 'a file names a team by a checkpoint');
  const message = `the team is gone, but its entry ${first.seq} was signed on ${first.at.toISOString()}`;
  const problem: Problem = { seq: first.seq, fault: 'CHECKPOINT_MISMATCH', message };
  return {
    teamId,
    ok: false,
    entries: 0n,
    checkpoints: checkpoints.length,
    headHash: '',
    problems: [problem],
  };
}
