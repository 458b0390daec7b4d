import { createTransport } from 'nodemailer';
import type { Mail } from './mail.ts';
import { messageId } from './mail-text.ts';

/** A file that goes with a mail. */
export interface AttachedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** Takes mail for delivery. */
export interface MailTransport {
  /** @throws MailRefused for good; any other error: try again. */
  send(mail: Mail, files: readonly AttachedFile[]): Promise<void>;
  close(): void;
}

/** The mail server will never take this mail. */
export class MailRefused extends Error {}

const PATIENCE_MS = 15_000;

/**
 * A transport over SMTP. Nothing is connected before the first mail.
 * @param url `smtp://user:password@host:587` (STARTTLS where the server offers it), `smtps://…` for TLS from the start.
 * @param from the sender, such as `Billing <billing@example.com>`.
 */
export function smtpTransport(url: string, from: string): MailTransport {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: 2 * PATIENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    close: () => transport.close(),
    async send(mail, files) {
      try {
        await transport.sendMail({
          from,
          // As objects: an address can then not be read as several.
          to: mail.to.map((address) => ({ name: '', address })),
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: messageId(mail.id, from),
          date: mail.createdAt,
          headers: { 'Auto-Submitted': 'auto-generated' },
          attachments: files.map((file) => ({ ...file })),
        });
      } catch (error) {
        throw isRefusal(error) ? new MailRefused(String(error)) : error;
      }
    },
  };
}

/** Replies of 5xx to the mail itself are for good (RFC 5321 §4.2.1); to a wrong password they are the operator's to mend. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return Number(error.responseCode) >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
}
