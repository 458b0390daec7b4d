import type Stripe from 'stripe';
import { afterEach, describe, expect, test } from 'vitest';
import { advanceTo, customerWith, invoicesOf, monthly, refusalOf, useCard } from './billing-customers.ts';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

/** So that what a test began is not renewed through the months of the others. */
afterEach(async () => {
  const { stripe } = running();
  for (const { id, status } of (await stripe.subscriptions.list({ limit: 100 })).data) {
    if (status !== 'incomplete_expired') await stripe.subscriptions.cancel(id);
  }
});

const seconds = (at: Date | string): number => new Date(at).getTime() / 1000;

async function subscribed(card = 'pm_card_visa', more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const at = running();
  const { customer, method } = await customerWith(at, card);
  const price = await monthly(at, 1900);
  const subscription = await at.stripe.subscriptions.create({
    customer,
    items: [{ price }],
    metadata: { team: 't1' },
    ...more,
  });
  return { customer, method, price, subscription, itemId: subscription.items.data[0]?.id ?? '' };
}

const firstItem = ({ items }: Stripe.Subscription): Stripe.SubscriptionItem =>
  items.data[0] ?? expect.fail('no item');

/** The first of the month after next, when no subscription of an earlier test is in the middle of anything. */
async function freshMonth(): Promise<Date> {
  const { clock } = running();
  const now = clock.now();
  await advanceTo(
    running(),
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 2, 1)).toISOString(),
  );
  return clock.now();
}

const plus = (from: Date, months: number, days = 0): string =>
  new Date(
    Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, from.getUTCDate() + days),
  ).toISOString();

describe('a subscription whose card has the money', () => {
  test('is active at once, with a paid first invoice that says what it is for', async () => {
    const { stripe, eventsOf, clock } = running();
    const { subscription, price, method } = await subscribed('pm_card_visa', {
      expand: ['latest_invoice.payments.data.payment.payment_intent', 'latest_invoice.confirmation_secret'],
    });
    expect(subscription).toMatchObject({ status: 'active', currency: 'usd', cancel_at_period_end: false });
    const start = seconds(clock.now());
    const period = { start, end: seconds(plus(clock.now(), 1)) };
    expect(firstItem(subscription)).toMatchObject({
      current_period_start: period.start,
      current_period_end: period.end,
      plan: { id: price, amount: 1900, interval: 'month' },
    });
    const invoice = subscription.latest_invoice;
    expect(invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_create',
      amount_paid: 1900,
      amount_remaining: 0,
      attempt_count: 1,
      number: expect.stringMatching(/-0001$/),
      parent: { subscription_details: { subscription: subscription.id, metadata: { team: 't1' } } },
      lines: {
        data: [
          {
            amount: 1900,
            description: '1 × Starter (at $19.00 / month)',
            period,
            pricing: { price_details: { price } },
            parent: { subscription_item_details: { subscription: subscription.id, proration: false } },
          },
        ],
      },
      payments: {
        data: [
          {
            status: 'paid',
            amount_paid: 1900,
            payment: { payment_intent: { status: 'succeeded', payment_method: method } },
          },
        ],
      },
      confirmation_secret: { type: 'payment_intent', client_secret: expect.stringContaining('_secret_') },
    });
    expect(await eventsOf(subscription.id)).toEqual([
      'invoice.created',
      'customer.subscription.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
      'customer.subscription.updated',
    ]);
    const intent = (invoice as Stripe.Invoice).payments?.data[0]?.payment
      .payment_intent as Stripe.PaymentIntent;
    const found = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: intent.id },
    });
    expect(found.data.map(({ invoice: id }) => id)).toEqual([(invoice as Stripe.Invoice).id]);
  });

  test('is renewed on the day of its anchor, each month once, for fourteen months', async () => {
    const from = await freshMonth();
    await advanceTo(running(), plus(from, 0, 30));
    const begun = running().clock.now();
    expect(begun.getUTCDate()).toBe(31);
    const { subscription } = await subscribed();
    await advanceTo(running(), plus(begun, 14, 3));
    const { stripe } = running();
    const { data } = await stripe.invoices.list({ subscription: subscription.id, limit: 100 });
    const lines = data.reverse().map(
      ({
        lines: {
          data: [line],
        },
      }) => line?.period,
    );
    expect(lines).toHaveLength(15);
    for (const [at, line] of lines.entries()) {
      expect(line?.end).toBe(
        lines[at + 1]?.start ??
          firstItem(await stripe.subscriptions.retrieve(subscription.id)).current_period_end,
      );
      const day = new Date((line?.start ?? 0) * 1000);
      const lastOfMonth = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
      expect(day.getUTCDate()).toBe(Math.min(begun.getUTCDate(), lastOfMonth));
    }
    expect(data.every(({ status, amount_paid }) => status === 'paid' && amount_paid === 1900)).toBe(true);
    expect(data.slice(1).every(({ billing_reason }) => billing_reason === 'subscription_cycle')).toBe(true);
  });
});

