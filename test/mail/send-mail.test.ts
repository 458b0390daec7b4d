import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { type NewMail, writeMail } from '../../src/mail/outbox.ts';
import { type MailDeps, mailHandler } from '../../src/mail/send-mail.ts';
import { type MailTransport, smtpTransport } from '../../src/mail/smtp.ts';
import { enqueueWaiting } from '../../src/mail/waiting-mail.ts';
import { addMember } from '../../src/teams/memberships.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { recordUser } from '../../src/teams/users.ts';
import { useDatabase } from '../support/database.ts';
import { at, newTeam, SYSTEM } from '../teams/people.ts';
import { headerOf, useMailServer } from './mail-server.ts';

const database = useDatabase();
const server = useMailServer();
const warnings: string[] = [];
const log = { warn: (_: object, message: string) => warnings.push(message) };
let jobs: JobQueue;
let transport: MailTransport;
beforeAll(() => {
  jobs = new JobQueue(database.db, log);
  transport = smtpTransport(server.url, 'Billing <billing@example.com>');
});
afterAll(async () => {
  transport.close();
  await jobs.stop();
});
afterEach(() => {
  server.received.length = 0;
  server.refuse = undefined;
  warnings.length = 0;
});

const deps = (options: Partial<MailDeps> = {}): MailDeps => ({
  db: database.db,
  clock: { now: () => at },
  log,
  transport,
  isSandbox: false,
  attach: async () => undefined,
  ...options,
});

async function person(teamId: Uuid, role: Role, email: string): Promise<void> {
  await inTransaction(database.db, async (tx) => {
    const userId = await recordUser(tx, { subject: newUuid(), email }, at);
    await addMember(tx, { teamId, userId, role }, SYSTEM, at);
  });
}

const write = (mail: Partial<NewMail> & { teamId: Uuid }) =>
  inTransaction(database.db, (tx) =>
    writeMail(tx, { to: ['ada@example.com'], subject: 'Hello', text: 'Text', ...mail }, { jobs, now: at }),
  );

interface Stored {
  id: Uuid;
  status: string;
  attempts: number;
  error: string | null;
  sent_at: Date | null;
}
const mailsOf = (teamId: Uuid) => database.db.sql<Stored[]>`
  select id, status, attempts, error, sent_at from mails where team_id = ${teamId} order by id`;

async function oneMail(teamId: Uuid): Promise<Stored> {
  const [mail, ...others] = await mailsOf(teamId);
  expect(others).toEqual([]);
  if (!mail) throw new Error('no mail was written');
  return mail;
}

