import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Db } from '../db/client.ts';
import { LinkSigner, type SignedLink } from '../gateway/signed-link.ts';
import type { Uuid } from '../id.ts';
import { type LinkHandler, refuseLink } from './export-refusal.ts';
import { receiptFile } from './receipt-file.ts';
import type { Issuer } from './receipt-text.ts';

export interface ReceiptDeps {
  readonly db: Db;
  readonly links: LinkSigner;
  readonly issuer: Issuer;
}

const payload = z.object({ teamId: z.uuid(), paymentId: z.uuid() });

/** A link to the receipt of a payment, good for a quarter of an hour. */
export function receiptLink(links: LinkSigner, teamId: Uuid, paymentId: Uuid): Promise<SignedLink> {
  return links.sign('RECEIPT', { teamId, paymentId });
}

/** Answers `GET /receipts/<token>` with the PDF: 403 for a token that is none of ours, 410 once it has expired. */
export function receiptEndpoint({ db, links, issuer }: ReceiptDeps): LinkHandler {
  return async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const link = await links.read('RECEIPT', LinkSigner.tokenOf('RECEIPT', url));
    if (link.state !== 'GOOD') return refuseLink(request, response, link.state);
    const { teamId, paymentId } = payload.parse(link.payload);
    const file = await receiptFile(db, issuer, teamId, paymentId);
    if (!file) return refuseLink(request, response, 'WRONG');
    response.writeHead(200, {
      'content-type': file.contentType,
      'content-length': file.content.length,
      'content-disposition': `inline; filename="${file.filename}"`,
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : file.content);
  };
}
