import { html } from 'hono/html';
import type { Call, PageAnswer, PageRoute } from './call.ts';
import type { Stored } from './objects.ts';
import { money, notice, type Page, type Piece } from './pages-layout.ts';
import { endAuthentication } from './payments.ts';
import { resourceMissing } from './problem.ts';
import { endSetupAuthentication } from './setups.ts';

type Intent = Stored<'payment_intent'> | Stored<'setup_intent'>;

async function ask(call: Call): Promise<PageAnswer> {
  const intent = await intentOf(call, false);
  if (intent.data.status !== 'requires_action') return over(intent);
  return { title: 'Confirm it is you', body: question(intent), leadsTo: [intent.secret.returnUrl] };
}

async function end(call: Call): Promise<PageAnswer> {
  const authenticated = call.params.oneOf('outcome', ['complete', 'fail']) === 'complete';
  const intent = await intentOf(call, true);
  const ended =
    intent.type === 'payment_intent'
      ? await endAuthentication(call, intent, authenticated)
      : await endSetupAuthentication(call, intent, authenticated);
  const { returnUrl } = ended.secret;
  return returnUrl === null ? over(ended) : { redirect: withOutcome(returnUrl, ended) };
}

async function intentOf(call: Call, lock: boolean): Promise<Intent> {
  const id = call.path('id');
  const found =
    (await call.objects.get('payment_intent', id, { lock })) ??
    (await call.objects.get('setup_intent', id, { lock }));
  if (found === undefined) throw resourceMissing('payment', id, 'id');
  return found;
}

/** Where the holder goes on, told as Stripe tells it. */
function withOutcome(returnUrl: string, { type, id, data }: Intent): string {
  const url = new URL(returnUrl);
  url.searchParams.set(type, id);
  url.searchParams.set(`${type}_client_secret`, data.client_secret ?? '');
  url.searchParams.set('redirect_status', data.status === 'succeeded' ? 'succeeded' : 'failed');
  return url.toString();
}

function question(intent: Intent): Piece {
  const what =
    intent.type === 'payment_intent'
      ? html`a payment of <strong>${money(intent.data.amount, intent.data.currency)}</strong>`
      : html`<strong>saving your card</strong> for later payments`;
  return html`<section>
    <h1>3-D Secure: confirm it is you</h1>
    <p>Your bank asks you to confirm ${what} to Drawdown.</p>
    <p class="soft">This page stands in for the bank. Both answers are worth trying.</p>
    <form method="post" action="/3ds/${intent.id}">
      <button name="outcome" value="complete">Complete authentication</button>
      <button class="plain" name="outcome" value="fail">Fail authentication</button>
    </form>
  </section>`;
}

/** Nothing (more) to confirm. */
function over(intent: Intent): Page {
  const [title, text] = ending(intent);
  const { returnUrl } = intent.secret;
  const onward = returnUrl === null ? undefined : { href: withOutcome(returnUrl, intent), label: 'Go on' };
  return { title, body: notice(title, text, onward) };
}

function ending({ type, data }: Intent): readonly [title: string, text: string] {
  const what = type === 'payment_intent' ? 'The payment' : 'Saving the card';
  if (data.status === 'succeeded') return ['Thank you', `${what} succeeded. You may close this page.`];
  if (data.status === 'canceled') return ['Canceled', `${what} was canceled. You may close this page.`];
  return ['It was not confirmed', `${what} did not succeed. You may close this page and try again.`];
}

/** Where the holder of a card confirms a payment or that it is saved. */
export const THREE_D_SECURE_PAGES: readonly PageRoute[] = [
  { method: 'GET', path: '/3ds/:id', run: ask },
  { method: 'POST', path: '/3ds/:id', run: end },
];
