import { describe, expect, test } from 'vitest';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

describe('a customer', () => {
  test('is changed member by member; metadata is merged, and removed by empty texts', async () => {
    const { stripe } = running();
    const { id } = await stripe.customers.create({
      email: 'a@example.com',
      metadata: { team: 't1', tier: 'pro' },
    });
    await stripe.customers.update(id, { name: 'Ada', metadata: { tier: '', region: 'eu' } });
    expect(await stripe.customers.retrieve(id)).toMatchObject({
      email: 'a@example.com',
      name: 'Ada',
      metadata: { team: 't1', region: 'eu' },
    });
    const cleared = await stripe.customers.update(id, { email: '', metadata: '' });
    expect([cleared.email, cleared.metadata]).toEqual([null, {}]);
  });

  test('is found by e-mail until deleted, and cannot be used after', async () => {
    const { stripe } = running();
    const { id } = await stripe.customers.create({
      email: 'gone@example.com',
      payment_method: 'pm_card_visa',
    });
    expect((await stripe.customers.list({ email: 'gone@example.com' })).data).toMatchObject([{ id }]);
    expect(await stripe.customers.del(id)).toEqual({ id, object: 'customer', deleted: true });
    expect((await stripe.customers.list({ email: 'gone@example.com' })).data).toEqual([]);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
    await expect(stripe.customers.update(id, { name: 'Back' })).rejects.toMatchObject({
      code: 'resource_missing',
    });
    await expect(stripe.setupIntents.create({ customer: id })).rejects.toMatchObject({
      code: 'resource_missing',
    });
    expect((await stripe.paymentMethods.list({ customer: id })).data).toEqual([]);
  });

  test('has a default among their own methods, and none once that is detached', async () => {
    const { stripe } = running();
    const { id } = await stripe.customers.create();
    const own = await stripe.paymentMethods.attach('pm_card_visa', { customer: id });
    const other = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } });
    const setDefault = (method: string) =>
      stripe.customers.update(id, { invoice_settings: { default_payment_method: method } });
    await expect(setDefault(other.id)).rejects.toMatchObject({ code: 'resource_missing' });
    expect((await setDefault(own.id)).invoice_settings.default_payment_method).toBe(own.id);
    await stripe.paymentMethods.detach(own.id);
    expect(await stripe.customers.retrieve(id)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
  });
});

describe('a payment method', () => {
  test('is attached once, listed with its customer, and gone for good once detached', async () => {
    const { stripe, eventsOf } = running();
    const { id: customer } = await stripe.customers.create();
    const { id: stranger } = await stripe.customers.create();
    const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer });
    expect(method).toMatchObject({ customer, card: { brand: 'mastercard', last4: '4444' } });
    await stripe.paymentMethods.attach(method.id, { customer });
    await expect(stripe.paymentMethods.attach(method.id, { customer: stranger })).rejects.toThrow(
      'already been attached',
    );
    await expect(stripe.customers.retrievePaymentMethod(stranger, method.id)).rejects.toThrow(
      'does not have',
    );
    expect((await stripe.customers.listPaymentMethods(customer, { type: 'card' })).data).toHaveLength(1);
    expect(await stripe.paymentMethods.detach(method.id)).toMatchObject({ customer: null });
    await expect(stripe.paymentMethods.attach(method.id, { customer })).rejects.toThrow(
      'may not be used again',
    );
    expect(await eventsOf(method.id)).toEqual(['payment_method.attached', 'payment_method.detached']);
  });

  test.for([
    ['pm_card_applePay', 'apple_pay'],
    ['pm_card_googlePay', 'google_pay'],
  ] as const)('%s is in the wallet %s', async ([name, wallet]) => {
    const { stripe } = running();
    const paid = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: name,
      confirm: true,
      expand: ['payment_method', 'latest_charge'],
    });
    expect(paid).toMatchObject({
      payment_method: { card: { wallet: { type: wallet, [wallet]: {} } } },
      latest_charge: { payment_method_details: { card: { wallet: { type: wallet } } } },
    });
  });

  test.for([
    [{ number: '4242424242424241', exp_month: 12, exp_year: 2030 }, 'incorrect_number'],
    [{ number: '4242424242424242', exp_month: 13, exp_year: 2030 }, 'invalid_expiry_month'],
    [{ number: '4242424242424242', exp_month: 12, exp_year: 2025 }, 'invalid_expiry_year'],
    [{ number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '1' }, 'invalid_cvc'],
    [{ number: '4111111111111111', exp_month: 12, exp_year: 2030 }, 'card_declined'],
  ] as const)('of a card typed as %o is refused: %s', async ([card, code]) => {
    const { stripe } = running();
    await expect(stripe.paymentMethods.create({ type: 'card', card })).rejects.toMatchObject({
      statusCode: 402,
      code,
    });
  });
});

