import { liveCustomer } from './billing-customer.ts';
import { type ApiPage, listPage, wholePage } from './billing-list.ts';
import type { SessionIntent, SessionSecret } from './billing-secrets.ts';
import type { WireSession, WireSessionItem } from './billing-wire.ts';
import { type Call, type Endpoint, unixSeconds } from './call.ts';
import { chosenItems } from './checkout-items.ts';
import { customerDetails, sessionObject } from './checkout-object.ts';
import { expireSession } from './checkout-outcome.ts';
import { allowedTypesOf } from './method-types.ts';
import { newId } from './new-id.ts';
import type { Params } from './params.ts';
import { invalidRequest, parameterMissing } from './problem.ts';
import { createSetup } from './setups.ts';

/** Checkout sessions: a page that takes a payment or a card. */
export const CHECKOUT_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/checkout/sessions', run: createSession },
  { method: 'GET', path: '/v1/checkout/sessions', run: listSessions },
  { method: 'GET', path: '/v1/checkout/sessions/:id', run: retrieveSession },
  { method: 'POST', path: '/v1/checkout/sessions/:id', run: updateSession },
  { method: 'POST', path: '/v1/checkout/sessions/:id/expire', run: expire },
  { method: 'GET', path: '/v1/checkout/sessions/:id/line_items', run: listItems },
];

const IGNORED = [
  'allow_promotion_codes',
  'billing_address_collection',
  'customer_update',
  'payment_method_options',
  'payment_method_types',
  'saved_payment_method_options',
] as const;

async function createSession(call: Call): Promise<WireSession> {
  const { params } = call;
  params.ignore(...IGNORED);
  const mode = params.oneOf('mode', ['payment', 'setup']);
  if (mode === undefined) throw parameterMissing('mode');
  params.oneOf('ui_mode', ['hosted_page']);
  const id = `cs_test_${newId('x', 58).slice(2)}`;
  const items = mode === 'payment' ? await chosenItems(call) : [];
  const intent = intentTerms(params);
  const base = sessionObject({ id, mode, created: unixSeconds(call.now), ...(await givenOf(call)) });
  const data = { ...base, url: `${call.baseUrl}/c/pay/${id}`, ...amountsOf(items, base) };
  const session = mode === 'setup' ? await withSetup(call, data) : data;
  return (await putNew(call, session, { items, intent, waitingFor: session.setup_intent })).data;
}

function putNew(call: Call, data: WireSession, secret: SessionSecret) {
  const { id, customer } = data;
  const dueAt = new Date(data.expires_at * 1000);
  return call.objects.put({ id, type: 'checkout.session', data, secret, customer, parent: null, dueAt });
}

async function givenOf(call: Call) {
  const { params } = call;
  const customer = params.optional('customer');
  const payer = customer === undefined ? undefined : await liveCustomer(call, customer, 'customer');
  const email = params.optional('customer_email') ?? null;
  if (payer && email !== null) {
    const message = 'You may only specify one of these parameters: customer, customer_email.';
    throw invalidRequest(message, { param: 'customer_email' });
  }
  return {
    ...allowedTypesOf(params),
    customer: customer ?? null,
    customer_creation: payer ? null : (params.oneOf('customer_creation', ['if_required']) ?? 'if_required'),
    customer_email: email,
    customer_details: payer || email !== null ? customerDetails(payer?.data.email ?? email, null) : null,
    client_reference_id: referenceOf(params),
    currency: params.optional('currency')?.toLowerCase() ?? null,
    expires_at: expiryOf(call),
    success_url: urlOf(params, 'success_url') ?? missing('success_url'),
    cancel_url: urlOf(params, 'cancel_url') ?? null,
    locale: params.oneOf('locale', ['auto', 'en']) ?? null,
    metadata: params.metadata(),
    submit_type: params.oneOf('submit_type', ['auto', 'book', 'donate', 'pay']) ?? null,
  };
}

function missing(param: string): never {
  throw parameterMissing(param);
}

function referenceOf(params: Params): string | null {
  const reference = params.optional('client_reference_id') ?? null;
  if (reference === null || reference.length <= 200) return reference;
  throw invalidRequest('Invalid string: must be at most 200 characters', { param: 'client_reference_id' });
}

