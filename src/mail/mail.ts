import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { Uuid } from '../id.ts';

/** WAITING: to be sent. SENT. KEPT: sandbox mode without SMTP settings. FAILED: given up. */
export type MailStatus = 'WAITING' | 'SENT' | 'KEPT' | 'FAILED';

/** What is made and attached when a mail is sent: the receipt of a payment of its team. */
export interface MailAttachment {
  readonly kind: 'RECEIPT';
  readonly paymentId: Uuid;
}

/** A mail as it is stored. */
export interface Mail {
  readonly teamId: Uuid;
  readonly id: Uuid;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly MailAttachment[];
  readonly status: MailStatus;
  readonly attempts: number;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

/** A mail as `mailColumns` selects it. */
export interface MailRow {
  team_id: Uuid;
  id: Uuid;
  to: string[] | string;
  subject: string;
  text: string;
  html: string;
  attachments: unknown;
  status: MailStatus;
  attempts: number;
  error: string | null;
  created_at: Date;
  sent_at: Date | null;
}

/** The columns of `MailRow` from `mails m`. */
export function mailColumns({ sql }: Reader) {
  return sql`m.team_id, m.id, to_json(m."to") as "to", m.subject, m.text, m.html, m.attachments, m.status, m.attempts,
    m.error, m.created_at, m.sent_at`;
}

export function mailFromRow(row: MailRow): Mail {
  assert(Array.isArray(row.to), 'recipients are a list');
  return {
    teamId: row.team_id,
    id: row.id,
    to: row.to,
    subject: row.subject,
    text: row.text,
    html: row.html,
    attachments: attachmentsOf(row.attachments),
    status: row.status,
    attempts: row.attempts,
    error: row.error,
    createdAt: row.created_at,
    sentAt: row.sent_at,
  };
}

function attachmentsOf(stored: unknown): MailAttachment[] {
  assert(Array.isArray(stored), 'attachments are a list');
  return stored.map((one: Partial<MailAttachment>) => {
    assert(one.kind === 'RECEIPT' && one.paymentId, 'an attachment is the receipt of a payment');
    return { kind: one.kind, paymentId: one.paymentId };
  });
}
