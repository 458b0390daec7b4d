import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { type RunningSandbox, useSandbox } from './running-sandbox.ts';

const running = useSandbox();

async function customerWith(card: string): Promise<{ customer: string; method: string }> {
  const { stripe } = running();
  const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id: method } = await stripe.paymentMethods.attach(card, { customer });
  return { customer, method };
}

function refusalOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return promise.then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => {
      if (error instanceof Stripe.errors.StripeError) return error;
      throw error;
    },
  );
}

const pay = (
  { stripe }: RunningSandbox,
  method: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
) =>
  stripe.paymentIntents.create({
    amount: 2500,
    currency: 'usd',
    payment_method: method,
    confirm: true,
    ...more,
  });

describe('a payment with a card that has the money', () => {
  test('succeeds, charges the card once and tells so in order', async () => {
    const { customer, method } = await customerWith('pm_card_visa');
    const paid = await pay(running(), method, {
      customer,
      off_session: true,
      allowed_payment_method_types: ['card'],
      metadata: { team: 't1' },
      expand: ['latest_charge', 'customer'],
    });
    const charge = expectObject(paid.latest_charge);
    expect(paid).toMatchObject({
      status: 'succeeded',
      amount_received: 2500,
      allowed_payment_method_types: ['card'],
      metadata: { team: 't1' },
    });
    expect(paid.customer).toMatchObject({ id: customer, email: 'ada@example.com' });
    expect(charge).toMatchObject({
      paid: true,
      payment_intent: paid.id,
      payment_method_details: { card: { brand: 'visa', last4: '4242' } },
    });
    expect((await running().stripe.charges.list({ payment_intent: paid.id })).data).toHaveLength(1);
    expect(await running().eventsOf(paid.id)).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  test('takes the same fingerprint for the same number, another for another', async () => {
    const [first, second, other] = await Promise.all(
      ['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard'].map((name) =>
        running().stripe.paymentMethods.retrieve(name),
      ),
    );
    expect(first?.card?.fingerprint).toBe(second?.card?.fingerprint);
    expect(first?.card?.fingerprint).not.toBe(other?.card?.fingerprint);
  });

  test('paid with twice at once is one payment', async () => {
    const { stripe } = running();
    const { id } = await stripe.paymentIntents.create({
      amount: 900,
      currency: 'usd',
      payment_method: 'pm_card_visa',
    });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => stripe.paymentIntents.confirm(id)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(1);
  });
});

describe('a card that declines', () => {
  test.for([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
  ] as const)('%s answers 402 %s, and the failed attempt stays', async ([card, code, declineCode]) => {
    const { stripe, eventsOf } = running();
    const refused = await refusalOf(pay(running(), card));
    expect(refused).toMatchObject({
      statusCode: 402,
      type: 'StripeCardError',
      code,
      decline_code: declineCode,
    });
    const intent = await stripe.paymentIntents.retrieve(refused.payment_intent?.id ?? '');
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { code, decline_code: declineCode },
    });
    expect(await eventsOf(intent.id)).toEqual([
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
    ]);
  });

  test('at once cannot be saved; one that declines later can', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const refused = await refusalOf(stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer }));
    expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined' });
    const saved = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    expect(await refusalOf(pay(running(), saved.id, { customer, off_session: true }))).toMatchObject({
      code: 'card_declined',
    });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
  });

  test('for being out of date does so from the month after on the clock', async () => {
    const { stripe, clock } = running();
    const { customer, method } = await customerWith('pm_card_visa');
    const now = clock.now();
    await stripe.paymentMethods.update(method, {
      card: { exp_month: now.getUTCMonth() + 1, exp_year: now.getUTCFullYear() },
    });
    await expect(pay(running(), method, { customer })).resolves.toMatchObject({ status: 'succeeded' });
    clock.advance(32 * 86_400_000);
    expect(await refusalOf(pay(running(), method, { customer }))).toMatchObject({ code: 'expired_card' });
  });

  test('after one declined, another pays the same intent', async () => {
    const { stripe } = running();
    const refused = await refusalOf(pay(running(), 'pm_card_chargeDeclined'));
    const paid = await stripe.paymentIntents.confirm(refused.payment_intent?.id ?? '', {
      payment_method: 'pm_card_visa',
    });
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
  });
});

