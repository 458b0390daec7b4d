import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox();

const CHROMIUM = '/usr/bin/chromium';
const PHONE = { width: 390, height: 844 };

/** Where people come back to: another site than the sandbox, as the product is. */
const shop: Server = createServer((request, response) => response.end(`came back to ${request.url}`));
let browser: Browser;
let origin: string;

describe.skipIf(!existsSync(CHROMIUM))('the pages of checkout in a browser', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', () => resolve()));
    const address = shop.address();
    origin = `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    shop.close();
  });

  async function opened(
    mode: 'payment' | 'setup',
  ): Promise<{ page: Page; id: string; complaints: string[] }> {
    const { stripe } = running();
    const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
    const price_data = { currency: 'usd', unit_amount: 2000, product_data: { name: 'Credit, $20.00' } };
    const session = await stripe.checkout.sessions.create({
      mode,
      customer,
      ...(mode === 'payment' ? { line_items: [{ quantity: 1, price_data }] } : { currency: 'usd' }),
      success_url: `${origin}/done?session={CHECKOUT_SESSION_ID}`,
      cancel_url: `${origin}/back`,
    });
    const page = await browser.newPage({ viewport: PHONE });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(session.url ?? '');
    return { page, id: session.id, complaints };
  }

  const choose = (page: Page, card: string): Promise<void> => page.locator(`[data-card="${card}"]`).click();

  test('a card that is chosen fills the form in, and paying leads back to the shop', async () => {
    const { page, id, complaints } = await opened('payment');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(PHONE.width);
    await choose(page, '4242 4242 4242 4242');
    await page.getByRole('button', { name: 'Pay $20.00' }).click();
    await page.waitForURL(`${origin}/done?session=${id}`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a decline is said in place, and digits are grouped while the next card is typed', async () => {
    const { page, complaints } = await opened('payment');
    await choose(page, '4000 0000 0000 9995');
    await page.getByRole('button', { name: 'Pay $20.00' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('insufficient funds');
    expect(await page.getByLabel('Name on card').inputValue()).toBe('Test Holder');
    await page.getByLabel('Card number').fill('');
    await page.getByLabel('Card number').pressSequentially('5555555555554444');
    await page.getByLabel('Expires').fill('');
    await page.getByLabel('Expires').pressSequentially('1234');
    await page.getByLabel('Security code').fill('123');
    expect(await page.getByLabel('Card number').inputValue()).toBe('5555 5555 5555 4444');
    expect(await page.getByLabel('Expires').inputValue()).toBe('12 / 34');
    await page.getByRole('button', { name: 'Pay $20.00' }).click();
    await page.waitForURL(`${origin}/done**`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('3-D Secure that fails comes back to the form, and one that is completed leads to the shop', async () => {
    const { page, id, complaints } = await opened('payment');
    for (const answer of ['Fail authentication', 'Complete authentication']) {
      await choose(page, '4000 0027 6000 3184');
      await page.getByRole('button', { name: 'Pay $20.00' }).click();
      await page.getByRole('button', { name: answer }).click();
      if (answer.startsWith('Fail')) {
        expect(await page.getByRole('alert').textContent()).toContain('unable to authenticate');
      }
    }
    await page.waitForURL(`${origin}/done?session=${id}`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a wallet saves its card with one touch, and cancelling leads back', async () => {
    const { page, id } = await opened('setup');
    await page.getByRole('button', { name: 'Apple Pay' }).click();
    await page.waitForURL(`${origin}/done?session=${id}`);
    await page.close();
    const second = await opened('setup');
    await second.page.getByRole('link', { name: 'Cancel' }).click();
    await second.page.waitForURL(`${origin}/back`);
    await second.page.close();
  });
});
