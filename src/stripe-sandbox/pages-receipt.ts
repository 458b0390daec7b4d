import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import { money } from './pages-layout.ts';

async function receipt(call: Call): Promise<PageAnswer> {
  const { data: charge } = await call.objects.require('charge', call.path('id'), 'charge');
  const card = charge.payment_method_details?.card;
  const paidAt = new Date(charge.created * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const rows = [
    ['Paid', `${paidAt} UTC`],
    ['Card', `${card?.brand ?? 'card'} ···· ${card?.last4 ?? ''}`],
    ...(charge.amount_refunded > 0 ? [['Refunded', money(charge.amount_refunded, charge.currency)]] : []),
    ['Payment', charge.id],
  ];
  const body = html`<section>
    <h1>Receipt</h1>
    <p class="amount">${money(charge.amount, charge.currency)}</p>
    <p>${charge.description ?? ''}</p>
    <ul class="items">
      ${rows.map(([name, value]) => html`<li><span>${name}</span><span>${value}</span></li>`)}
    </ul>
  </section>`;
  return { title: 'Receipt', body };
}

/** What `receipt_url` of a charge leads to. */
export const RECEIPT_PAGES: readonly PageRoute[] = [{ method: 'GET', path: '/receipts/:id', run: receipt }];