describe('mail', () => {
  test('reaches the owners and admins of a team whose address is known, once each, by a real mail server', async () => {
    const { teamId } = await newTeam(database.db);
    await person(teamId, 'OWNER', 'owner@example.com');
    await person(teamId, 'ADMIN', 'admin@example.com');
    await person(teamId, 'ADMIN', 'evil@example.com\r\nBcc: all@example.com');
    await person(teamId, 'MEMBER', 'member@example.com');
    await write({ teamId, to: 'ADMINS', subject: 'Your receipt', text: 'Five < six\n\nBye' });
    jobs.handle('mail', mailHandler(deps()));
    expect(await jobs.drain()).toBe(1);
    const [received, ...others] = server.received;
    expect(others).toEqual([]);
    if (!received) throw new Error('nothing was received');
    expect(received).toMatchObject({
      from: 'billing@example.com',
      to: ['admin@example.com', 'owner@example.com'],
    });
    const { id, status, sent_at } = await oneMail(teamId);
    expect({ status, sent_at }).toEqual({ status: 'SENT', sent_at: at });
    expect(headerOf(received, 'subject')).toBe('Your receipt');
    expect(headerOf(received, 'message-id')).toBe(`<${id}@example.com>`);
    expect(received.source).toContain('Five < six');
    expect(received.source).toContain('Five &lt; six');
  });

  test('is not written without its cause, nor twice for the same thing', async () => {
    const { teamId } = await newTeam(database.db);
    const failing = inTransaction(database.db, async (tx) => {
      await writeMail(tx, { teamId, to: ['a@example.com'], subject: 'x', text: 'x' }, { jobs, now: at });
      throw new Error('changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await mailsOf(teamId)).toHaveLength(0);
    await Promise.all([1, 2, 3, 4].map(() => write({ teamId, dedupeKey: 'suspended:1' })));
    await write({ teamId, dedupeKey: 'suspended:2' });
    expect(await mailsOf(teamId)).toHaveLength(2);
    const other = await newTeam(database.db);
    await write({ teamId: other.teamId, dedupeKey: 'suspended:1' });
    expect(await mailsOf(other.teamId)).toHaveLength(1);
  });

  test('cannot be made to carry headers or recipients of others', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId, subject: 'Hi\r\nBcc: victim@example.com\r\n\r\nbody' });
    await mailHandler(deps())({ teamId, mailId: (await oneMail(teamId)).id });
    const [received] = server.received;
    expect(received?.to).toEqual(['ada@example.com']);
    expect(received && headerOf(received, 'bcc')).toBeUndefined();
    expect(received && headerOf(received, 'subject')).toBe('Hi Bcc: victim@example.com body');
    for (const to of ['a@example.com, b@example.com', 'a@example.com\r\nBcc: b@example.com']) {
      await expect(write({ teamId, to: [to] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  test('that a server does not take now is sent later, with the same Message-ID', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    const { id } = await oneMail(teamId);
    server.refuse = () => 450;
    const handle = mailHandler(deps());
    await expect(handle({ teamId, mailId: id })).rejects.toThrow();
    expect(await oneMail(teamId)).toMatchObject({ status: 'WAITING', attempts: 1 });
    server.refuse = undefined;
    await handle({ teamId, mailId: id });
    expect(await oneMail(teamId)).toMatchObject({ status: 'SENT', attempts: 2, error: null });
    await handle({ teamId, mailId: id });
    expect(server.received).toHaveLength(1);
  });

  test('that a server will never take is given up, with its reason', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    const { id } = await oneMail(teamId);
    server.refuse = () => 550;
    await mailHandler(deps())({ teamId, mailId: id });
    expect(await oneMail(teamId)).toMatchObject({ status: 'FAILED', attempts: 1 });
    expect((await oneMail(teamId)).error).toContain('550');
    expect(warnings).toEqual(['a mail cannot be sent']);
  });

  test('that two processes send at once is sent by one of them', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    const { id } = await oneMail(teamId);
    const send = mailHandler(deps());
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => send({ teamId, mailId: id })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    expect(server.received).toHaveLength(1);
    expect(await oneMail(teamId)).toMatchObject({ status: 'SENT' });
  });

  test('that a process dies over is sent by another once its lease is over', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    const { id } = await oneMail(teamId);
    const lease = (until: string) => database.db.sql`
      update mails set leased_until = ${until}::timestamptz where team_id = ${teamId}`;
    await lease('2999-01-01Z');
    await expect(mailHandler(deps())({ teamId, mailId: id })).rejects.toThrow('another process');
    await lease('2020-01-01Z');
    await mailHandler(deps())({ teamId, mailId: id });
    expect(server.received).toHaveLength(1);
  });

  test('carries the files that are made when it is sent', async () => {
    const { teamId } = await newTeam(database.db);
    const paymentId = newUuid();
    await write({ teamId, attachments: [{ kind: 'RECEIPT', paymentId }] });
    const attach: MailDeps['attach'] = async (team, attachment) => {
      expect([team, attachment]).toEqual([teamId, { kind: 'RECEIPT', paymentId }]);
      const content = Buffer.from('%PDF-1.3 the receipt');
      return { filename: 'DD-1.pdf', contentType: 'application/pdf', content };
    };
    await mailHandler(deps({ attach }))({ teamId, mailId: (await oneMail(teamId)).id });
    const source = server.received[0]?.source ?? '';
    expect(source).toContain('filename=DD-1.pdf');
    expect(source).toContain(Buffer.from('%PDF-1.3 the receipt').toString('base64'));
  });
});

describe('without SMTP settings', () => {
  test('mail waits, which is said once, and is sent when there are some', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    await write({ teamId });
    const waiting = await mailsOf(teamId);
    const handle = mailHandler(deps({ transport: undefined }));
    for (const { id } of waiting) await handle({ teamId, mailId: id });
    expect(warnings).toEqual(['mail waits: there is no SMTP_URL']);
    expect((await mailsOf(teamId)).map(({ status }) => status)).toEqual(['WAITING', 'WAITING']);
    const again: string[] = [];
    const recorder = {
      enqueue: async (_: unknown, __: string, data: Readonly<Record<string, string>>) => {
        if (data.teamId === teamId) again.push(data.mailId ?? '');
      },
    };
    const last = waiting.at(-1)?.id ?? '';
    await enqueueWaiting(database.db, recorder, last);
    expect(again).toEqual([waiting[0]?.id]);
  });

  test('mail is kept to be read in sandbox mode, and never sent afterwards', async () => {
    const { teamId } = await newTeam(database.db);
    await write({ teamId });
    const { id } = await oneMail(teamId);
    await mailHandler(deps({ transport: undefined, isSandbox: true }))({ teamId, mailId: id });
    expect(await oneMail(teamId)).toMatchObject({ status: 'KEPT', attempts: 0 });
    expect(warnings).toEqual([]);
    await mailHandler(deps())({ teamId, mailId: id });
    expect(server.received).toEqual([]);
  });
});