describe('a renewal that cannot be paid', () => {
  test('is tried again on days 3, 5 and 7, and then the subscription ends', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    const { stripe, eventsOf } = running();
    const seen: string[] = [];
    for (const day of [0, 2, 3, 5, 7]) {
      await advanceTo(running(), plus(from, 1, day));
      const now = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
      const {
        attempt_count: count,
        next_payment_attempt: next,
        status,
      } = now.latest_invoice as Stripe.Invoice;
      const inDays = next === null ? 'never' : (next - seconds(plus(from, 1))) / 86_400;
      seen.push(`day ${day}: ${now.status}, invoice ${status}, ${count} attempts, next ${inDays}`);
    }
    expect(seen).toEqual([
      'day 0: past_due, invoice open, 1 attempts, next 3',
      'day 2: past_due, invoice open, 1 attempts, next 3',
      'day 3: past_due, invoice open, 2 attempts, next 5',
      'day 5: past_due, invoice open, 3 attempts, next 7',
      'day 7: canceled, invoice open, 4 attempts, next never',
    ]);
    expect((await stripe.subscriptions.retrieve(subscription.id)).cancellation_details?.reason).toBe(
      'payment_failed',
    );
    const events = await eventsOf(subscription.id);
    expect(events.filter((type) => type === 'invoice.payment_failed')).toHaveLength(4);
    expect(events.filter((type) => type === 'customer.subscription.deleted')).toHaveLength(1);
    await advanceTo(running(), plus(from, 3));
    expect(await invoicesOf(running(), subscription.id)).toEqual([
      'subscription_create paid 1900',
      'subscription_cycle open 1900',
    ]);
  });

  test('is paid by the next attempt with another card, and the subscription is active again', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    await advanceTo(running(), plus(from, 1, 1));
    const { stripe } = running();
    const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: method.id });
    await advanceTo(running(), plus(from, 1, 3));
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect(after).toMatchObject({ status: 'active', latest_invoice: { status: 'paid', attempt_count: 2 } });
  });

  test('is paid when it is asked for, and refused as the card says until then', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    await advanceTo(running(), plus(from, 1));
    const { stripe } = running();
    const invoice = String((await stripe.subscriptions.retrieve(subscription.id)).latest_invoice);
    expect(await refusalOf(stripe.invoices.pay(invoice))).toMatchObject({
      statusCode: 402,
      code: 'card_declined',
    });
    expect((await stripe.invoices.retrieve(invoice)).attempt_count).toBe(1);
    const { id: good } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    const paid = await stripe.invoices.pay(invoice, { payment_method: good });
    expect(paid).toMatchObject({ status: 'paid', next_payment_attempt: null });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    expect(await refusalOf(stripe.invoices.pay(invoice))).toMatchObject({ code: 'invoice_already_paid' });
  });

  test('is tried with the card of the customer when that of the subscription was taken away', async () => {
    const from = await freshMonth();
    const { stripe } = running();
    const { subscription, customer } = await subscribed();
    const { id: own } = await stripe.paymentMethods.attach('pm_card_mastercard', { customer });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: own });
    await stripe.paymentMethods.detach(own);
    await advanceTo(running(), plus(from, 1));
    expect((await invoicesOf(running(), subscription.id)).at(-1)).toBe('subscription_cycle paid 1900');
  });

  test('counts as failed when there is no card any more', async () => {
    const from = await freshMonth();
    const { subscription, method } = await subscribed();
    const { stripe } = running();
    await stripe.paymentMethods.detach(method);
    await advanceTo(running(), plus(from, 1));
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect(after).toMatchObject({ status: 'past_due', latest_invoice: { status: 'open', attempt_count: 1 } });
  });

  test('does not happen once the customer is deleted: the subscription ends', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    const { stripe } = running();
    await stripe.customers.del(customer);
    await advanceTo(running(), plus(from, 1));
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
    expect(await invoicesOf(running(), subscription.id)).toHaveLength(1);
  });

  test('asks for the holder of the card where the bank wants them', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    await useCard(running(), customer, 'pm_card_authenticationRequired');
    await advanceTo(running(), plus(from, 1));
    const events = await running().eventsOf(subscription.id);
    expect(events).toContain('invoice.payment_action_required');
    expect(events).toContain('invoice.payment_failed');
  });
});

