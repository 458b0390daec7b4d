import { expect, test } from 'vitest';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const page = async (path = '/') => (await fetch(`${running().url}${path}`)).text();

function send(path: string, fields: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams(fields);
  return fetch(`${running().url}${path}`, { method: 'POST', body, redirect: 'manual' });
}

async function paid(card: string) {
  return running().stripe.paymentIntents.create({
    amount: 2000,
    currency: 'usd',
    payment_method: card,
    confirm: true,
    return_url: 'https://example.com/',
  });
}

test('the first page leads from objects to where somebody goes on with them', async () => {
  const asking = await paid('pm_card_authenticationRequired');
  const { latest_charge: charge } = await paid('pm_card_visa');
  const overview = await page();
  for (const path of [`/3ds/${asking.id}`, `/receipts/${charge}`]) {
    expect(overview).toContain(`href="${path}"`);
    expect((await fetch(`${running().url}${path}`)).status).toBe(200);
  }
});

test('a fault is asked for with a form, waits on the page, and is called off', async () => {
  const asked = await send('/faults', { kind: 'DROP_WEBHOOK', target: 'refund.*', times: '3', delayMs: '0' });
  expect([asked.status, asked.headers.get('location')]).toEqual([303, '/']);
  expect(await page()).toMatch(/DROP_WEBHOOK · refund\.\*.*3 to come/s);
  expect((await send('/faults/clear')).status).toBe(303);
  expect(await page()).not.toContain('to come');
});

test('an event is sent again at the touch of its button', async () => {
  const { id } = await paid('pm_card_visa');
  const heard = await running().eventsOf(id);
  const [event] = running().received.filter(({ event: { data } }) => Reflect.get(data.object, 'id') === id);
  const path = `/events/${event?.event.id}/again`;
  expect(await page()).toContain(`action="${path}"`);
  expect((await send(path)).status).toBe(303);
  expect(await running().eventsOf(id)).toHaveLength(heard.length + 1);
});

test('each test card is there with its number and what it does', async () => {
  const text = (await page()).replaceAll(/\s+/g, ' ');
  expect(text).toMatch(/pm_card_visa<.{0,80}4242 4242 4242 4242 · pays</);
  expect(text).toMatch(/pm_card_chargeCustomerFail<.{0,80}is saved, then declined: generic_decline</);
});
