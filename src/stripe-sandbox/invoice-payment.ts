import { defaultMethodOf, isDeleted, liveCustomer, methodOf } from './billing-customer.ts';
import type { Call } from './call.ts';
import { finalizeInvoice } from './invoice-make.ts';
import { failInvoice, settleInvoice } from './invoice-outcome.ts';
import type { Stored } from './objects.ts';
import { confirmPayment } from './payments.ts';
import { invalidRequest, type StripeProblem } from './problem.ts';

/** How an attempt to pay an invoice ended. */
export interface Paid {
  readonly invoice: Stored<'invoice'>;
  /** Where the holder of the card has to go, while it waits for them. */
  readonly holderUrl?: string | undefined;
  /** For whoever asked; what the attempt left behind stays. */
  readonly problem: StripeProblem | undefined;
}

export interface PayOptions {
  /** Instead of the method that the invoice, its subscription or its customer has. */
  readonly method?: string | Stored<'payment_method'> | undefined;
  readonly offSession: boolean;
  /** Whether it is tried by itself, not because somebody asked. */
  readonly automatic: boolean;
  readonly returnUrl?: string | undefined;
}

/**
 * Tries to pay an open invoice. The follower of its payment intent settles it, or notes that it failed.
 * @throws StripeProblem when it is not open, or the method is not its customer's.
 */
export async function payInvoice(call: Call, invoiceId: string, options: PayOptions): Promise<Paid> {
  const intent = await intentOf(call, invoiceId);
  const open = await call.objects.require('invoice', invoiceId, 'invoice', { lock: true });
  demandPayable(open);
  const chosen = options.method ?? (await methodFor(call, open));
  const trying = await call.objects.put({
    ...open,
    data: { ...open.data, attempted: true, attempt_count: countedAttempts(open, options) },
    secret: { ...open.secret, automatic: options.automatic },
  });
  if (chosen === null || !intent) return withoutMethod(call, trying, options);
  const method =
    typeof chosen === 'string' ? await methodOf(call, chosen, open.customer ?? '', 'payment_method') : chosen;
  const { offSession, returnUrl } = options;
  const attempt = await confirmPayment(call, intent, method, { offSession, returnUrl });
  const invoice = await call.objects.require('invoice', open.id, 'invoice');
  const waits = attempt.intent.data.status === 'requires_action';
  if (waits) call.emit('invoice.payment_action_required', invoice.data);
  const holderUrl = attempt.intent.data.next_action?.redirect_to_url?.url ?? undefined;
  return { invoice, holderUrl, problem: attempt.problem };
}

/** Only the first attempt and those by itself count, so that others leave the schedule of retries as it is. */
function countedAttempts({ data }: Stored<'invoice'>, { automatic }: PayOptions): number {
  return automatic || data.attempt_count === 0 ? data.attempt_count + 1 : data.attempt_count;
}

function demandPayable({ data }: Stored<'invoice'>): void {
  if (data.status === 'paid')
    throw invalidRequest('Invoice is already paid', { code: 'invoice_already_paid' });
  if (data.status === 'open' || data.status === 'uncollectible') return;
  throw invalidRequest(`This invoice can't be paid because it has a status of ${data.status}.`, {
    code: 'invoice_not_editable',
  });
}

async function withoutMethod(call: Call, open: Stored<'invoice'>, { automatic }: PayOptions): Promise<Paid> {
  if (automatic) return { invoice: await failInvoice(call, open, false), problem: undefined };
  const message =
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.';
  throw invalidRequest(message, { code: 'resource_missing' });
}

/** The method of the invoice, else of its subscription, else of its customer; of those that the customer still has. */
async function methodFor(call: Call, { data, customer, parent }: Stored<'invoice'>): Promise<string | null> {
  const subscription = parent === null ? undefined : await call.objects.get('subscription', parent);
  const payer = await liveCustomer(call, customer ?? '', 'customer');
  const named = [
    data.default_payment_method,
    subscription?.data.default_payment_method,
    defaultMethodOf(payer),
  ];
  for (const id of named) {
    const method = id ? await call.objects.get('payment_method', id) : undefined;
    if (method && method.customer === customer) return method.id;
  }
  return null;
}

/** The payment intent of a finalized invoice, locked. */
export async function intentOf(call: Call, invoice: string): Promise<Stored<'payment_intent'> | undefined> {
  const payment = (await call.objects.children('invoice_payment', invoice)).at(-1);
  const id = payment?.data.payment.payment_intent;
  return id === undefined ? undefined : call.objects.get('payment_intent', id, { lock: true });
}

/** What the payment intent of an invoice has come to, whoever confirmed it. */
export async function followInvoiceIntent(call: Call, intent: Stored<'payment_intent'>): Promise<void> {
  const invoice = await call.objects.get('invoice', intent.parent ?? '', { lock: true });
  if (invoice?.data.status !== 'open' && invoice?.data.status !== 'uncollectible') return;
  if (intent.data.status === 'succeeded') await settleInvoice(call, invoice, intent);
  if (intent.data.status === 'requires_payment_method') {
    await failInvoice(call, invoice, intent.data.last_payment_error?.code === 'authentication_required');
  }
}

/** What an invoice does by itself when its time has come: be finalized, or be tried again. */
export async function advanceDue(call: Call, invoice: Stored<'invoice'>): Promise<void> {
  if (await isDeleted(call, invoice.customer ?? '')) {
    await call.objects.put({ ...invoice, dueAt: null });
    return;
  }
  const open = invoice.data.status === 'draft' ? await finalizeInvoice(call, invoice) : invoice;
  if (open.data.status === 'open') await payInvoice(call, open.id, { offSession: true, automatic: true });
  else if (open.dueAt !== null) await call.objects.put({ ...open, dueAt: null });
}

/** `confirmation_secret` of an invoice: what its payment intent is confirmed with in a browser. */
export async function confirmationSecret(call: Call, id: string): Promise<object | null> {
  const payment = (await call.objects.children('invoice_payment', id)).at(-1);
  const intent = await call.objects.get('payment_intent', payment?.data.payment.payment_intent ?? '');
  return intent ? { client_secret: intent.data.client_secret, type: 'payment_intent' } : null;
}

/** `payments` of an invoice. */
export async function paymentsOf(call: Call, id: string): Promise<object> {
  const payments = await call.objects.children('invoice_payment', id);
  const url = `/v1/invoice_payments?invoice=${id}`;
  return { object: 'list', data: payments.map(({ data }) => data), has_more: false, url };
}