describe('a first payment that is not made at once', () => {
  test('leaves the subscription incomplete until its payment intent is confirmed', async () => {
    const { stripe } = running();
    const { subscription, method } = await subscribed('pm_card_visa', {
      payment_behavior: 'default_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
      expand: ['latest_invoice.confirmation_secret'],
    });
    expect(subscription.status).toBe('incomplete');
    const secret = (subscription.latest_invoice as Stripe.Invoice).confirmation_secret?.client_secret ?? '';
    await stripe.paymentIntents.confirm(secret.split('_secret_')[0] ?? '', { payment_method: method });
    const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect(after).toMatchObject({
      status: 'active',
      default_payment_method: method,
      latest_invoice: { status: 'paid' },
    });
  });

  test('lets it expire after 23 hours, with its invoice void and its payment intent cancelled', async () => {
    const { stripe, clock, sandbox, eventsOf } = running();
    const { subscription } = await subscribed('pm_card_chargeCustomerFail', {
      expand: ['latest_invoice.payments'],
    });
    expect(subscription.status).toBe('incomplete');
    clock.advance(22 * 3_600_000);
    await sandbox.runDue();
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('incomplete');
    clock.advance(3_600_000);
    await sandbox.runDue();
    const after = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['latest_invoice.payments.data.payment.payment_intent'],
    });
    expect(after).toMatchObject({
      status: 'incomplete_expired',
      latest_invoice: {
        status: 'void',
        payments: { data: [{ status: 'canceled', payment: { payment_intent: { status: 'canceled' } } }] },
      },
    });
    expect((await eventsOf(subscription.id)).slice(-2)).toEqual([
      'invoice.voided',
      'customer.subscription.updated',
    ]);
    clock.advance(3_600_000);
  });

  test.for([
    ['pm_card_chargeCustomerFail', 'card_declined'],
    ['pm_card_authenticationRequired', 'subscription_payment_intent_requires_action'],
  ] as const)(
    'with %s and error_if_incomplete is refused with %s and leaves nothing behind',
    async ([card, code]) => {
      const { stripe, received, sandbox } = running();
      const { customer } = await customerWith(running(), card);
      const price = await monthly(running(), 1900);
      await sandbox.runDue();
      const before = received.length;
      const refusal = await refusalOf(
        stripe.subscriptions.create({
          customer,
          items: [{ price }],
          payment_behavior: 'error_if_incomplete',
        }),
      );
      expect(refusal).toMatchObject({ statusCode: 402, code });
      await sandbox.runDue();
      expect(received.length).toBe(before);
      expect((await stripe.subscriptions.list({ customer, status: 'all' })).data).toEqual([]);
      expect((await stripe.invoices.list({ customer })).data).toEqual([]);
    },
  );
});

