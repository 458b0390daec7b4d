import { textArrayOf } from '../db/arrays.ts';
import type { Reader, Tx } from '../db/client.ts';
import { badInput } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { MailAttachment } from './mail.ts';
import { htmlOf, isAddress, storableText, subjectLine } from './mail-text.ts';

/** A mail that somebody is to be sent. */
export interface NewMail {
  /** The team it is about. */
  readonly teamId: Uuid;
  /** ADMINS: the owners and admins of the team whose e-mail address is known. */
  readonly to: 'ADMINS' | readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Default: made of the text. Whoever gives one has escaped what people wrote. */
  readonly html?: string;
  /** The same for what a team must not be told twice, for ever: a second mail with it is not written. */
  readonly dedupeKey?: string;
  readonly attachments?: readonly MailAttachment[];
}

export interface OutboxDeps {
  readonly jobs: Pick<JobQueue, 'enqueue'>;
  /** Business time. */
  readonly now: Date;
}

/**
 * Writes a mail in the transaction of its cause: it is sent if, and only if, that commits. Without anybody to send it to,
 * nothing is written, and its `dedupeKey` stays free.
 * @throws DomainError BAD_USER_INPUT for a recipient that is no address.
 */
export async function writeMail(tx: Tx, mail: NewMail, { jobs, now }: OutboxDeps): Promise<void> {
  const to = mail.to === 'ADMINS' ? await adminAddresses(tx, mail.teamId) : checked(mail.to);
  if (to.length === 0) return;
  const id = newUuid();
  const text = storableText(mail.text);
  const written = await tx.sql`
    insert into mails (team_id, id, dedupe_key, "to", subject, text, html, attachments, status, created_at)
    values (${mail.teamId}, ${id}, ${mail.dedupeKey ?? null}, ${textArrayOf(to)}::text[], ${subjectLine(mail.subject)},
      ${text}, ${storableText(mail.html ?? htmlOf(text))}, ${JSON.stringify(mail.attachments ?? [])}::jsonb, 'WAITING',
      ${now.toISOString()}::timestamptz)
    on conflict do nothing returning 1`;
  if (written.length > 0) await jobs.enqueue(tx, 'mail', { teamId: mail.teamId, mailId: id });
}

/** What the identity provider says is an address is not always one. */
async function adminAddresses({ sql }: Reader, teamId: Uuid): Promise<string[]> {
  const rows = await sql<{ email: string }[]>`
    select u.email from memberships m join users u on u.id = m.user_id
    where m.team_id = ${teamId} and m.role in ('OWNER', 'ADMIN') and u.email is not null
    order by u.email`;
  return [...new Set(rows.map(({ email }) => email.trim()).filter(isAddress))];
}

function checked(addresses: readonly string[]): readonly string[] {
  const wrong = addresses.findIndex((address) => !isAddress(address));
  if (wrong >= 0) throw badInput(`to.${wrong}`, 'must be one e-mail address.');
  return addresses;
}
