import { timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { parse } from 'qs';
import type { Endpoint, Includes } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import { expanded } from './expand.ts';
import { type Fault, REQUEST_FAULTS, type RequestFault, takeFault } from './faults.ts';
import { type Answer, type KeyedRequest, keepAnswer, takeKey } from './idempotency.ts';
import { newId } from './new-id.ts';
import { API_VERSION } from './outbox.ts';
import { invalidRequest, StripeProblem } from './problem.ts';

export type SandboxContext = Context<{ Bindings: HttpBindings }>;

interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly given: Record<string, unknown>;
  readonly requestId: string;
  readonly key: string | undefined;
  readonly fault: RequestFault | undefined;
}

/** Told of failures that are the stand-in's own. */
export interface ApiLog {
  error(fields: object, message: string): void;
}

/** The API below `/v1`, for requests with the key. */
export class Api {
  constructor(
    private readonly runner: CallRunner,
    private readonly secretKey: string,
    private readonly includes: Includes,
    private readonly log: ApiLog,
  ) {}

  /** Routes for the endpoints; what none of them takes is answered as Stripe answers URLs it does not know. */
  routes(endpoints: readonly Endpoint[]): Hono<{ Bindings: HttpBindings }> {
    const app = new Hono<{ Bindings: HttpBindings }>();
    for (const endpoint of endpoints) {
      app.on(endpoint.method, endpoint.path, (c) => this.serve(c, endpoint));
    }
    app.all('/v1/*', (c) =>
      this.respond(c, newId('req', 14), undefined, problemAnswer(unknownUrl(c)), false),
    );
    return app;
  }

  private async serve(c: SandboxContext, endpoint: Endpoint): Promise<Response> {
    const requestId = newId('req', 14);
    const key = c.req.header('idempotency-key');
    const denied = this.authenticate(c.req.header('authorization'));
    if (denied) return this.respond(c, requestId, undefined, problemAnswer(denied), false);
    const path = c.req.path;
    const fault = await takeFault(this.runner.db, REQUEST_FAULTS, `${endpoint.method} ${path}`);
    const early = fault && (await this.failBefore(c, requestId, fault));
    if (early) return early;
    const given = await givenOf(c);
    const request = { method: endpoint.method, path, given, requestId, key, fault: fault?.kind };
    const { answer, replayed } = await this.answer(c, endpoint, request);
    if (fault?.kind === 'LOSE_RESPONSE') return cutOff(c, fault.delayMs);
    return this.respond(c, requestId, key, answer, replayed);
  }

  private async failBefore(
    c: SandboxContext,
    requestId: string,
    { kind, delayMs }: Fault,
  ): Promise<Response | undefined> {
    if (kind === 'TIMEOUT_BEFORE') return cutOff(c, delayMs);
    const problem = kind === 'RATE_LIMIT' ? tooMany() : kind === 'SERVER_ERROR' ? broken() : undefined;
    return problem && this.respond(c, requestId, undefined, problemAnswer(problem), false);
  }

  private async answer(
    c: SandboxContext,
    endpoint: Endpoint,
    request: ApiRequest,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    try {
      return await this.runOnce(c, endpoint, request);
    } catch (error) {
      if (error instanceof StripeProblem) return { answer: problemAnswer(error), replayed: false };
      this.log.error({ err: error, path: request.path }, 'a request to the Stripe sandbox failed');
      return { answer: problemAnswer(broken()), replayed: false };
    }
  }

  /** The effect, the events and the answer kept under the key: all of them or none. */
  private runOnce(
    c: SandboxContext,
    endpoint: Endpoint,
    request: ApiRequest,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    const { given, requestId, fault } = request;
    const keyed = keyedOf(endpoint, request);
    const origin = {
      given,
      requestId,
      idempotencyKey: request.key,
      path: (name: string) => c.req.param(name) ?? '',
    };
    return this.runner.run(origin, async (call) => {
      const earlier = keyed && (await takeKey(call.tx, keyed, call.now));
      if (earlier) return { answer: earlier, replayed: true };
      const done = await this.perform(call, endpoint);
      const answer = fault === 'SERVER_ERROR_AFTER' ? problemAnswer(broken()) : done;
      if (keyed) await keepAnswer(call.tx, keyed, answer, call.now);
      return { answer, replayed: false };
    });
  }