describe('a change of prices', () => {
  test('is invoiced at once with always_invoice: a credit and a charge by the second, the cycle stays', async () => {
    const from = await freshMonth();
    const { subscription, itemId, price } = await subscribed();
    const pro = await monthly(running(), 5900, 'Pro');
    await advanceTo(running(), plus(from, 0, 10));
    const { stripe, clock } = running();
    clock.advance(12_345_000);
    const now = seconds(clock.now());
    const after = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: pro }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    const { current_period_start: start, current_period_end: end } = firstItem(after);
    expect([start, end]).toEqual([seconds(from), seconds(plus(from, 1))]);
    const share = (cents: number): number => Math.round((cents * (end - now)) / (end - start));
    const period = { start: now, end };
    expect(after.latest_invoice).toMatchObject({
      billing_reason: 'subscription_update',
      status: 'paid',
      total: share(5900) - share(1900),
      lines: {
        data: [
          {
            amount: -share(1900),
            period,
            pricing: { price_details: { price } },
            description: expect.stringMatching(/^Unused time on Starter after \d\d \w{3} \d{4}$/),
          },
          {
            amount: share(5900),
            period,
            pricing: { price_details: { price: pro } },
            parent: { subscription_item_details: { proration: true } },
          },
        ],
      },
    });
    clock.advance(86_400_000 - 12_345_000);
    await advanceTo(running(), plus(from, 1));
    expect((await invoicesOf(running(), subscription.id)).at(-1)).toBe('subscription_cycle paid 5900');
  });

  test('shows the same in a preview, which changes nothing', async () => {
    const from = await freshMonth();
    const { subscription, itemId } = await subscribed();
    const pro = await monthly(running(), 5900, 'Pro');
    await advanceTo(running(), plus(from, 0, 10));
    const { stripe } = running();
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items: [{ id: itemId, price: pro }], proration_behavior: 'always_invoice' },
    });
    expect(await invoicesOf(running(), subscription.id)).toHaveLength(1);
    const after = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: pro }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    const { total, lines } = after.latest_invoice as Stripe.Invoice;
    expect(preview).toMatchObject({ total, status: 'draft' });
    expect(preview.lines.data.map(({ amount }) => amount)).toEqual(lines.data.map(({ amount }) => amount));
    const next = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect(next).toMatchObject({ billing_reason: 'upcoming', total: 5900 });
  });

  test('without proration costs nothing until the next cycle, which has the new price', async () => {
    const from = await freshMonth();
    const { subscription, itemId } = await subscribed();
    const lite = await monthly(running(), 900, 'Lite');
    await advanceTo(running(), plus(from, 0, 10));
    const { stripe } = running();
    const after = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: lite }],
      proration_behavior: 'none',
    });
    expect(firstItem(after).current_period_end).toBe(firstItem(subscription).current_period_end);
    await advanceTo(running(), plus(from, 1));
    expect(await invoicesOf(running(), subscription.id)).toEqual([
      'subscription_create paid 1900',
      'subscription_cycle paid 900',
    ]);
  });

  test('with create_prorations waits for the next cycle; what is more credit than charge stays with the customer', async () => {
    const from = await freshMonth();
    const { subscription, itemId, customer } = await subscribed();
    const lite = await monthly(running(), 100, 'Lite');
    const { stripe } = running();
    await stripe.subscriptions.update(subscription.id, { items: [{ id: itemId, price: lite }] });
    const waiting = await stripe.invoiceItems.list({ customer, pending: true });
    expect(waiting.data.map(({ amount, proration }) => [amount, proration])).toEqual([
      [100, true],
      [-1900, true],
    ]);
    await advanceTo(running(), plus(from, 1));
    expect((await invoicesOf(running(), subscription.id)).at(-1)).toBe('subscription_cycle paid -1700');
    expect((await stripe.customers.retrieve(customer)) as Stripe.Customer).toMatchObject({ balance: -1700 });
    await advanceTo(running(), plus(from, 2));
    const last = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data[0];
    expect(last).toMatchObject({
      total: 100,
      starting_balance: -1700,
      ending_balance: -1600,
      amount_due: 0,
      status: 'paid',
    });
  });

  test('that is to be undone unless paid is refused with the decline and changes nothing', async () => {
    const { stripe } = running();
    const { subscription, itemId, customer, price } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    const pro = await monthly(running(), 5900, 'Pro');
    const refusal = await refusalOf(
      stripe.subscriptions.update(subscription.id, {
        items: [{ id: itemId, price: pro }],
        proration_behavior: 'always_invoice',
        payment_behavior: 'error_if_incomplete',
      }),
    );
    expect(refusal).toMatchObject({ statusCode: 402, code: 'card_declined' });
    const after = await stripe.subscriptions.retrieve(subscription.id);
    expect(after.status).toBe('active');
    expect(firstItem(after).price.id).toBe(price);
    expect(await invoicesOf(running(), subscription.id)).toHaveLength(1);
  });

  test('that waits for the holder of the card leaves the subscription past due until they have confirmed it', async () => {
    const { stripe } = running();
    const { subscription, itemId, customer } = await subscribed();
    await useCard(running(), customer, 'pm_card_authenticationRequired');
    const pro = await monthly(running(), 5900, 'Pro');
    const after = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: pro }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice.payments.data.payment.payment_intent'],
    });
    expect(after.status).toBe('past_due');
    const invoice = after.latest_invoice as Stripe.Invoice;
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    const bank = intent.next_action?.redirect_to_url?.url ?? '';
    await fetch(bank, {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'complete' }),
      redirect: 'manual',
    });
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  test('that is held back until paid takes effect when its invoice is paid', async () => {
    const { stripe } = running();
    const { subscription, itemId, customer, price } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    const pro = await monthly(running(), 5900, 'Pro');
    const held = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: pro }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(held).toMatchObject({
      status: 'active',
      pending_update: { subscription_items: [{ price: { id: pro } }] },
    });
    expect(firstItem(held).price.id).toBe(price);
    const { id: good } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.invoices.pay(String(held.latest_invoice), { payment_method: good });
    const after = await stripe.subscriptions.retrieve(subscription.id);
    expect(after.pending_update).toBeNull();
    expect(firstItem(after).price.id).toBe(pro);
    expect(await running().eventsOf(subscription.id)).toContain(
      'customer.subscription.pending_update_applied',
    );
  });

  test('that is held back is forgotten after 23 hours', async () => {
    const { stripe, clock, sandbox } = running();
    const { subscription, itemId, customer, price } = await subscribed();
    await useCard(running(), customer, 'pm_card_chargeCustomerFail');
    const pro = await monthly(running(), 5900, 'Pro');
    const held = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: pro }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    clock.advance(23 * 3_600_000);
    await sandbox.runDue();
    const after = await stripe.subscriptions.retrieve(subscription.id);
    expect(after).toMatchObject({ status: 'active', pending_update: null });
    expect(firstItem(after).price.id).toBe(price);
    expect((await stripe.invoices.retrieve(String(held.latest_invoice))).status).toBe('void');
    clock.advance(3_600_000);
  });

  test('to another interval begins a new cycle now', async () => {
    const from = await freshMonth();
    const { subscription, itemId } = await subscribed();
    const { stripe, clock } = running();
    const yearly = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 19_000,
      recurring: { interval: 'year' },
      product_data: { name: 'Yearly' },
    });
    await advanceTo(running(), plus(from, 0, 1));
    const after = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: itemId, price: yearly.id }],
    });
    expect(after.billing_cycle_anchor).toBe(seconds(clock.now()));
    expect(firstItem(after).current_period_end).toBe(seconds(plus(clock.now(), 12)));
    expect((await invoicesOf(running(), subscription.id)).at(-1)).toMatch(
      /^subscription_update paid 17\d\d\d$/,
    );
  });
});