const LEAST_LIFE = 1800;
const MOST_LIFE = 86_400;

function expiryOf({ params, now }: Call): number {
  const created = unixSeconds(now);
  const at = params.optionalInteger('expires_at') ?? created + MOST_LIFE;
  if (at >= created + LEAST_LIFE && at <= created + MOST_LIFE) return at;
  const message =
    at < created + LEAST_LIFE
      ? 'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.'
      : 'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.';
  throw invalidRequest(message, { param: 'expires_at' });
}

function urlOf(params: Params, name: string): string | undefined {
  const url = params.optional(name);
  if (url === undefined || isPlace(url)) return url;
  throw invalidRequest(`Not a valid URL: ${url.slice(0, 100)}`, { code: 'url_invalid', param: name });
}

/** Whether a browser may be sent there: a web page or an app, and no script. */
function isPlace(url: string): boolean {
  return URL.canParse(url) && !['javascript:', 'data:', 'vbscript:', 'blob:'].includes(new URL(url).protocol);
}

function amountsOf(items: readonly WireSessionItem[], { mode, currency }: WireSession): Partial<WireSession> {
  if (mode === 'setup')
    return { payment_status: 'no_payment_required', currency, payment_method_collection: null };
  const total = Number(items.reduce((sum, item) => sum + BigInt(item.amount_total), 0n));
  return {
    amount_subtotal: total,
    amount_total: total,
    currency: items[0]?.currency ?? currency,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  };
}

function intentTerms(params: Params): SessionIntent {
  const payment = params.part('payment_intent_data');
  const setup = params.part('setup_intent_data');
  const part = params.oneOf('mode', ['payment', 'setup']) === 'setup' ? setup : payment;
  return {
    metadata: part?.metadata() ?? {},
    description: part?.optional('description') ?? null,
    receiptEmail: payment?.optional('receipt_email') ?? null,
    setupFutureUsage: payment?.oneOf('setup_future_usage', ['off_session', 'on_session']) ?? null,
  };
}

async function withSetup(call: Call, session: WireSession): Promise<WireSession> {
  const { metadata, description } = intentTerms(call.params);
  const setup = await createSetup(call, {
    customer: session.customer,
    parent: session.id,
    metadata,
    description,
  });
  return { ...session, setup_intent: setup.id };
}

async function listSessions(call: Call): Promise<ApiPage<WireSession>> {
  const { params } = call;
  const status = params.oneOf('status', ['complete', 'expired', 'open']);
  const intent = params.optional('payment_intent');
  const matching = {
    ...(status === undefined ? {} : { status }),
    ...(intent === undefined ? {} : { payment_intent: intent }),
  };
  const customer = params.optional('customer');
  return listPage(call, 'checkout.session', '/v1/checkout/sessions', { customer, matching });
}

async function retrieveSession(call: Call): Promise<WireSession> {
  return (await call.objects.require('checkout.session', call.path('id'), 'session')).data;
}

async function updateSession(call: Call): Promise<WireSession> {
  const session = await call.objects.require('checkout.session', call.path('id'), 'session', { lock: true });
  const metadata = call.params.metadata(session.data.metadata ?? {});
  return (await call.objects.change(session, { metadata })).data;
}

async function expire(call: Call): Promise<WireSession> {
  const session = await call.objects.require('checkout.session', call.path('id'), 'session', { lock: true });
  if (session.data.status !== 'open') {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.data.status}\`.`,
    );
  }
  return (await expireSession(call, session)).data;
}

async function listItems(call: Call): Promise<ApiPage<WireSessionItem>> {
  const { id, secret } = await call.objects.require('checkout.session', call.path('id'), 'session');
  return wholePage(call, secret.items, `/v1/checkout/sessions/${id}/line_items`);
}

/** `line_items` of a session. */
export async function checkoutItems(call: Call, id: string): Promise<object> {
  const { secret } = await call.objects.require('checkout.session', id, 'session');
  return {
    object: 'list',
    data: secret.items,
    has_more: false,
    url: `/v1/checkout/sessions/${id}/line_items`,
  };
}
