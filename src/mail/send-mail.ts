import { type Clock, systemMillis } from '../clock.ts';
import type { Db } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { JobHandler } from '../jobs/job-queue.ts';
import type { LoopLog } from '../loop.ts';
import { type Mail, type MailAttachment, type MailRow, mailColumns, mailFromRow } from './mail.ts';
import { type AttachedFile, MailRefused, type MailTransport } from './smtp.ts';

export interface MailDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: LoopLog;
  /** Undefined without SMTP settings. */
  readonly transport: MailTransport | undefined;
  readonly isSandbox: boolean;
  /** Makes what is attached; undefined: it is no more. */
  readonly attach: (teamId: Uuid, attachment: MailAttachment) => Promise<AttachedFile | undefined>;
}

const LEASE_MS = 110_000;
const MOST_ATTEMPTS = 100;

/**
 * The handler of job 'mail': sends a mail that waits. At least once: a process that dies after the mail server took it
 * has it sent again, with the same Message-ID. Without SMTP settings it is kept in sandbox mode, and waits otherwise.
 */
export function mailHandler(deps: MailDeps): JobHandler {
  let warned = false;
  return async ({ teamId, mailId }) => {
    if (!teamId || !mailId) throw new Error('a mail job names the team and the mail');
    if (deps.transport) return sendOne(deps, deps.transport, teamId, mailId);
    if (deps.isSandbox) return keep(deps, teamId, mailId);
    if (!warned) deps.log.warn({}, 'mail waits: there is no SMTP_URL');
    warned = true;
  };
}

async function sendOne(deps: MailDeps, transport: MailTransport, teamId: Uuid, mailId: Uuid): Promise<void> {
  const mail = await lease(deps, teamId, mailId);
  if (!mail) return;
  try {
    const made = await Promise.all(mail.attachments.map((one) => deps.attach(teamId, one)));
    await transport.send(
      mail,
      made.filter((file) => file !== undefined),
    );
  } catch (error) {
    await fail(deps, mail, error);
    return;
  }
  await deps.db.sql`
    update mails set status = 'SENT', error = null, leased_until = null,
      sent_at = ${deps.clock.now().toISOString()}::timestamptz
    where team_id = ${teamId} and id = ${mailId} and status = 'WAITING'`;
}

/**
 * Takes a mail that waits for this process alone. Undefined: it does not wait any more.
 * @throws Error while another has it: the job comes back, in case that one dies.
 */
async function lease({ db }: MailDeps, teamId: Uuid, mailId: Uuid): Promise<Mail | undefined> {
  const nowMs = systemMillis();
  const rows = await db.sql<MailRow[]>`
    update mails m set attempts = m.attempts + 1,
      leased_until = ${new Date(nowMs + LEASE_MS).toISOString()}::timestamptz
    where m.team_id = ${teamId} and m.id = ${mailId} and m.status = 'WAITING'
      and (m.leased_until is null or m.leased_until <= ${new Date(nowMs).toISOString()}::timestamptz)
    returning ${mailColumns(db)}`;
  if (rows[0]) return mailFromRow(rows[0]);
  const [busy] = await db.sql`
    select 1 from mails where team_id = ${teamId} and id = ${mailId} and status = 'WAITING'`;
  if (busy) throw new Error('the mail is being sent by another process');
  return undefined;
}

async function fail({ db, log }: MailDeps, mail: Mail, error: unknown): Promise<void> {
  const isFinal = error instanceof MailRefused || mail.attempts >= MOST_ATTEMPTS;
  await db.sql`
    update mails set status = ${isFinal ? 'FAILED' : 'WAITING'}, error = ${String(error).slice(0, 500)},
      leased_until = null
    where team_id = ${mail.teamId} and id = ${mail.id} and status = 'WAITING'`;
  if (!isFinal) throw error;
  log.warn({ err: error, mailId: mail.id }, 'a mail cannot be sent');
}

async function keep({ db }: MailDeps, teamId: Uuid, mailId: Uuid): Promise<void> {
  await db.sql`
    update mails set status = 'KEPT' where team_id = ${teamId} and id = ${mailId} and status = 'WAITING'`;
}
