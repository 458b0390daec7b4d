import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoopLog } from '../loop.ts';
import { type StripeInbox, WrongSignature } from './stripe-events.ts';

/** Larger than any event of Stripe. */
const LONGEST_BODY = 1_000_000;
const LONGEST_READ = 10 * LONGEST_BODY;

/**
 * Answers `POST /webhooks/stripe`: 200 when, and only when, the event is recorded; 400 for a signature that is wrong or
 * older than five minutes and for what is no event; 413 beyond 1 MB. Stripe sends again what was not answered with 200.
 */
export function stripeWebhook(
  inbox: StripeInbox,
  log: LoopLog,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const body = await bodyOf(request);
    if (body === undefined) return answer(response, 413, 'too large');
    const signature = request.headers['stripe-signature'];
    if (typeof signature !== 'string') return answer(response, 400, 'the Stripe-Signature header is missing');
    try {
      answer(response, 200, await inbox.receive(body, signature));
    } catch (error) {
      if (!(error instanceof WrongSignature) && !(error instanceof SyntaxError)) throw error;
      log.warn({ reason: error.message }, 'an event was refused');
      answer(response, 400, 'the signature is wrong or too old, or this is no event');
    }
  };
}

/** Undefined when it is too large: the rest is read and forgotten, so that the answer arrives. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length <= LONGEST_BODY) chunks.push(bytes);
    else if (length > LONGEST_READ) return undefined;
  }
  return length > LONGEST_BODY ? undefined : Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