describe('the end of a subscription', () => {
  test('comes with its period when asked for then, and can be called off', async () => {
    const from = await freshMonth();
    const { subscription } = await subscribed();
    const { stripe, eventsOf } = running();
    const asked = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    expect(asked).toMatchObject({
      cancel_at_period_end: true,
      cancel_at: seconds(plus(from, 1)),
      status: 'active',
    });
    const stays = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    expect(stays).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await advanceTo(running(), plus(from, 1));
    const ended = await stripe.subscriptions.retrieve(subscription.id);
    expect(ended).toMatchObject({ status: 'canceled', ended_at: seconds(plus(from, 1)) });
    expect((await eventsOf(subscription.id)).at(-1)).toBe('customer.subscription.deleted');
    expect(await invoicesOf(running(), subscription.id)).toEqual(['subscription_create paid 1900']);
  });

  test('comes at once when it is cancelled, and the rest of the period is given back if asked for', async () => {
    const from = await freshMonth();
    const { subscription, customer } = await subscribed();
    await advanceTo(running(), plus(from, 0, 10));
    const { stripe } = running();
    const ended = await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true });
    const { current_period_start: start, current_period_end: end } = firstItem(ended);
    const rest = Math.round((1900 * (end - seconds(plus(from, 0, 10)))) / (end - start));
    expect(ended).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'cancellation_requested' },
    });
    expect((await stripe.customers.retrieve(customer)) as Stripe.Customer).toMatchObject({ balance: -rest });
    expect(await refusalOf(stripe.subscriptions.cancel(subscription.id))).toMatchObject({ statusCode: 404 });
    const refused = await refusalOf(
      stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }),
    );
    expect(refused.statusCode).toBe(400);
  });
});

