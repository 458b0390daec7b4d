import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { customerWith, refusalOf } from './billing-customers.ts';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

async function draft(card: string, cents: readonly number[], more: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { stripe } = running();
  const { customer } = await customerWith(running(), card);
  const invoice = await stripe.invoices.create({ customer, metadata: { debt: '1' }, ...more });
  for (const amount of cents) {
    await stripe.invoiceItems.create({
      customer,
      invoice: invoice.id,
      amount,
      currency: 'usd',
      description: 'Usage',
    });
  }
  return { customer, invoice: await stripe.invoices.retrieve(invoice.id) };
}

describe('an invoice made by hand', () => {
  test('is the sum of its items, has a number once it is final, and is paid when asked', async () => {
    const { stripe, eventsOf } = running();
    const { customer, invoice } = await draft('pm_card_visa', [1250, 49]);
    expect(invoice).toMatchObject({ status: 'draft', number: null, total: 1299, amount_due: 1299 });
    expect(invoice.lines.data.map(({ amount, description }) => [amount, description])).toEqual([
      [1250, 'Usage'],
      [49, 'Usage'],
    ]);
    const open = await stripe.invoices.finalizeInvoice(invoice.id);
    expect(open).toMatchObject({
      status: 'open',
      number: expect.stringMatching(/-0001$/),
      amount_remaining: 1299,
    });
    const paid = await stripe.invoices.pay(invoice.id);
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 1299, metadata: { debt: '1' }, parent: null });
    const second = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: second.id, amount: 5000, currency: 'usd' });
    expect((await stripe.invoices.pay(second.id)).number).toMatch(/-0002$/);
    expect((await stripe.invoices.list({ customer, status: 'paid' })).data).toHaveLength(2);
    expect((await eventsOf(invoice.id)).filter((type) => type.startsWith('invoice.'))).toEqual([
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]);
  });

  test('takes in what waits for its customer only when asked to, and each item once', async () => {
    const { stripe } = running();
    const { customer } = await customerWith(running(), 'pm_card_visa');
    await stripe.invoiceItems.create({ customer, amount: 700, currency: 'usd' });
    const terms = { customer, pending_invoice_items_behavior: 'include' as const };
    expect((await stripe.invoices.create({ customer })).total).toBe(0);
    expect((await stripe.invoices.create(terms)).total).toBe(700);
    expect((await stripe.invoices.create(terms)).total).toBe(0);
  });

  test.for([
    [0, 0],
    [49, 49],
    [-300, -300],
  ] as const)(
    'of %i cents is paid without a card, and leaves %i on the balance of the customer',
    async ([cents, left]) => {
      const { stripe } = running();
      const { customer, invoice } = await draft('pm_card_chargeCustomerFail', cents === 0 ? [] : [cents]);
      const paid = await stripe.invoices.finalizeInvoice(invoice.id, { expand: ['payments'] });
      expect(paid).toMatchObject({ status: 'paid', amount_due: 0, amount_paid: 0, ending_balance: left });
      expect(paid.payments?.data).toEqual([]);
      expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: left });
    },
  );

  test('uses up the credit of the customer before the card', async () => {
    const { stripe } = running();
    const { customer } = await draft('pm_card_visa', [-300]);
    const credit = (await stripe.invoices.list({ customer })).data[0]?.id ?? '';
    await stripe.invoices.finalizeInvoice(credit);
    const invoice = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: invoice.id, amount: 1000, currency: 'usd' });
    const paid = await stripe.invoices.pay(invoice.id);
    expect(paid).toMatchObject({
      total: 1000,
      starting_balance: -300,
      amount_due: 700,
      amount_paid: 700,
      ending_balance: 0,
    });
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  });

  test('goes its way by itself with auto_advance: final after an hour, tried again while it fails', async () => {
    const { stripe, clock, sandbox } = running();
    const { invoice } = await draft('pm_card_chargeCustomerFail', [900], { auto_advance: true });
    clock.advance(3_600_000);
    await sandbox.runDue();
    const first = await stripe.invoices.retrieve(invoice.id);
    expect(first).toMatchObject({ status: 'open', attempt_count: 1 });
    clock.advance(3 * 86_400_000);
    await sandbox.runDue();
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', attempt_count: 2 });
  });

  test('is void, and then neither paid nor final again; its payment intent is cancelled', async () => {
    const { stripe } = running();
    const { invoice } = await draft('pm_card_visa', [900]);
    await stripe.invoices.finalizeInvoice(invoice.id);
    const voided = await stripe.invoices.voidInvoice(invoice.id, {
      expand: ['payments.data.payment.payment_intent'],
    });
    expect(voided.status).toBe('void');
    expect(voided.payments?.data[0]?.payment.payment_intent).toMatchObject({ status: 'canceled' });
    expect((await refusalOf(stripe.invoices.pay(invoice.id))).code).toBe('invoice_not_editable');
    expect((await refusalOf(stripe.invoices.finalizeInvoice(invoice.id))).code).toBe('invoice_not_editable');
    expect((await refusalOf(stripe.invoices.voidInvoice(invoice.id))).code).toBe('invoice_not_editable');
  });

  test('is given up as uncollectible, and can be paid all the same', async () => {
    const { stripe } = running();
    const { invoice } = await draft('pm_card_visa', [900]);
    await stripe.invoices.finalizeInvoice(invoice.id);
    expect((await stripe.invoices.markUncollectible(invoice.id)).status).toBe('uncollectible');
    expect((await stripe.invoices.pay(invoice.id)).status).toBe('paid');
  });

  test('is charged once, whether it or its payment intent is paid first, by many at the same time', async () => {
    const { stripe } = running();
    const { customer, invoice } = await draft('pm_card_visa', [900]);
    const { payments } = await stripe.invoices.finalizeInvoice(invoice.id, { expand: ['payments'] });
    const intent = String(payments?.data[0]?.payment.payment_intent);
    const { data: methods } = await stripe.customers.listPaymentMethods(customer);
    const payment_method = methods[0]?.id ?? '';
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 4 }, () => stripe.invoices.pay(invoice.id)),
      ...Array.from({ length: 4 }, () => stripe.paymentIntents.confirm(intent, { payment_method })),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of outcomes)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ statusCode: 400 });
    expect((await stripe.charges.list({ customer })).data).toHaveLength(1);
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
  });

  test('is settled outside of Stripe without a charge', async () => {
    const { stripe } = running();
    const { customer, invoice } = await draft('pm_card_visa', [900]);
    await stripe.invoices.finalizeInvoice(invoice.id);
    expect((await stripe.invoices.pay(invoice.id, { paid_out_of_band: true })).status).toBe('paid');
    expect((await stripe.charges.list({ customer })).data).toEqual([]);
  });

  test('says which method is missing, or that its holder is', async () => {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create({});
    const invoice = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: invoice.id, amount: 900, currency: 'usd' });
    expect((await refusalOf(stripe.invoices.pay(invoice.id))).message).toMatch(/default payment method/);
    const { id: method } = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer });
    const absent = await refusalOf(stripe.invoices.pay(invoice.id, { payment_method: method }));
    expect(absent).toMatchObject({ statusCode: 402, code: 'authentication_required' });
    const present = await refusalOf(
      stripe.invoices.pay(invoice.id, { payment_method: method, off_session: false }),
    );
    expect(present).toMatchObject({ statusCode: 402, code: 'invoice_payment_intent_requires_action' });
    const { payments } = await stripe.invoices.retrieve(invoice.id, {
      expand: ['payments.data.payment.payment_intent'],
    });
    expect(payments?.data[0]?.payment.payment_intent).toMatchObject({ status: 'requires_action' });
  });
});

describe('the page of an invoice', () => {
  test('shows its lines, says why a card is declined, takes another, and is done', async () => {
    const { stripe } = running();
    const { invoice } = await draft('pm_card_chargeCustomerFail', [1250]);
    const { hosted_invoice_url: url } = await stripe.invoices.finalizeInvoice(invoice.id);
    const send = (number: string): Promise<Response> =>
      fetch(url ?? '', {
        method: 'POST',
        body: new URLSearchParams({ number, expiry: '12 / 34', cvc: '123', name: 'Ada <b>' }),
        redirect: 'manual',
      });
    expect(await (await fetch(url ?? '')).text()).toContain('$12.50');
    const declined = await send('4000000000009995');
    expect(declined.status).toBe(402);
    const shown = await declined.text();
    expect(shown).toContain('insufficient funds');
    expect(shown).toContain('value="Ada &lt;b&gt;"');
    expect((await send('4242424242424242')).status).toBe(303);
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
    expect(await (await fetch(url ?? '')).text()).toContain('Thank you');
  });
});