  private async perform(call: Parameters<Endpoint['run']>[0], endpoint: Endpoint): Promise<Answer> {
    const paths = call.params.texts('expand') ?? [];
    try {
      const result = await endpoint.run(call);
      call.params.demandAllRead();
      return { status: 200, body: JSON.stringify(await expanded(call, result, paths, this.includes)) };
    } catch (error) {
      if (!(error instanceof StripeProblem && error.commits)) throw error;
      call.params.demandAllRead();
      return problemAnswer(error);
    }
  }

  /** As Stripe takes keys: as a bearer token, or as the name of HTTP basic authentication. */
  private authenticate(header: string | undefined): StripeProblem | undefined {
    const [scheme = '', token = ''] = (header ?? '').split(' ');
    const basic = scheme.toLowerCase() === 'basic';
    const key = basic ? Buffer.from(token, 'base64').toString().replace(/:.*$/s, '') : token;
    if (key === '') {
      return unauthorized(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      );
    }
    const [given, wanted] = [Buffer.from(key), Buffer.from(this.secretKey)];
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined;
    return unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`);
  }

  private respond(
    c: SandboxContext,
    requestId: string,
    key: string | undefined,
    { status, body }: Answer,
    replayed: boolean,
  ): Response {
    const headers = new Headers({
      'content-type': 'application/json',
      'cache-control': 'no-cache, no-store',
      'request-id': requestId,
      'stripe-version': c.req.header('stripe-version') ?? API_VERSION,
    });
    if (key !== undefined) headers.set('idempotency-key', key);
    if (replayed) headers.set('idempotent-replayed', 'true');
    if (status === 409) headers.set('stripe-should-retry', 'true');
    return new Response(body, { status, headers });
  }
}

/** Parameters of the body and of the query, by brackets. */
export async function givenOf(c: SandboxContext): Promise<Record<string, unknown>> {
  const body = c.req.method === 'POST' ? await c.req.text() : '';
  const query = new URL(c.req.url).search.slice(1);
  return { ...parseForm(query), ...parseForm(body) };
}

function parseForm(text: string): Record<string, unknown> {
  return parse(text, { depth: 8, arrayLimit: 1000, parameterLimit: 5000, plainObjects: true });
}

function keyedOf(endpoint: Endpoint, { method, path, given, key }: ApiRequest): KeyedRequest | undefined {
  return endpoint.method === 'POST' && key !== undefined ? { key, method, path, given } : undefined;
}

function problemAnswer(problem: StripeProblem): Answer {
  return { status: problem.status, body: JSON.stringify(problem.toBody()) };
}

/** Ends the connection without a word. */
async function cutOff(c: SandboxContext, delayMs: number): Promise<Response> {
  if (delayMs > 0) await pause(delayMs, undefined, { ref: false });
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

function unknownUrl(c: SandboxContext): StripeProblem {
  return new StripeProblem(
    404,
    'invalid_request_error',
    `Unrecognized request URL (${c.req.method}: ${c.req.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  );
}

function unauthorized(message: string): StripeProblem {
  return new StripeProblem(401, 'invalid_request_error', message);
}

function tooMany(): StripeProblem {
  return new StripeProblem(
    429,
    'invalid_request_error',
    'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    { code: 'rate_limit' },
  );
}

function broken(): StripeProblem {
  return new StripeProblem(500, 'api_error', 'An unknown error occurred');
}

/** @throws StripeProblem for a page or control of the sandbox that is sent from elsewhere. */
export function demandSameSite(c: SandboxContext): void {
  const site = c.req.header('sec-fetch-site');
  if (c.req.method === 'GET' || site === undefined || site === 'same-origin' || site === 'none') return;
  throw invalidRequest('Forms of other sites are not taken.');
}
