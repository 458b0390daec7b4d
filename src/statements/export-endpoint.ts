import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { z } from 'zod';
import type { Db } from '../db/client.ts';
import { LinkSigner, type SignedLink } from '../gateway/signed-link.ts';
import { publicId, type Uuid } from '../id.ts';
import type { LoopLog } from '../loop.ts';
import { EXPORT_COLUMNS } from './export-columns.ts';
import { type LinkHandler, refuseLink } from './export-refusal.ts';
import { TRANSACTION_KINDS, type TransactionFilter } from './transaction.ts';
import { transactionsBeyond } from './transaction-reads.ts';

export interface ExportDeps {
  readonly db: Db;
  readonly links: LinkSigner;
  readonly log: LoopLog;
}

const instant = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .nullish();

const payload = z.object({
  teamId: z.uuid(),
  filter: z.object({
    kinds: z.array(z.enum(TRANSACTION_KINDS)).nullish(),
    from: instant,
    to: instant,
    recurrence: z.enum(['ONE_TIME', 'RECURRING']).nullish(),
  }),
});

const AT_ONCE = 1_000;

/** A link to the transactions of a team as CSV, good for a quarter of an hour. What comes after `now` is not in it. */
export function exportLink(
  links: LinkSigner,
  teamId: Uuid,
  filter: TransactionFilter,
  now: Date,
): Promise<SignedLink> {
  const end = Math.min(filter.to?.getTime() ?? Infinity, now.getTime() + 1);
  return links.sign('EXPORT', { teamId, filter: { ...filter, to: new Date(end) } });
}

/**
 * Answers `GET /exports/<token>` with CSV as RFC 4180 has it, the oldest first, a page of rows at a time and only as fast as
 * it is read. 403 for a token that is none of ours, 410 once it has expired. An end before the last row breaks the
 * connection, so that nobody takes a part for the whole.
 */
export function exportEndpoint({ db, links, log }: ExportDeps): LinkHandler {
  return async (request, response, url) => {
    const link = await links.read('EXPORT', LinkSigner.tokenOf('EXPORT', url));
    if (link.state !== 'GOOD') return refuseLink(request, response, link.state);
    const { teamId, filter } = payload.parse(link.payload);
    response.writeHead(200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="transactions-${publicId('team', teamId)}.csv"`,
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    if (request.method === 'HEAD') response.end();
    else await stream(csvRows(db, teamId, filter), response, log);
  };
}

async function stream(rows: AsyncIterable<string[]>, response: ServerResponse, log: LoopLog): Promise<void> {
  const csv = stringify({ record_delimiter: 'windows' });
  try {
    await pipeline(Readable.from(rows), csv, response);
  } catch (error) {
    // Whoever went away has told us so already.
    if (!isPrematureClose(error)) log.warn({ err: error }, 'an export was broken off');
    response.destroy();
  }
}

/** The header, then a row a transaction. The next page is read when the last has been taken. */
async function* csvRows(db: Db, teamId: Uuid, filter: TransactionFilter): AsyncGenerator<string[]> {
  yield EXPORT_COLUMNS.map(([header]) => header);
  for (let beyond: Parameters<typeof transactionsBeyond>[2]['beyond']; ; ) {
    const page = await transactionsBeyond(db, teamId, { filter, ascending: true, beyond, limit: AT_ONCE });
    for (const transaction of page) yield EXPORT_COLUMNS.map(([, cell]) => cell(transaction));
    beyond = page.at(-1)?.place;
    if (page.length < AT_ONCE) return;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
