import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import { payInvoice } from './invoice-payment.ts';
import type { Stored } from './objects.ts';
import { CARD_SCRIPT, cardForm, cardOfForm, typedFields, type Wrong, wrongOf } from './pages-card-form.ts';
import { money, notice, type Page, type Piece } from './pages-layout.ts';
import { newCard } from './payment-methods.ts';

/** The hosted page of invoices: where a person pays one that could not be paid without them. */
export const INVOICE_PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/invoice/:id', run: showInvoice },
  { method: 'POST', path: '/invoice/:id', run: sendInvoice },
];

async function showInvoice(call: Call): Promise<PageAnswer> {
  return pageOf(await call.objects.require('invoice', call.path('id'), 'invoice'), {});
}

async function sendInvoice(call: Call): Promise<PageAnswer> {
  const invoice = await call.objects.require('invoice', call.path('id'), 'invoice', { lock: true });
  if (invoice.data.status !== 'open') return pageOf(invoice, {});
  const card = cardOfForm(call.params);
  const typed = typedFields(call.params);
  if ('message' in card) return pageOf(invoice, { typed, wrong: card });
  const method = await newCard(call, card).catch(wrongOf);
  if ('message' in method) return pageOf(invoice, { typed, wrong: method });
  const returnUrl = `${call.baseUrl}/invoice/${invoice.id}`;
  const paid = await payInvoice(call, invoice.id, { method, offSession: false, automatic: false, returnUrl });
  if (paid.problem) return pageOf(paid.invoice, { typed, wrong: { message: paid.problem.message } });
  return { redirect: paid.holderUrl ?? returnUrl };
}

interface Filled {
  readonly typed?: ReturnType<typeof typedFields>;
  readonly wrong?: Wrong;
}

function pageOf({ id, data }: Stored<'invoice'>, { typed, wrong }: Filled): Page {
  const title = `Invoice ${data.number ?? ''}`;
  const form = cardForm({
    action: `/invoice/${id}`,
    submit: `Pay ${money(data.amount_due, data.currency)}`,
    typed,
    wrong,
  });
  const side = data.status === 'open' ? html`<section>${form}</section>` : stateOf(data.status);
  return {
    title,
    body: html`${summary(title, data)} ${side}`,
    ...(wrong ? { status: 402 as const } : {}),
    columns: 'form',
    ...(data.status === 'open' ? { script: CARD_SCRIPT } : {}),
  };
}

function stateOf(status: string | null): Piece {
  if (status === 'paid') return notice('Paid', 'Thank you. There is nothing more to do.');
  return notice('Nothing to pay', `This invoice is ${status ?? 'not known'}.`);
}

function summary(title: string, data: Stored<'invoice'>['data']): Piece {
  return html`<section>
    <h1>${title}</h1>
    <p class="amount">${money(data.amount_due, data.currency)}</p>
    <ul class="items">
      ${data.lines.data.map(
        (line) =>
          html`<li><span>${line.description}</span><span>${money(line.amount, line.currency)}</span></li>`,
      )}
    </ul>
  </section>`;
}
