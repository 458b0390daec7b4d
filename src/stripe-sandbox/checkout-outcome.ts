import type { Call } from './call.ts';
import { customerDetails } from './checkout-object.ts';
import type { Stored } from './objects.ts';
import { cancelIntent, confirmPayment, createIntent } from './payments.ts';
import { cancelSetup, confirmSetup } from './setups.ts';

/** How it went when somebody sent the form of a session. */
export type Submitted =
  | { readonly outcome: 'done' }
  /** The holder of the card has to go there. */
  | { readonly outcome: 'asked'; readonly url: string }
  | { readonly outcome: 'declined'; readonly message: string };

/** Pays or saves with the card that was given on the page of an open, locked session. */
export async function submitCard(
  call: Call,
  session: Stored<'checkout.session'>,
  method: Stored<'payment_method'>,
): Promise<Submitted> {
  const returnUrl = `${call.baseUrl}/c/pay/${session.id}/return`;
  const { intent, problem } =
    session.data.mode === 'setup'
      ? await confirmSetup(call, await setupOf(call, session), method, returnUrl)
      : await confirmPayment(call, await intentOf(call, session), method, { offSession: false, returnUrl });
  if (problem) return { outcome: 'declined', message: problem.message };
  const url = intent.data.next_action?.redirect_to_url?.url;
  return url ? { outcome: 'asked', url } : { outcome: 'done' };
}

function setupOf(call: Call, { data }: Stored<'checkout.session'>): Promise<Stored<'setup_intent'>> {
  return call.objects.require('setup_intent', data.setup_intent ?? '', 'setup_intent', { lock: true });
}

/** The payment intent of the session: made when somebody pays for the first time. */
async function intentOf(call: Call, session: Stored<'checkout.session'>): Promise<Stored<'payment_intent'>> {
  const { data, secret } = session;
  if (secret.waitingFor !== null) {
    return call.objects.require('payment_intent', secret.waitingFor, 'payment_intent', { lock: true });
  }
  const intent = await createIntent(call, {
    amount: data.amount_total ?? 0,
    currency: data.currency ?? 'usd',
    customer: data.customer,
    parent: session.id,
    ...secret.intent,
  });
  await call.objects.put({
    ...session,
    data: { ...data, payment_intent: intent.id },
    secret: { ...secret, waitingFor: intent.id },
  });
  return intent;
}

/** What the intent of a session has come to: when it succeeded the session is complete. */
export async function followSessionIntent(
  call: Call,
  intent: Stored<'payment_intent'> | Stored<'setup_intent'>,
): Promise<void> {
  if (intent.data.status !== 'succeeded') return;
  const session = await call.objects.get('checkout.session', intent.parent ?? '', { lock: true });
  if (session?.data.status !== 'open') return;
  const method = intent.data.payment_method;
  const payer = typeof method === 'string' ? await call.objects.get('payment_method', method) : undefined;
  const billing = payer?.data.billing_details;
  const details = session.data.customer_details;
  const complete = await call.objects.put({
    ...session,
    data: {
      ...session.data,
      status: 'complete',
      payment_status: intent.type === 'payment_intent' ? 'paid' : 'no_payment_required',
      url: null,
      customer_details: customerDetails(details?.email ?? billing?.email ?? null, billing?.name ?? null),
    },
    dueAt: null,
  });
  call.emit('checkout.session.completed', complete.data);
}

/** Ends an open session: nothing can be paid with it any more. */
export async function expireSession(
  call: Call,
  session: Stored<'checkout.session'>,
): Promise<Stored<'checkout.session'>> {
  const { payment_intent: payment, setup_intent: setup } = session.data;
  const expired = await call.objects.put({
    ...session,
    data: { ...session.data, status: 'expired', url: null },
    dueAt: null,
  });
  await cancelWaiting(call, payment, setup);
  call.emit('checkout.session.expired', expired.data);
  return expired;
}

const FINAL = ['canceled', 'succeeded'];

async function cancelWaiting(call: Call, payment: string | null, setup: string | null): Promise<void> {
  const intent = await call.objects.get('payment_intent', payment ?? '', { lock: true });
  if (intent && !FINAL.includes(intent.data.status)) await cancelIntent(call, intent, 'abandoned');
  const saving = await call.objects.get('setup_intent', setup ?? '', { lock: true });
  if (saving && !FINAL.includes(saving.data.status)) await cancelSetup(call, saving, 'abandoned');
}

/** What a session does by itself when its time has come. */
export async function expireDue(call: Call, session: Stored<'checkout.session'>): Promise<void> {
  if (session.data.status === 'open') await expireSession(call, session);
  else await call.objects.put({ ...session, dueAt: null });
}
