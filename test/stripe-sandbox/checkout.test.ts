import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { refusalOf } from './billing-customers.ts';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const SUCCESS = 'https://shop.example.com/done?session={CHECKOUT_SESSION_ID}';
const CANCEL = 'https://shop.example.com/back';

async function session(more: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const { stripe } = running();
  const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
  return stripe.checkout.sessions.create({
    mode: 'payment',
    customer,
    line_items: [
      {
        quantity: 2,
        price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Credit <25>' } },
      },
    ],
    success_url: SUCCESS,
    cancel_url: CANCEL,
    client_reference_id: 'topup_1',
    metadata: { topUp: '1' },
    ...more,
  });
}

const setup = (): Promise<Stripe.Checkout.Session> =>
  session({
    mode: 'setup',
    line_items: [],
    currency: 'usd',
    setup_intent_data: { metadata: { team: 't1' } },
  });

/** Sends the form of the page as a browser does. */
function send(url: string | null, fields: Record<string, string>): Promise<Response> {
  return fetch(url ?? '', { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

const card = (number: string): Record<string, string> => ({
  number,
  expiry: '12 / 34',
  cvc: '123',
  name: 'Ada L',
});

const done = ({ id }: Stripe.Checkout.Session): string => SUCCESS.replace('{CHECKOUT_SESSION_ID}', id);

describe('a session for a payment', () => {
  test('is open with its sum and its page, and lists what is bought', async () => {
    const { stripe, url, clock } = running();
    const made = await session({ expand: ['line_items'] });
    expect(made).toMatchObject({
      status: 'open',
      payment_status: 'unpaid',
      amount_total: 2500,
      currency: 'usd',
      payment_intent: null,
      client_reference_id: 'topup_1',
      expires_at: clock.now().getTime() / 1000 + 86_400,
      url: `${url}/c/pay/${made.id}`,
    });
    expect(made.line_items?.data).toMatchObject([
      { description: 'Credit <25>', quantity: 2, amount_total: 2500 },
    ]);
    expect((await stripe.checkout.sessions.listLineItems(made.id)).data).toEqual(made.line_items?.data);
    const listed = await stripe.checkout.sessions.list({ customer: String(made.customer), limit: 1 });
    expect(listed.data[0]?.id).toBe(made.id);
  });

  test('shows a page with the sum, the cards to try, and a policy that lets nothing else in', async () => {
    const made = await session();
    const page = await fetch(made.url ?? '');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' https://shop.example.com");
    const text = await page.text();
    expect(text).toContain('$25.00');
    expect(text).toContain('Credit &lt;25&gt;');
    expect(text).toContain('data-card="4000 0027 6000 3184"');
    expect(text).toContain(`href="${CANCEL}"`);
    expect(text).not.toMatch(/src=|https?:\/\/(?!shop\.example\.com)/);
  });

  test('is complete when a card has paid, leads to where it was asked to, and tells so', async () => {
    const { stripe, eventsOf } = running();
    const made = await session({
      payment_intent_data: {
        metadata: { team: 't1' },
        setup_future_usage: 'off_session',
        description: 'Credit',
      },
    });
    const answer = await send(made.url, card('4242 4242 4242 4242'));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, done(made)]);
    const after = await stripe.checkout.sessions.retrieve(made.id, { expand: ['payment_intent'] });
    expect(after).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      url: null,
      customer_details: { email: 'ada@example.com', name: 'Ada L' },
      payment_intent: {
        status: 'succeeded',
        amount_received: 2500,
        metadata: { team: 't1' },
        description: 'Credit',
        customer: made.customer,
      },
    });
    const methods = await stripe.customers.listPaymentMethods(String(made.customer));
    expect(methods.data.map(({ card: kept }) => kept?.last4)).toEqual(['4242']);
    expect(await eventsOf(made.id)).toEqual(['checkout.session.completed']);
    const again = await send(made.url, card('4242424242424242'));
    expect(again.headers.get('location')).toBe(done(made));
    expect((await stripe.charges.list({ customer: String(made.customer) })).data).toHaveLength(1);
  });

  test('is paid once however often its form is sent at the same time', async () => {
    const { stripe } = running();
    const made = await session();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => send(made.url, card('4242424242424242'))),
    );
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(new Set([done(made)]));
    expect((await stripe.charges.list({ customer: String(made.customer) })).data).toHaveLength(1);
  });

  test('says why a card was declined, and takes another with the same payment intent', async () => {
    const { stripe } = running();
    const made = await session();
    const declined = await send(made.url, card('4000000000000002'));
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain('Your card was declined.');
    const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(made.id);
    expect(await stripe.paymentIntents.retrieve(String(intent))).toMatchObject({
      status: 'requires_payment_method',
    });
    expect((await send(made.url, card('5555555555554444'))).headers.get('location')).toBe(done(made));
    expect((await stripe.checkout.sessions.retrieve(made.id)).payment_intent).toBe(intent);
  });

  test.for([
    [{ number: '4242424242424241' }, 'Your card number is incorrect.'],
    [{ number: '' }, 'Please enter your card number.'],
    [{ expiry: '01 / 20' }, 'expiration year is invalid'],
    [{ expiry: 'soon' }, 'Please enter when your card expires'],
    [{ cvc: '' }, 'Please enter the security code'],
    [{ cvc: '1' }, 'security code is invalid'],
    [{ number: '4111111111111111' }, 'declined'],
  ] as const)('says what is wrong with %j', async ([wrong, message]) => {
    const made = await session();
    const answer = await send(made.url, { ...card('4242424242424242'), ...wrong });
    expect(answer.status).toBe(402);
    const text = await answer.text();
    expect(text.replaceAll('&#39;', "'")).toContain(message);
    expect(text).toContain('value="Ada L"');
  });

  test('sends the holder of the card to the bank and back', async () => {
    const { stripe, url } = running();
    const made = await session();
    for (const [outcome, status] of [
      ['fail', 'open'],
      ['complete', 'complete'],
    ] as const) {
      const asked = await send(made.url, card('4000002760003184'));
      const bank = asked.headers.get('location') ?? '';
      expect(bank).toMatch(new RegExp(`^${url}/3ds/pi_`));
      expect((await fetch(bank)).headers.get('content-security-policy')).toContain("form-action 'self'");
      const back = await send(bank, { outcome });
      const page = await fetch(back.headers.get('location') ?? '');
      expect(await page.text()).toContain(
        outcome === 'fail' ? 'unable to authenticate' : `href="${done(made)}"`,
      );
      expect((await stripe.checkout.sessions.retrieve(made.id)).status).toBe(status);
    }
  });

  test.for([
    ['pm_card_applePay', 'apple_pay'],
    ['pm_card_googlePay', 'google_pay'],
  ] as const)('takes %s', async ([wallet, type]) => {
    const { stripe } = running();
    const made = await session({ payment_intent_data: { setup_future_usage: 'off_session' } });
    expect((await send(made.url, { wallet })).headers.get('location')).toBe(done(made));
    const methods = await stripe.customers.listPaymentMethods(String(made.customer));
    expect(methods.data[0]?.card?.wallet?.type).toBe(type);
  });
});