describe('a card whose holder has to authenticate', () => {
  test('waits for them and names the page, then goes on where the payment came from', async () => {
    const paid = await pay(running(), 'pm_card_authenticationRequired', {
      return_url: 'http://127.0.0.1:9/back?x=1',
    });
    expect(paid).toMatchObject({ status: 'requires_action', latest_charge: null });
    const page = paid.next_action?.redirect_to_url?.url ?? '';
    expect(await (await fetch(page)).text()).toContain('$25.00');
    const answered = await authenticate(page, 'complete');
    const back = new URL(answered.headers.get('location') ?? '');
    expect([back.pathname, back.searchParams.get('x')]).toEqual(['/back', '1']);
    expect(back.searchParams.get('payment_intent')).toBe(paid.id);
    expect(back.searchParams.get('redirect_status')).toBe('succeeded');
    expect(await running().stripe.paymentIntents.retrieve(paid.id)).toMatchObject({ status: 'succeeded' });
    expect(await running().eventsOf(paid.id)).toEqual([
      'payment_intent.created',
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  test('who fails, fails the payment, and no charge is made', async () => {
    const paid = await pay(running(), 'pm_card_threeDSecure2Required');
    const answered = await authenticate(paid.next_action?.redirect_to_url?.url ?? '', 'fail');
    expect(answered.status).toBe(200);
    expect(await answered.text()).toContain('You may close this page');
    expect(await running().stripe.paymentIntents.retrieve(paid.id)).toMatchObject({
      status: 'requires_payment_method',
      latest_charge: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  test('who answers twice at once pays once', async () => {
    const paid = await pay(running(), 'pm_card_authenticationRequired');
    const page = paid.next_action?.redirect_to_url?.url ?? '';
    await Promise.all([1, 2, 3].map(() => authenticate(page, 'complete')));
    expect((await running().stripe.charges.list({ payment_intent: paid.id })).data).toHaveLength(1);
  });

  test.for([
    ['pm_card_authenticationRequired', 'authentication_required'],
    ['pm_card_authenticationRequiredOnSetup', 'authentication_required'],
    ['pm_card_authenticationRequiredSetupForOffSession', undefined],
    ['pm_card_threeDSecureOptional', undefined],
  ] as const)('%s without them: %s', async ([card, code]) => {
    const { customer, method } = await customerWith(card);
    const outcome = pay(running(), method, { customer, off_session: true });
    if (code === undefined) return expect(outcome).resolves.toMatchObject({ status: 'succeeded' });
    expect(await refusalOf(outcome)).toMatchObject({ statusCode: 402, code, decline_code: code });
  });

  test('once for later payments is not asked again without being there', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({
      customer,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      confirm: true,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    });
    expect(setup.status).toBe('requires_action');
    await authenticate(setup.next_action?.redirect_to_url?.url ?? '', 'complete');
    const { data } = await stripe.customers.listPaymentMethods(customer);
    const paid = await pay(running(), data[0]?.id ?? '', { customer, off_session: true });
    expect(paid.status).toBe('succeeded');
    expect(await running().eventsOf(setup.id)).toEqual([
      'setup_intent.created',
      'setup_intent.requires_action',
      'setup_intent.succeeded',
    ]);
  });
});

describe('what cannot be done', () => {
  test.for([
    ['an amount below 50 cents', { amount: 49 }, { code: 'amount_too_small', param: 'amount' }],
    [
      'an amount that is no whole cent',
      { amount: 10.5 },
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    ['more than Stripe takes', { amount: 100_000_000 }, { code: 'amount_too_large', param: 'amount' }],
    [
      'a customer that does not exist',
      { customer: 'cus_none' },
      { code: 'resource_missing', param: 'customer' },
    ],
    [
      'a method that does not exist',
      { payment_method: 'pm_none' },
      { code: 'resource_missing', param: 'payment_method' },
    ],
    [
      'a way to pay that is no card',
      { allowed_payment_method_types: ['alipay'] },
      { param: 'allowed_payment_method_types' },
    ],
    ['a parameter that does not exist', { colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
    [
      'an unknown part of a parameter',
      { automatic_payment_methods: { on: true } },
      { code: 'parameter_unknown', param: 'automatic_payment_methods[on]' },
    ],
  ] as const)('%s is refused and leaves nothing behind', async ([, given, error]) => {
    const { stripe } = running();
    const before = await stripe.paymentIntents.list({ limit: 100 });
    // The types would not let these through; a caller without types may try.
    const params = { amount: 700, currency: 'usd', ...given } as Stripe.PaymentIntentCreateParams;
    expect(await refusalOf(stripe.paymentIntents.create(params))).toMatchObject({
      type: 'StripeInvalidRequestError',
      ...error,
    });
    expect((await stripe.paymentIntents.list({ limit: 100 })).data.length).toBe(before.data.length);
  });

  test("another customer's card, one that was detached and one that was used up are refused", async () => {
    const { stripe } = running();
    const { method } = await customerWith('pm_card_visa');
    const { id: stranger } = await stripe.customers.create();
    expect(await refusalOf(pay(running(), method, { customer: stranger }))).toMatchObject({
      param: 'payment_method',
    });
    await stripe.paymentMethods.detach(method);
    expect(await refusalOf(pay(running(), method))).toMatchObject({ param: 'payment_method' });
    const { id: once } = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await pay(running(), once);
    expect(await refusalOf(pay(running(), once))).toMatchObject({ param: 'payment_method' });
  });

  test('a payment is cancelled until it is paid, and paid until it is cancelled', async () => {
    const { stripe } = running();
    const paid = await pay(running(), 'pm_card_visa');
    expect(await refusalOf(stripe.paymentIntents.cancel(paid.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    const open = await pay(running(), 'pm_card_authenticationRequired');
    const canceled = await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      next_action: null,
      cancellation_reason: 'abandoned',
    });
    expect(await refusalOf(stripe.paymentIntents.confirm(open.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { id: open.id, status: 'canceled' },
    });
    await authenticate(open.next_action?.redirect_to_url?.url ?? '', 'complete');
    expect(await stripe.paymentIntents.retrieve(open.id)).toMatchObject({ status: 'canceled' });
  });
});

function authenticate(page: string, outcome: 'complete' | 'fail'): Promise<Response> {
  return fetch(page, { method: 'POST', body: new URLSearchParams({ outcome }), redirect: 'manual' });
}

function expectObject<T extends object>(value: string | T | null | undefined): T {
  if (value === null || value === undefined || typeof value === 'string') expect.fail('It was not expanded.');
  return value;
}
