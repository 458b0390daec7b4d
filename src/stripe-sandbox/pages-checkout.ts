import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import { submitCard } from './checkout-outcome.ts';
import type { Stored } from './objects.ts';
import { CARD_SCRIPT, cardForm, cardOfForm, typedFields, type Wrong, wrongOf } from './pages-card-form.ts';
import { money, notice, type Page, type Piece } from './pages-layout.ts';
import { newCard } from './payment-methods.ts';

/** The hosted page of checkout sessions. */
export const CHECKOUT_PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/c/pay/:id', run: showCheckout },
  { method: 'POST', path: '/c/pay/:id', run: sendCheckout },
  { method: 'GET', path: '/c/pay/:id/return', run: returnToCheckout },
];

type Session = Stored<'checkout.session'>;

async function showCheckout(call: Call): Promise<PageAnswer> {
  const session = await call.objects.require('checkout.session', call.path('id'), 'session');
  return session.data.status === 'open' ? formPage(session, {}) : over(session);
}

async function sendCheckout(call: Call): Promise<PageAnswer> {
  const session = await call.objects.require('checkout.session', call.path('id'), 'session', { lock: true });
  if (session.data.status === 'complete') return { redirect: successUrl(session) };
  if (session.data.status !== 'open') return over(session);
  const card = cardOfForm(call.params);
  const typed = typedFields(call.params);
  if ('message' in card) return formPage(session, { typed, wrong: card });
  const taken = await newCard(call, card).catch(wrongOf);
  if ('message' in taken) return formPage(session, { typed, wrong: taken });
  const sent = await submitCard(call, session, taken);
  if (sent.outcome === 'declined') return formPage(session, { typed, wrong: { message: sent.message } });
  return { redirect: sent.outcome === 'asked' ? sent.url : successUrl(session) };
}

/** Back from the bank. A form that led there may not redirect to another site, so the page itself goes on. */
async function returnToCheckout(call: Call): Promise<PageAnswer> {
  const session = await call.objects.require('checkout.session', call.path('id'), 'session');
  if (session.data.status === 'complete') return onward(session);
  if (session.data.status !== 'open') return over(session);
  const message =
    'We are unable to authenticate your payment method. Please choose another one and try again.';
  return formPage(session, { wrong: { message } });
}

function successUrl({ id, data }: Session): string {
  return (data.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', id);
}

function onward(session: Session): Page {
  const link = { href: successUrl(session), label: 'Continue' };
  const text = session.data.mode === 'setup' ? 'Your card is saved.' : 'Your payment went through.';
  const script = "location.replace(document.querySelector('a.button').href)";
  return { title: 'Thank you', body: notice('Thank you', text, link), script };
}

function over(session: Session): Page {
  if (session.data.status === 'complete') {
    const link = { href: successUrl(session), label: 'Continue' };
    return { title: 'Done', body: notice("You're all done here", 'This checkout is complete.', link) };
  }
  const { cancel_url: cancelUrl } = session.data;
  const back = cancelUrl ? { href: cancelUrl, label: 'Go back' } : undefined;
  const text = 'This checkout has expired. Nothing was charged.';
  return { title: 'Expired', body: notice('Expired', text, back), status: 410 };
}

interface Filled {
  readonly typed?: ReturnType<typeof typedFields>;
  readonly wrong?: Wrong;
}

function formPage(session: Session, { typed, wrong }: Filled): Page {
  const { mode, amount_total: total, currency, success_url, cancel_url: cancelUrl } = session.data;
  const setup = mode === 'setup';
  const form = cardForm({
    action: `/c/pay/${session.id}`,
    submit: setup ? 'Save card' : `Pay ${money(total, currency)}`,
    cancelUrl,
    typed,
    wrong,
  });
  return {
    title: setup ? 'Save a card' : `Pay ${money(total, currency)}`,
    body: html`${setup ? setupSummary() : summary(session)}
      <section>
        <h2>${setup ? 'Your card' : 'Pay with'}</h2>
        ${form}
      </section>`,
    ...(wrong ? { status: 402 as const } : {}),
    columns: 'form',
    script: CARD_SCRIPT,
    leadsTo: [success_url],
  };
}

function summary({ data, secret }: Session): Piece {
  return html`<section>
    <h1>Pay Drawdown</h1>
    <p class="amount">${money(data.amount_total, data.currency)}</p>
    <ul class="items">
      ${secret.items.map(
        (item) =>
          html`<li>
            <span>${item.description}${(item.quantity ?? 1) > 1 ? ` × ${item.quantity}` : ''}</span>
            <span>${money(item.amount_total, item.currency)}</span>
          </li>`,
      )}
    </ul>
    ${data.customer_details?.email ? html`<p class="soft">For ${data.customer_details.email}</p>` : ''}
  </section>`;
}

function setupSummary(): Piece {
  return html`<section>
    <h1>Save a card with Drawdown</h1>
    <p class="soft">Nothing is charged now. Drawdown may charge this card later, as you have agreed with it.</p>
  </section>`;
}
