import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import { namedCards } from './cards.ts';
import { faultOf } from './controls.ts';
import { addFault, FAULT_KINDS, type Fault, removeFaults, waitingFaults } from './faults.ts';
import type { Piece } from './pages-layout.ts';
import { type RecentDelivery, type RecentObject, recentDeliveries, recentObjects } from './recent.ts';

async function overview(call: Call): Promise<PageAnswer> {
  const [objects, deliveries] = [await recentObjects(call.tx, 25), await recentDeliveries(call.tx, 25)];
  const body = html`${intro()}${faultForm(await waitingFaults(call.tx))}${eventList(deliveries)}${objectList(objects)}${cardList()}`;
  return { title: 'Overview', body };
}

async function ask(call: Call): Promise<PageAnswer> {
  await addFault(call.tx, faultOf(call.params));
  return { redirect: '/' };
}

async function clear(call: Call): Promise<PageAnswer> {
  await removeFaults(call.tx, undefined);
  return { redirect: '/' };
}

function intro(): Piece {
  return html`<section>
    <h1>Stripe, on this machine</h1>
    <p>Speaks the part of Stripe's API that Drawdown uses. Whatever is paid here is not paid.</p>
  </section>`;
}

function faultForm(faults: readonly Fault[]): Piece {
  return html`<section>
    <h2>Faults on demand</h2>
    <form method="post" action="/faults">
      <label>Fault<select name="kind">${FAULT_KINDS.map((kind) => html`<option>${kind}</option>`)}</select></label>
      <label>Of which requests or events<input name="target" value="*" aria-describedby="target-example" /></label>
      <p class="soft" id="target-example">
        For example <code>POST /v1/payment_intents</code> or <code>payment_intent.succeeded</code>; * is anything.
      </p>
      <div class="row">
        <label>How often<input name="times" type="number" min="1" value="1" /></label>
        <label>Delay in ms<input name="delayMs" type="number" min="0" value="0" /></label>
      </div>
      <button>Make it happen</button>
    </form>
    ${faults.length === 0 ? html`<p class="soft">Nothing is going to go wrong.</p>` : waiting(faults)}
  </section>`;
}

function waiting(faults: readonly Fault[]): Piece {
  return html`<ul class="items">
      ${faults.map((fault) => html`<li><span>${fault.kind} · ${fault.target}</span><span>${fault.remaining} more</span></li>`)}
    </ul>
    <form method="post" action="/faults/clear"><button class="plain">Call them off</button></form>`;
}

function eventList(deliveries: readonly RecentDelivery[]): Piece {
  return html`<section>
    <h2>Events</h2>
    <ul class="items">
      ${deliveries.map(
        (one) =>
          html`<li><span>${one.type}<br /><small class="soft">${one.eventId}</small></span><span>${stateOf(one)}</span></li>`,
      )}
    </ul>
    ${deliveries.length === 0 ? html`<p class="soft">None yet.</p>` : ''}
  </section>`;
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
          html`<li><span>${one.type}<br /><small class="soft">${one.id}</small></span><span>${one.status ?? ''}</span></li>`,
      )}
    </ul>
    ${objects.length === 0 ? html`<p class="soft">None yet.</p>` : ''}
  </section>`;
}

function cardList(): Piece {
  return html`<section>
    <h2>Test cards</h2>
    <ul class="items">
      ${namedCards().map(([name, card]) => html`<li><span>${name}</span><span>${card.number}</span></li>`)}
    </ul>
  </section>`;
}

/** What the sandbox knows, and what can be made to go wrong. */
export const INDEX_PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/', run: overview },
  { method: 'POST', path: '/faults', run: ask },
  { method: 'POST', path: '/faults/clear', run: clear },
];