describe('the end of a session that nobody pays', () => {
  test('comes when its time is over, and nothing can be paid with it then', async () => {
    const { stripe, clock, sandbox, eventsOf } = running();
    const made = await session({ expires_at: clock.now().getTime() / 1000 + 1800 });
    await send(made.url, card('4000002760003184'));
    clock.advance(1_800_000);
    await sandbox.runDue();
    const after = await stripe.checkout.sessions.retrieve(made.id, { expand: ['payment_intent'] });
    expect(after).toMatchObject({ status: 'expired', url: null, payment_intent: { status: 'canceled' } });
    expect((await eventsOf(made.id)).at(-1)).toBe('checkout.session.expired');
    const late = await send(made.url, card('4242424242424242'));
    expect([late.status, (await late.text()).includes('Nothing was charged')]).toEqual([410, true]);
  });

  test('comes when it is asked for, once', async () => {
    const { stripe } = running();
    const made = await session();
    expect((await stripe.checkout.sessions.expire(made.id)).status).toBe('expired');
    expect((await refusalOf(stripe.checkout.sessions.expire(made.id))).statusCode).toBe(400);
  });

  test('does not come for one that is complete', async () => {
    const { stripe, clock, sandbox } = running();
    const made = await session();
    await send(made.url, card('4242424242424242'));
    clock.advance(25 * 3_600_000);
    await sandbox.runDue();
    expect((await stripe.checkout.sessions.retrieve(made.id)).status).toBe('complete');
    expect((await refusalOf(stripe.checkout.sessions.expire(made.id))).statusCode).toBe(400);
  });
});