describe('a setup intent', () => {
  test('saves the card for its customer and charges nothing', async () => {
    const { stripe, eventsOf } = running();
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({
      customer,
      usage: 'off_session',
      metadata: { for: 'team' },
    });
    expect(setup).toMatchObject({
      status: 'requires_payment_method',
      client_secret: expect.stringContaining(`${setup.id}_secret_`),
    });
    const saved = await stripe.setupIntents.confirm(setup.id, { payment_method: 'pm_card_visa' });
    expect(saved).toMatchObject({ status: 'succeeded', metadata: { for: 'team' } });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toMatchObject([
      { id: saved.payment_method },
    ]);
    expect((await stripe.charges.list({ customer })).data).toEqual([]);
    expect(await eventsOf(setup.id)).toEqual(['setup_intent.created', 'setup_intent.succeeded']);
    await expect(stripe.setupIntents.cancel(setup.id)).rejects.toMatchObject({
      code: 'setup_intent_unexpected_state',
    });
  });

  test('with a card that declines saves nothing, says why, and takes another', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const { id } = await stripe.setupIntents.create({ customer });
    const declined = stripe.setupIntents.confirm(id, { payment_method: 'pm_card_chargeDeclined' });
    await expect(declined).rejects.toMatchObject({ statusCode: 402, setup_intent: { id } });
    expect(await stripe.setupIntents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      last_setup_error: { code: 'card_declined' },
    });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toEqual([]);
    await expect(stripe.setupIntents.confirm(id, { payment_method: 'pm_card_visa' })).resolves.toMatchObject({
      status: 'succeeded',
      last_setup_error: null,
    });
  });

  test.for([
    ['complete', 'succeeded', 'succeeded', 1],
    ['fail', 'requires_payment_method', 'failed', 0],
  ] as const)('whose holder has to authenticate: %s', async ([outcome, status, told, saved]) => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({
      customer,
      payment_method: 'pm_card_authenticationRequired',
      confirm: true,
      return_url: 'http://127.0.0.1:9/cards',
    });
    const page = setup.next_action?.redirect_to_url?.url ?? '';
    expect(await (await fetch(page)).text()).toContain('saving your card');
    const answer = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ outcome }),
      redirect: 'manual',
    });
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.searchParams.get('setup_intent')).toBe(setup.id);
    expect(back.searchParams.get('redirect_status')).toBe(told);
    expect((await stripe.setupIntents.retrieve(setup.id)).status).toBe(status);
    expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(saved);
  });
});

describe('the pages', () => {
  test('tell what is there, in a dress that runs nothing but its own', async () => {
    const { stripe, url } = running();
    const { id } = await stripe.customers.create({ name: '<b>Ada</b>' });
    const response = await fetch(url);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain(id);
    expect((await fetch(`${url}/3ds/pi_none`)).status).toBe(404);
  });

  test('show a receipt, its texts as texts', async () => {
    const { stripe } = running();
    const paid = await stripe.paymentIntents.create({
      amount: 123_456,
      currency: 'usd',
      description: '<script>alert(1)</script>',
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    const charge = await stripe.charges.retrieve(String(paid.latest_charge));
    const page = await (await fetch(charge.receipt_url ?? '')).text();
    expect(page).toContain('$1,234.56');
    expect(page).not.toContain('<script>alert');
  });

  test('ask for a fault by a form, and call it off', async () => {
    const { url } = running();
    const ask = (path: string, fields: Record<string, string>) =>
      fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    expect((await ask('/faults', { kind: 'RATE_LIMIT', target: '*', times: '2', delayMs: '0' })).status).toBe(
      303,
    );
    expect(await (await fetch(url)).text()).toContain('2 to come');
    await ask('/faults/clear', {});
    expect(await (await fetch(url)).text()).not.toContain('to come');
  });
});
