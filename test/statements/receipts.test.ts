import { inflateSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import { LinkSigner } from '../../src/gateway/signed-link.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { receiptEndpoint, receiptLink } from '../../src/statements/receipt-endpoint.ts';
import { receiptFile } from '../../src/statements/receipt-file.ts';
import { receiptMailHandler } from '../../src/statements/receipt-mail.ts';
import { printable, receiptPdf } from '../../src/statements/receipt-pdf.ts';
import { receiptFacts } from '../../src/statements/receipt-reads.ts';
import { issuerFrom, receiptText, usd } from '../../src/statements/receipt-text.ts';
import { addMember } from '../../src/teams/memberships.ts';
import { recordUser } from '../../src/teams/users.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { newTeam, SYSTEM } from '../teams/people.ts';
import { useLinkServer } from './link-server.ts';
import { PaymentWorld } from './transaction-world.ts';

const database = useDatabase();
const server = useLinkServer();
const clock = movableClock(Date.UTC(2026, 10, 30, 23, 59));
const issuer = issuerFrom('Example Inc.', '1 Main Street\\nSpringfield');
let payments: PaymentWorld;
let links: LinkSigner;
beforeAll(() => {
  payments = new PaymentWorld(database.db, clock);
  links = new LinkSigner(database.db, () => server.url);
  server.handler = receiptEndpoint({ db: database.db, links, issuer });
});

/** The lines of a PDF, in the order they are printed. */
function linesOf(pdf: Buffer): string[] {
  const lines: string[] = [];
  const source = pdf.toString('latin1');
  for (const [, body = ''] of source.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)) {
    const bytes = Buffer.from(body, 'latin1');
    const content = bytes[0] === 0x78 ? inflateSync(bytes).toString('latin1') : body;
    for (const [shown] of content.matchAll(/\[[^\]]*\] TJ/g)) {
      const hex = [...shown.matchAll(/<([0-9a-f]*)>/g)].map(([, digits = '']) => digits).join('');
      lines.push(Buffer.from(hex, 'hex').toString('latin1'));
    }
  }
  return lines;
}

async function factsOf(teamId: Uuid, paymentId: Uuid) {
  const facts = await receiptFacts(database.db, teamId, paymentId);
  if (!facts) throw new Error('there is no such payment');
  return facts;
}

const file = async (teamId: Uuid, paymentId: Uuid) => {
  const made = await receiptFile(database.db, issuer, teamId, paymentId);
  if (!made) throw new Error('there is no such payment');
  return made;
};

describe('a receipt', () => {
  test('says who paid whom what, when, for what, with which card, and what came of it', async () => {
    const { teamId } = await newTeam(database.db);
    const paid = await payments.pay(teamId, {
      cents: 123_456n,
      bonusNano: 1_500_000_000n,
      description: '1234.56 credits',
    });
    const { content, filename } = await file(teamId, paid.id);
    expect(filename).toBe(`receipt-${paid.receiptNumber}.pdf`);
    expect(linesOf(content)).toEqual([
      'Receipt',
      'Example Inc.',
      '1 Main Street',
      'Springfield',
      ...['Number', paid.receiptNumber],
      ...['Date', '2026-11-30 23:59 UTC'],
      ...['Billed to', 'Labs'],
      ...['Paid by', 'Visa ending in 4242'],
      ...['Payment', paid.paymentIntent],
      ...['$1,234.56', '1234.56 credits'],
      ...['included', 'Credit: 1234.56'],
      ...['free of charge', 'Bonus credit: 1.5'],
      ...['$1,234.56', 'Paid'],
      'All amounts are in US dollars. 1 credit is worth 1 US dollar. Times are UTC.',
    ]);
  });

  test('is the same to the byte as long as nothing changes, and says what was paid back since', async () => {
    const { teamId } = await newTeam(database.db);
    const paid = await payments.pay(teamId);
    const first = await file(teamId, paid.id);
    clock.advance(86_400_000);
    expect((await file(teamId, paid.id)).content.equals(first.content)).toBe(true);
    await payments.refund(paid, 1250n, 'SUCCEEDED');
    await payments.refund(paid, 100n, 'FAILED');
    const refunded = linesOf((await file(teamId, paid.id)).content);
    const at = refunded.indexOf('-$12.50');
    expect(refunded.slice(at, at + 4)).toEqual([
      '-$12.50',
      `Refunded on ${clock.now().toISOString().slice(0, 10)}`,
      '$37.50',
      'Paid, less refunds',
    ]);
    expect(refunded.filter((line) => line.startsWith('Refunded'))).toHaveLength(1);
  });

  test('of a plan is an invoice', async () => {
    const { teamId } = await newTeam(database.db);
    const paid = await payments.pay(teamId, {
      kind: 'SUBSCRIPTION',
      cents: 2000n,
      credit: false,
      description: 'Pro, February 2026',
    });
    const { content, filename } = await file(teamId, paid.id);
    expect(filename).toBe(`invoice-${paid.receiptNumber}.pdf`);
    expect(linesOf(content)).toContain('Invoice');
    expect(linesOf(content)).not.toContain('included');
  });

  test('prints what its fonts know, and a question mark for the rest', async () => {
    expect(printable('Zoë – “x” €5')).toBe('Zoë – “x” €5');
    expect(printable('チーム\u0000 A\u200b')).toBe('???  A?');
    const { teamId } = await newTeam(database.db);
    const { id, paidAt } = await payments.pay(teamId, { description: 'Crédits (50) \\ ) Tj' });
    const text = receiptText(await factsOf(teamId, id), issuer);
    expect(linesOf(await receiptPdf(text, paidAt, false))).toContain('Crédits (50) \\ ) Tj');
  });

  test.for([
    [0n, '$0.00'],
    [5n, '$0.05'],
    [-1250n, '-$12.50'],
    [123_456_789_012n, '$1,234,567,890.12'],
  ] as const)('writes %s cents as %s', ([cents, expected]) => expect(usd(cents)).toBe(expected));
});