describe('a session that saves a card', () => {
  test('charges nothing, and gives the card to the customer', async () => {
    const { stripe, eventsOf } = running();
    const made = await setup();
    expect(made).toMatchObject({ mode: 'setup', payment_status: 'no_payment_required', amount_total: null });
    expect(await (await fetch(made.url ?? '')).text()).toContain('Nothing is charged now');
    expect((await send(made.url, card('4242424242424242'))).headers.get('location')).toBe(done(made));
    const after = await stripe.checkout.sessions.retrieve(made.id, {
      expand: ['setup_intent.payment_method'],
    });
    expect(after).toMatchObject({
      status: 'complete',
      setup_intent: {
        status: 'succeeded',
        metadata: { team: 't1' },
        payment_method: { customer: made.customer },
      },
    });
    expect((await stripe.charges.list({ customer: String(made.customer) })).data).toEqual([]);
    expect((await eventsOf(made.id)).at(-1)).toBe('checkout.session.completed');
  });

  test('asks the bank first where that wants it', async () => {
    const { stripe } = running();
    const made = await setup();
    const bank = (await send(made.url, card('4000002500003155'))).headers.get('location') ?? '';
    expect(bank).toContain('/3ds/seti_');
    await send(bank, { outcome: 'complete' });
    expect((await stripe.checkout.sessions.retrieve(made.id)).status).toBe('complete');
  });
});

test.for([
  [{ success_url: '' }, 'success_url'],
  [{ success_url: 'javascript:alert(1)' }, 'success_url'],
  [{ cancel_url: 'nowhere' }, 'cancel_url'],
  [{ line_items: [] }, 'line_items'],
  [{ customer: 'cus_none' }, 'customer'],
  [{ customer_email: 'b@example.com' }, 'customer_email'],
  [{ expires_at: 1 }, 'expires_at'],
  [{ mode: 'subscription' }, 'mode'],
  [{ client_reference_id: 'x'.repeat(201) }, 'client_reference_id'],
  [{ colour: 'red' }, 'colour'],
  [{ line_items: [{ quantity: 0, price: 'price_none' }] }, 'line_items[0][price]'],
] as const)('a session with %j is refused because of %s', async ([given, param]) => {
  // The types of the package rule out what is tried here.
  const refusal = await refusalOf(session(given as unknown as Stripe.Checkout.SessionCreateParams));
  expect(refusal).toMatchObject({ param });
});

test('a session of less than half a dollar is refused', async () => {
  const price_data = { currency: 'usd', unit_amount: 49, product_data: { name: 'Credit' } };
  const refusal = await refusalOf(session({ line_items: [{ quantity: 1, price_data }] }));
  expect(refusal).toMatchObject({ statusCode: 400, code: 'amount_too_small' });
});

test('a page of a session that there is not says so', async () => {
  const page = await fetch(`${running().url}/c/pay/cs_test_none`);
  expect(page.status).toBe(404);
});
