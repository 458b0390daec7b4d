import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { type ConnectionArgs, type Page, pageOf, pageWindow } from '../graphql/connection.ts';
import { keyset } from '../graphql/cursor.ts';
import type { Uuid } from '../id.ts';
import { readBook } from '../ledger/balance.ts';
import {
  type AutoRecharge,
  type AutoRechargeStatus,
  type RechargeAttempt,
  statusOf,
} from './auto-recharge.ts';
import { autoRechargeOf } from './auto-recharge-rows.ts';
import { type AttemptRow, attemptColumns, attemptFromRow } from './recharge-attempt-rows.ts';
import { judgeRecharge, type RechargeFacts, type RechargeVerdict } from './recharge-decision.ts';
import { rechargeFacts } from './recharge-facts.ts';

/** Auto-recharge of a team as it stands: what would be decided now, though nothing is. */
export interface AutoRechargeStanding {
  readonly settings: AutoRecharge;
  readonly status: AutoRechargeStatus;
  readonly facts: RechargeFacts;
  readonly verdict: RechargeVerdict;
}

/** How auto-recharge of a team stands; undefined when it was never set up. Nothing is locked or written. */
export async function autoRechargeStanding(
  reader: Reader,
  teamId: Uuid,
  now: Date,
): Promise<AutoRechargeStanding | undefined> {
  const settings = await autoRechargeOf(reader, teamId);
  if (!settings) return undefined;
  const book = await readBook(reader, teamId, now);
  assert(book, 'every team has a wallet');
  const { facts, inFlight } = await rechargeFacts(reader, settings, book, now);
  const verdict = judgeRecharge(facts, now);
  return { settings, facts, verdict, status: statusOf(settings, inFlight, verdict.obstacles) };
}

/** A page of the attempts of a team, the newest first. @throws DomainError as `pageWindow` */
export async function attemptPage(
  reader: Reader,
  teamId: Uuid,
  args: ConnectionArgs,
): Promise<Page<RechargeAttempt>> {
  const { sql } = reader;
  const order = keyset('team.autoRecharge.attempts', 'uuid');
  const window = pageWindow(args, order);
  const forward = window.direction === 'FORWARD';
  const from = window.from?.[0];
  const beyond = from === undefined ? sql`` : forward ? sql`and a.id < ${from}` : sql`and a.id > ${from}`;
  const rows = await sql<AttemptRow[]>`
    select ${attemptColumns(reader)} from recharge_attempts a where a.team_id = ${teamId} ${beyond}
    order by a.id ${forward ? sql`desc` : sql``} limit ${window.limit}`;
  return pageOf(rows.map(attemptFromRow), window, order, ({ id }) => [id]);
}
