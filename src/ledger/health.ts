import type { Reader } from '../db/client.ts';
import { type AccountName, accountName, isAccount } from './account.ts';
import { type HealthCheck, LEDGER_CHECKS } from './health-checks.ts';

/** What came of one check. */
export interface CheckResult {
  readonly name: string;
  readonly promise: string;
  readonly ok: boolean;
  readonly violations: number;
  /** Up to five of them, for people. */
  readonly sample: readonly string[];
}

/** Everything that ever went into and out of an account, in all teams. */
export interface AccountTotal {
  readonly account: AccountName;
  readonly debitsNano: bigint;
  readonly creditsNano: bigint;
}

export interface LedgerHealth {
  readonly ok: boolean;
  readonly checkedAt: Date;
  readonly checks: readonly CheckResult[];
  readonly accounts: readonly AccountTotal[];
}

/**
 * Audits the books of all teams by a fixed number of statements. They read every entry: seconds for millions of them,
 * without keeping anybody from writing. `more`: the promises of the rooms above.
 */
export async function ledgerHealth(
  reader: Reader,
  now: Date,
  more: readonly HealthCheck[] = [],
): Promise<LedgerHealth> {
  const checks: CheckResult[] = [];
  for (const check of [...LEDGER_CHECKS, ...more]) checks.push(await run(reader, check));
  const accounts = await accountTotals(reader);
  return { ok: checks.every(({ ok }) => ok), checkedAt: now, checks, accounts };
}

async function run(reader: Reader, { name, promise, violations }: HealthCheck): Promise<CheckResult> {
  const [row] = await reader.sql<{ violations: number; sample: string[] }[]>`
    with violation as materialized (${violations(reader)})
    select (select count(*)::int from violation) as violations,
      (select coalesce(json_agg(concat('team ', team_id, ': ', detail)), '[]')
        from (select team_id, detail from violation order by team_id limit 5) first) as sample`;
  const count = row?.violations ?? 0;
  return { name, promise, ok: count === 0, violations: count, sample: row?.sample ?? [] };
}

async function accountTotals(reader: Reader): Promise<AccountTotal[]> {
  const rows = await reader.sql<{ account: number; debits: string; credits: string }[]>`
    select account, sum(debit)::text as debits, sum(credit)::text as credits
    from (
      select debit_account as account, sum(amount_nano) as debit, 0 as credit from entries group by debit_account
      union all
      select credit_account, 0, sum(amount_nano) from entries group by credit_account
    ) side
    group by account order by account`;
  // What is booked on an account that does not exist is a violation, and no total.
  const known = rows.filter(({ account }) => isAccount(account));
  return known.map(({ account, debits, credits }) => ({
    account: accountName(account),
    debitsNano: BigInt(debits),
    creditsNano: BigInt(credits),
  }));
}
