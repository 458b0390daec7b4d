import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import { namedCards, type TestCard } from './cards.ts';
import { faultOf } from './controls.ts';
import { addFault, FAULT_KINDS, type Fault, type FaultKind, removeFaults, waitingFaults } from './faults.ts';
import { enqueue } from './outbox.ts';
import type { Piece } from './pages-layout.ts';
import { type RecentDelivery, type RecentObject, recentDeliveries, recentObjects } from './recent.ts';

const SHOWN = 25;

async function overview(call: Call): Promise<PageAnswer> {
  const faults = await waitingFaults(call.tx);
  const objects = await recentObjects(call.tx, SHOWN);
  const deliveries = await recentDeliveries(call.tx, SHOWN);
  const body = html`<div class="column">${intro()}${objectList(objects)}${cardList()}</div>
    <div class="column">${faultForm(faults)}${eventList(deliveries)}</div>`;
  return { title: 'Overview', body, columns: 'equal' };
}

async function ask(call: Call): Promise<PageAnswer> {
  await addFault(call.tx, faultOf(call.params));
  return { redirect: '/' };
}

async function clear(call: Call): Promise<PageAnswer> {
  await removeFaults(call.tx, undefined);
  return { redirect: '/' };
}

async function sendAgain(call: Call): Promise<PageAnswer> {
  const event = await call.objects.require('event', call.path('id'), 'id');
  await enqueue(call.tx, event.data, call.now, undefined);
  return { redirect: '/' };
}

function intro(): Piece {
  return html`<section>
    <h1>Stripe, on this machine</h1>
    <p>
      It speaks the part of Stripe's API that Drawdown uses, and keeps what it is told. No money moves. Reload the page
      to see what is new.
    </p>
  </section>`;
}

const WHAT_HAPPENS: Readonly<Record<FaultKind, string>> = {
  RATE_LIMIT: 'a request is answered 429',
  SERVER_ERROR: 'a request is answered 500, nothing is done',
  TIMEOUT_BEFORE: 'a request is cut off, nothing is done',
  SERVER_ERROR_AFTER: 'a request is done, then answered 500',
  LOSE_RESPONSE: 'a request is done, its answer gets lost',
  DELAY_WEBHOOK: 'an event comes late',
  DUPLICATE_WEBHOOK: 'an event comes twice',
  REORDER_WEBHOOK: 'an event comes after the next one',
  DROP_WEBHOOK: 'an event never comes',
};

function faultForm(faults: readonly Fault[]): Piece {
  return html`<section>
    <h2>Faults on demand</h2>
    <form method="post" action="/faults">
      <label>What goes wrong<select name="kind">
        ${FAULT_KINDS.map((kind) => html`<option value="${kind}">${kind}: ${WHAT_HAPPENS[kind]}</option>`)}
      </select></label>
      <label>With which requests or events<input name="target" value="*" aria-describedby="target-example" /></label>
      <p class="soft" id="target-example">
        <code>POST /v1/payment_intents</code>, or <code>payment_intent.succeeded</code>; * is any.
      </p>
      <div class="row">
        <label>How many times<input name="times" type="number" min="1" value="1" /></label>
        <label>Delay in ms<input name="delayMs" type="number" min="0" value="0" /></label>
      </div>
      <button>Let it happen</button>
    </form>
    ${faults.length === 0 ? '' : waiting(faults)}
  </section>`;
}

function waiting(faults: readonly Fault[]): Piece {
  return html`<br />
    <ul class="items">
      ${faults.map((fault) => html`<li><span>${fault.kind} · ${fault.target}</span><span>${fault.remaining} to come</span></li>`)}
    </ul>
    <form method="post" action="/faults/clear"><button class="plain">Call them off</button></form>`;
}

function eventList(deliveries: readonly RecentDelivery[]): Piece {
  return html`<section>
    <h2>Newest events</h2>
    <ul class="items">
      ${deliveries.map(
        (one) =>
          html`<li>
            <span>${one.type}</span><span>${stateOf(one)}</span>
            <small class="soft">${one.eventId}</small><small>${again(one)}</small>
          </li>`,
      )}
    </ul>
    ${deliveries.length === 0 ? html`<p class="soft">None yet.</p>` : ''}
  </section>`;
}

function again({ eventId, waiting }: RecentDelivery): Piece | '' {
  if (waiting) return '';
  return html`<form method="post" action="/events/${eventId}/again"><button class="plain">Send again</button></form>`;
}

function stateOf(delivery: RecentDelivery): string {
  if (delivery.deliveredAt) return `delivered, ${delivery.lastStatus}`;
  if (delivery.dropped) return 'dropped';
  const tries = delivery.attempts === 0 ? '' : `, ${delivery.attempts} tries`;
  return `${delivery.waiting ? 'waiting' : 'given up'}${tries}`;
}

function objectList(objects: readonly RecentObject[]): Piece {
  return html`<section>
    <h2>Newest objects</h2>
    <ul class="items">
      ${objects.map(
        (one) =>
          html`<li><span>${one.type}</span><span>${state(one)}</span><small class="soft">${one.id}</small></li>`,
      )}
    </ul>
    ${objects.length === 0 ? html`<p class="soft">None yet.</p>` : ''}
  </section>`;
}

/** Leads to the page where somebody goes on with the object, if there is one. */
function state(object: RecentObject): Piece | string {
  const href = pageOf(object);
  return href === undefined ? (object.status ?? '') : html`<a href="${href}">${object.status}</a>`;
}

function pageOf({ type, id, status }: RecentObject): string | undefined {
  if (type === 'checkout.session') return `/c/pay/${id}`;
  if (type === 'invoice' && status !== 'draft') return `/invoice/${id}`;
  if (type === 'charge' && status === 'succeeded') return `/receipts/${id}`;
  return status === 'requires_action' ? `/3ds/${id}` : undefined;
}

function cardList(): Piece {
  return html`<section>
    <h2>Test cards</h2>
    <ul class="items">
      ${namedCards().map(
        ([name, card]) =>
          html`<li>
            <span>${name}</span>
            <small class="soft">${card.number.replace(/(.{4})(?=.)/g, '$1 ')} · ${behaviour(card)}</small>
          </li>`,
      )}
    </ul>
  </section>`;
}

const ASKS_FOR = {
  always: '3-D Secure every time',
  onSession: '3-D Secure while its holder is there',
  unlessSetUp: '3-D Secure once, then never without its holder',
} as const;

function behaviour({ authentication, decline, savesThough, dispute, refund }: TestCard): string {
  const parts = [
    ...(authentication === 'never' ? [] : [ASKS_FOR[authentication]]),
    ...(decline ? [`${savesThough ? 'is saved, then ' : ''}declined: ${decline.declineCode}`] : []),
    ...(dispute
      ? [dispute.inquiry ? 'pays, then is asked about' : `pays, then disputes: ${dispute.reason}`]
      : []),
    ...(refund ? [`pays; a refund is ${refund.first}, then ${refund.ends}`] : []),
  ];
  return parts.length === 0 ? 'pays' : parts.join('; ');
}

/** What the sandbox knows, and what can be made to go wrong. */
export const INDEX_PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/', run: overview },
  { method: 'POST', path: '/faults', run: ask },
  { method: 'POST', path: '/faults/clear', run: clear },
  { method: 'POST', path: '/events/:id/again', run: sendAgain },
];
