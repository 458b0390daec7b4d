import {
  LedgerHealthDocument,
  TeamBalanceDocument,
  TeamChargesDocument,
  TeamEntriesDocument,
  TeamGrantsDocument,
  VerifyLedgerDocument,
} from '../client/generated/graphql.ts';
import type { HttpClient } from '../client/http-client.ts';
import { forEachOf } from './many.ts';
import { readAll } from './pages.ts';
import type { ReportedBalance, ReportedTeam } from './reported.ts';

/** Everything that the API says of a team, at one moment: when something is posted meanwhile, all is read again. */
export async function readTeam(client: HttpClient, teamId: string): Promise<ReportedTeam> {
  for (;;) {
    const balance = await readBalance(client, teamId);
    const [grants, entries, charges] = await Promise.all([
      readAll(async (after) => (await client.send(TeamGrantsDocument, { teamId, after })).team.grants),
      readAll(
        async (after) => (await client.send(TeamEntriesDocument, { teamId, after })).team.ledgerEntries,
      ),
      readAll(async (after) => (await client.send(TeamChargesDocument, { teamId, after })).team.charges),
    ]);
    const { seq, available } = await readBalance(client, teamId);
    if (seq === balance.seq && available === balance.available) {
      return { id: teamId, grants, entries, charges, balance };
    }
  }
}

async function readBalance(client: HttpClient, teamId: string): Promise<ReportedBalance> {
  const { team } = await client.send(TeamBalanceDocument, { teamId });
  const { byKind, ...balance } = team.balance;
  return { ...balance, prepaid: byKind.prepaid };
}

/** What the server found when it verified books itself. */
export interface Verified {
  readonly teams: number;
  readonly entries: bigint;
  readonly checks: number;
  /** The first thing that does not fit. */
  readonly problem: string | undefined;
}

/** Has the server recompute the books of these teams, and audit those of all. Needs an operator's key. */
export async function verifyOnServer(
  client: HttpClient,
  teamIds: readonly string[],
  concurrency: number,
): Promise<Verified> {
  const proofs = await forEachOf(teamIds, concurrency, async (teamId) => {
    const { verifyLedger } = await client.send(VerifyLedgerDocument, { teamId });
    return { teamId, ...verifyLedger };
  });
  const { ledgerHealth } = await client.send(LedgerHealthDocument, {});
  const faults = proofs.flatMap(({ teamId, problems }) =>
    problems.map(({ fault, message }) => `${teamId}: ${fault}: ${message}`),
  );
  const broken = ledgerHealth.checks
    .filter(({ ok }) => !ok)
    .map(({ name, violations, sample }) => `${name}: ${violations} violations, such as ${sample[0]}`);
  return {
    teams: proofs.length,
    entries: proofs.reduce((all, { entries }) => all + BigInt(entries), 0n),
    checks: ledgerHealth.checks.length,
    problem: [...faults, ...broken][0],
  };
}
