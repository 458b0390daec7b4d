import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { useDemoApp } from '../support/demo-app.ts';
import { type LiveFeed, listen } from './live-feed.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const TEST_TIMEOUT_MS = 60_000;
const PATIENCE = { timeout: 20_000, interval: 50 };
const TOP_UP = 'id status actionUrl amount { amount } failure { code message }';

interface TopUp {
  readonly id: string;
  readonly status: string;
  readonly actionUrl: string | null;
  readonly amount: { readonly amount: string };
  readonly failure: { readonly code: string; readonly message: string } | null;
}

interface Method {
  readonly id: string;
  readonly brand: string;
  readonly last4: string;
}

describe.skipIf(!CHROMIUM)(
  `buying credit in Chromium${CHROMIUM ? '' : ' (skipped: no chromium in /usr/bin)'}`,
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const running = useDemoApp();
    let browser: Browser;
    let balances: LiveFeed<{ kind: string; balance: { available: string } }>;
    let topUps: LiveFeed<{ kind: string; topUps: TopUp[] }>;
    let purchases = 0;

    beforeAll(async () => {
      browser = await chromium.launch({ ...(CHROMIUM && { executablePath: CHROMIUM }), args: FLAGS });
      balances = await listen(subscription('balanceChanged(teamId: $teamId) { kind balance { available } }'));
      topUps = await listen(subscription(`topUpChanged(teamId: $teamId) { kind topUps { ${TOP_UP} } }`));
    });

    afterAll(async () => {
      await Promise.all([browser?.close(), balances?.stop(), topUps?.stop()]);
    });

    function subscription(field: string) {
      return {
        url: running.url,
        authorization: running.userAuthorization,
        query: `subscription Watch($teamId: ID!) { ${field} }`,
        variables: { teamId: running.teamId },
      };
    }

    /** What the demo's user is answered; refusals are failures. */
    async function ask<T>(
      query: string,
      variables: Record<string, unknown>,
      authorization = running.userAuthorization,
    ): Promise<T> {
      const response = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: Record<string, T>; errors?: unknown };
      expect(errors).toBeUndefined();
      const [answer] = Object.values(data);
      if (answer === undefined) throw new Error('one field is asked for');
      expect(answer).not.toMatchObject({ userErrors: [expect.anything()] });
      return answer;
    }

    const input = (more: Record<string, unknown>) => ({ input: { teamId: running.teamId, ...more } });

    /** A purchase of this many credits on the hosted page, opened. */
    async function atCheckout(credits: string): Promise<{ topUp: TopUp; page: Page }> {
      const { topUp, url } = await ask<{ topUp: TopUp; url: string }>(
        `mutation Checkout($input: CreateCheckoutSessionInput!) {
          createCheckoutSession(input: $input) { url topUp { ${TOP_UP} } userErrors { message } }
        }`,
        input({ amount: { custom: credits }, idempotencyKey: `purchase-${++purchases}`, returnUrl: back() }),
      );
      return { topUp, page: await opened(url) };
    }

    async function purchased(credits: string, paymentMethodId: string): Promise<TopUp> {
      const { topUp } = await ask<{ topUp: TopUp }>(
        `mutation Buy($input: PurchaseCreditsInput!) {
          purchaseCredits(input: $input) { topUp { ${TOP_UP} } userErrors { message } }
        }`,
        input({
          amount: { custom: credits },
          paymentMethodId,
          idempotencyKey: `purchase-${++purchases}`,
          returnUrl: back(),
        }),
      );
      return topUp;
    }

    /** A page of another site than the sandbox's, as a platform's own is. */
    const back = () => `${running.url.replace('127.0.0.1', 'localhost')}/health`;

    async function opened(url: string): Promise<Page> {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE.timeout);
      await page.goto(url);
      return page;
    }

    const isBack = (page: Page) => page.waitForURL(`${back()}**`, { timeout: PATIENCE.timeout });

    async function pay(page: Page, card: string, button: string | RegExp): Promise<void> {
      await page.locator(`[data-card="${card}"]`).click();
      await page.getByRole('button', { name: button }).click();
    }

    /** The states that a top-up was told to be in, the oldest first: PENDING is told again with the page to pay at. */
    const heardOf = ({ id }: TopUp) => {
      const events = topUps.events.filter(({ kind }) => kind !== 'SNAPSHOT');
      const told = events.flatMap((event) => event.topUps.filter((topUp) => topUp.id === id));
      return [...new Set(told.map(({ status }) => status))];
    };

    const available = () => Number(balances.events.at(-1)?.balance.available);

    /** That the balance, as the websocket told it, is `credits` more than `before`. */
    const rises = (before: number, credits: number) =>
      vi.waitFor(() => expect(available()).toBeCloseTo(before + credits, 6), PATIENCE);

    const methods = async (): Promise<Method[]> => {
      const team = await ask<{ paymentMethods: { edges: { node: Method }[] } }>(
        `query Methods($teamId: ID!) {
          team(id: $teamId) { paymentMethods(first: 20) { edges { node { id brand last4 } } } }
        }`,
        { teamId: running.teamId },
      );
      return team.paymentMethods.edges.map(({ node }) => node);
    };

    const ending = async (last4: string): Promise<Method> => {
      const found = () => methods().then((all) => all.find((method) => method.last4 === last4));
      await expect.poll(found, PATIENCE).toBeDefined();
      const method = await found();
      if (!method) throw new Error('it was there a moment ago');
      return method;
    };

    test('a payment on the hosted page is told live, and its credit is there', async () => {
      const before = available();
      const { topUp, page } = await atCheckout('20');
      expect(topUp).toMatchObject({ status: 'PENDING', amount: { amount: '20' }, failure: null });
      await pay(page, '4242 4242 4242 4242', 'Pay $20.00');
      await isBack(page);
      await vi.waitFor(() => expect(heardOf(topUp)).toEqual(['PENDING', 'SUCCEEDED']), PATIENCE);
      await rises(before, 20);
      await page.close();
    });

    test('a decline is said on the page, moves nothing, and the next card pays', async () => {
      const before = available();
      const { topUp, page } = await atCheckout('30');
      await pay(page, '4000 0000 0000 0002', 'Pay $30.00');
      await page.getByRole('alert').filter({ hasText: 'declined' }).waitFor();
      expect(heardOf(topUp)).not.toContain('SUCCEEDED');
      expect(available()).toBe(before);
      await pay(page, '5555 5555 5555 4444', 'Pay $30.00');
      await isBack(page);
      await vi.waitFor(() => expect(heardOf(topUp).at(-1)).toBe('SUCCEEDED'), PATIENCE);
      await rises(before, 30);
      await page.close();
    });

    test('a card that requires 3-D Secure pays once its holder has confirmed', async () => {
      const before = available();
      const { topUp, page } = await atCheckout('40');
      await pay(page, '4000 0027 6000 3184', 'Pay $40.00');
      await page.getByRole('heading', { name: /3-D Secure/ }).waitFor();
      expect(available()).toBe(before);
      await page.getByRole('button', { name: 'Complete authentication' }).click();
      await isBack(page);
      await vi.waitFor(() => expect(heardOf(topUp).at(-1)).toBe('SUCCEEDED'), PATIENCE);
      await rises(before, 40);
      await page.close();
    });

    test('a saved card that requires 3-D Secure asks for it at each purchase: completed it pays, failed it does not', async () => {
      const saving = await ask<{ hostedUrl: string }>(
        `mutation Save($input: SetupPaymentMethodInput!) {
          setupPaymentMethod(input: $input) { hostedUrl userErrors { message } }
        }`,
        input({ sandboxCard: 'pm_card_authenticationRequired', returnUrl: back() }),
      );
      const setup = await opened(saving.hostedUrl);
      await setup.getByRole('button', { name: 'Complete authentication' }).click();
      await isBack(setup);
      const { id } = await ending('3184');
      const before = available();

      const confirmed = await purchased('25', id);
      expect(confirmed).toMatchObject({
        status: 'ACTION_REQUIRED',
        actionUrl: expect.stringContaining('http'),
      });
      const page = await opened(confirmed.actionUrl ?? '');
      await page.getByRole('button', { name: 'Complete authentication' }).click();
      await isBack(page);
      await vi.waitFor(
        () => expect(heardOf(confirmed)).toEqual(['PENDING', 'ACTION_REQUIRED', 'SUCCEEDED']),
        PATIENCE,
      );
      await rises(before, 25);

      const failed = await purchased('35', id);
      await page.goto(failed.actionUrl ?? '');
      await page.getByRole('button', { name: 'Fail authentication' }).click();
      await isBack(page);
      await vi.waitFor(
        () => expect(heardOf(failed)).toEqual(['PENDING', 'ACTION_REQUIRED', 'FAILED']),
        PATIENCE,
      );
      expect(topUps.events.at(-1)?.topUps.at(-1)?.failure?.message).toMatch(/authenticat/i);
      expect(available()).toBeCloseTo(before + 25, 6);
      await setup.close();
      await page.close();
    });

    test('the hosted page saves a card, which is then one of the team', async () => {
      const { hostedUrl } = await ask<{ hostedUrl: string }>(
        `mutation Save($input: SetupPaymentMethodInput!) {
          setupPaymentMethod(input: $input) { hostedUrl userErrors { message } }
        }`,
        input({ hostedPage: true, returnUrl: back() }),
      );
      const page = await opened(hostedUrl);
      await page.getByLabel('Card number').fill('6011 1111 1111 1117');
      await page.getByLabel('Expires').fill('11 / 40');
      await page.getByLabel('Security code').fill('123');
      await page.getByRole('button', { name: 'Save card' }).click();
      await isBack(page);
      expect(await ending('1117')).toMatchObject({ brand: 'discover' });
      await page.close();
    });

    test('after all of it the books are healthy', async () => {
      const health = await ask<{ ok: boolean; checks: unknown[] }>(
        'query Health { ledgerHealth { ok checks { name ok } } }',
        {},
        running.authorization('OPERATOR'),
      );
      expect(health).toMatchObject({ ok: true });
    });
  },
);