test.for([
  [{ items: [] }, 'items'],
  [{ items: [{ price: 'price_none' }] }, 'items[0][price]'],
  [{ customer: 'cus_none' }, 'customer'],
  [{ default_payment_method: 'pm_none' }, 'default_payment_method'],
  [{ payment_behavior: 'hope' }, 'payment_behavior'],
  [{ trial_period_days: 3 }, 'trial_period_days'],
] as const)('a subscription of %j is refused because of %s', async ([given, param]) => {
  const { stripe } = running();
  const { customer } = await customerWith(running(), 'pm_card_visa');
  const terms = { customer, items: [{ price: await monthly(running(), 1900) }], ...given };
  // The types of the package rule out what is tried here.
  const refusal = await refusalOf(
    stripe.subscriptions.create(terms as unknown as Stripe.SubscriptionCreateParams),
  );
  expect(refusal).toMatchObject({ param });
});

test('subscriptions are listed by customer and state, and their items by subscription', async () => {
  const { stripe } = running();
  const { subscription, customer, itemId } = await subscribed();
  const ids = async (status?: Stripe.SubscriptionListParams.Status): Promise<string[]> =>
    (await stripe.subscriptions.list({ customer, ...(status ? { status } : {}) })).data.map(({ id }) => id);
  expect(await ids()).toEqual([subscription.id]);
  expect(await ids('canceled')).toEqual([]);
  expect((await stripe.subscriptionItems.list({ subscription: subscription.id })).data[0]?.id).toBe(itemId);
  expect((await stripe.subscriptionItems.retrieve(itemId)).subscription).toBe(subscription.id);
  await stripe.subscriptions.cancel(subscription.id);
  expect([await ids(), await ids('canceled')]).toEqual([[], [subscription.id]]);
});
