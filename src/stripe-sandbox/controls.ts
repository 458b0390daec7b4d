import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { demandSameSite, givenOf, type SandboxContext } from './api.ts';
import type { Call } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import { openDispute } from './disputes.ts';
import { addFault, FAULT_KINDS, type Fault, removeFaults, waitingFaults } from './faults.ts';
import { enqueue } from './outbox.ts';
import type { Params } from './params.ts';
import { invalidRequest, StripeProblem } from './problem.ts';

/** What Stripe has no API for: faults on demand, an event sent again, a dispute of any charge. As JSON or form. */
export function controlRoutes(runner: CallRunner): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const serve = (work: (call: Call) => Promise<object>) => (c: SandboxContext) => answer(c, runner, work);
  app.get('/sandbox/faults', serve(listFaults));
  app.post(
    '/sandbox/faults',
    serve((call) => addFault(call.tx, faultOf(call.params))),
  );
  app.delete('/sandbox/faults', serve(clearFaults));
  app.delete('/sandbox/faults/:id', serve(clearFaults));
  app.post('/sandbox/events/:id/redeliver', serve(redeliver));
  app.post('/sandbox/disputes', serve(dispute));
  return app;
}

/** A fault as it was asked for. @throws StripeProblem */
export function faultOf(params: Params): Omit<Fault, 'id'> {
  const kind = params.oneOf('kind', FAULT_KINDS);
  if (kind === undefined) throw invalidRequest('Missing required param: kind.', { param: 'kind' });
  const remaining = params.optionalInteger('times') ?? 1;
  const delayMs = params.optionalInteger('delayMs') ?? 0;
  if (remaining < 1 || remaining > 1_000_000) {
    throw invalidRequest('times: must be 1 to 1000000', { param: 'times' });
  }
  if (delayMs < 0) throw invalidRequest('delayMs: must not be negative', { param: 'delayMs' });
  return { kind, target: params.optional('target') ?? '*', remaining, delayMs };
}

async function listFaults(call: Call): Promise<object> {
  return { data: await waitingFaults(call.tx) };
}

async function clearFaults(call: Call): Promise<object> {
  await removeFaults(call.tx, call.path('id') || undefined);
  return listFaults(call);
}

async function redeliver(call: Call): Promise<object> {
  const event = await call.objects.require('event', call.path('id'), 'id');
  await enqueue(call.tx, event.data, call.now, undefined);
  return event.data;
}

/** `charge`, and unless all of it is disputed for fraud, `amount` in cents and `reason`. */
async function dispute(call: Call): Promise<object> {
  const id = call.params.required('charge');
  const found = await call.objects.require('charge', id, 'charge');
  if (found.parent !== null) await call.objects.get('payment_intent', found.parent, { lock: true });
  const charge = await call.objects.require('charge', id, 'charge', { lock: true });
  const left = charge.data.amount - charge.data.amount_refunded;
  const amount = call.params.optionalInteger('amount') ?? left;
  if (
    charge.data.status !== 'succeeded' ||
    charge.data.disputed ||
    amount < 1 ||
    amount > charge.data.amount
  ) {
    throw invalidRequest('Only a payment that succeeded, once, and at most all of it can be disputed.');
  }
  const reason = call.params.optional('reason') ?? 'fraudulent';
  return (await openDispute(call, charge, { amount, reason, inquiry: false })).data;
}

async function answer(
  c: SandboxContext,
  runner: CallRunner,
  work: (call: Call) => Promise<object>,
): Promise<Response> {
  try {
    demandSameSite(c);
    const given = await inputOf(c);
    const done = await runner.run({ given, path: (name) => c.req.param(name) ?? '' }, async (call) => {
      const result = await work(call);
      call.params.demandAllRead();
      return result;
    });
    return Response.json(done);
  } catch (error) {
    if (error instanceof StripeProblem) return Response.json(error.toBody(), { status: error.status });
    throw error;
  }
}

/** JSON is read as forms are: every value as text. */
async function inputOf(c: SandboxContext): Promise<Record<string, unknown>> {
  if (!c.req.header('content-type')?.startsWith('application/json')) return givenOf(c);
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null) throw invalidRequest('The body is no JSON object.');
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
}