describe('the mail about a payment', () => {
  const log = { warn: () => undefined };
  const job = async (teamId: Uuid, paymentId: Uuid) => {
    const jobs = new JobQueue(database.db, log);
    await receiptMailHandler({ db: database.db, clock, jobs })({ teamId, paymentId });
    await jobs.stop();
  };

  test('goes to the owners and admins once, with the receipt, however often the job is done', async () => {
    const { teamId } = await newTeam(database.db);
    await inTransaction(database.db, async (tx) => {
      const userId = await recordUser(tx, { subject: newUuid(), email: 'ada@example.com' }, clock.now());
      await addMember(tx, { teamId, userId, role: 'ADMIN' }, SYSTEM, clock.now());
    });
    const paid = await payments.pay(teamId, { description: '50 <credits>' });
    expect(payments.enqueued).toContainEqual({ name: 'receipt', teamId, paymentId: paid.id });
    await Promise.all([job(teamId, paid.id), job(teamId, paid.id)]);
    await job(teamId, paid.id);
    const mails = await database.db.sql<
      { recipients: string[]; subject: string; text: string; html: string }[]
    >`
      select to_json("to") as recipients, subject, text, html, attachments from mails where team_id = ${teamId}`;
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      recipients: ['ada@example.com'],
      subject: `Receipt ${paid.receiptNumber}: $50.00`,
      attachments: [{ kind: 'RECEIPT', paymentId: paid.id }],
    });
    expect(mails[0]?.text).toContain('50 <credits>\nCredit: 50');
    expect(mails[0]?.html).toContain('50 &lt;credits&gt;');
  });

  test('fails, to be seen, for a payment that is not of the team', async () => {
    const [mine, other] = [await newTeam(database.db), await newTeam(database.db)];
    const paid = await payments.pay(other.teamId);
    await expect(job(mine.teamId, paid.id)).rejects.toThrow(publicId('payment', paid.id));
  });
});

describe('the link to a receipt', () => {
  test('downloads the PDF without credentials', async () => {
    const { teamId } = await newTeam(database.db);
    const paid = await payments.pay(teamId);
    const { url } = await receiptLink(links, teamId, paid.id);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('content-disposition')).toContain(paid.receiptNumber);
    const content = Buffer.from(await response.arrayBuffer());
    expect(content.equals((await file(teamId, paid.id)).content)).toBe(true);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(`${content.length}`);
  });

  test('is worth nothing for another payment, when it is changed, or after its time', async () => {
    const { teamId } = await newTeam(database.db);
    const other = await newTeam(database.db);
    const paid = await payments.pay(teamId);
    const answer = async (url: string) => {
      const response = await fetch(url);
      return [response.status, await response.text()];
    };
    const foreign = await receiptLink(links, other.teamId, paid.id);
    expect(await answer(foreign.url)).toEqual([403, 'forbidden']);
    const { url } = await receiptLink(links, teamId, paid.id);
    const [head = '', mac = ''] = url.split('.').slice(-2).map(String);
    const token = `${head.slice(head.lastIndexOf('/') + 1)}`;
    const swapped = Buffer.from(token, 'base64url').toString().replace(teamId, other.teamId);
    expect(
      await answer(`${server.url}/receipts/${Buffer.from(swapped).toString('base64url')}.${mac}`),
    ).toEqual([403, 'forbidden']);
    const expired = await links.sign('RECEIPT', { teamId, paymentId: paid.id }, -1);
    expect(await answer(expired.url)).toEqual([410, 'gone']);
  });
});
