import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDemoApp } from '../support/demo-app.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const TEST_TIMEOUT_MS = 60_000;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(!CHROMIUM)(
  `GraphiQL in Chromium${CHROMIUM ? '' : ' (skipped: no chromium in /usr/bin)'}`,
  { timeout: TEST_TIMEOUT_MS },
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let complaints: string[];

    // Before the app starts, which serves the files that it finds then.
    beforeAll(() => {
      execFileSync(process.execPath, [fileURLToPath(new URL('../../web/build.mjs', import.meta.url))]);
    });

    const running = useDemoApp();

    beforeAll(async () => {
      browser = await chromium.launch({ ...(CHROMIUM && { executablePath: CHROMIUM }), args: FLAGS });
    });

    afterAll(() => browser?.close());

    beforeEach(async () => {
      complaints = [];
      context = await browser.newContext();
      // Shorter than a test may take, so that a failure names what did not appear.
      context.setDefaultTimeout(TEST_TIMEOUT_MS / 2);
      context.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      context.on('weberror', (error) => complaints.push(error.error().message));
      context.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol !== 'data:' && origin !== running.url) complaints.push(`asked ${origin}`);
      });
    });

    afterEach(() => context.close());

    /** GraphiQL with one of its example tabs in front, and the key in place that the example needs. */
    async function openTab(name: string): Promise<Page> {
      const page = await context.newPage();
      await page.goto(`${running.url}/graphiql`);
      await page.getByRole('tab', { name: new RegExp(`^${name}( |$)`) }).click();
      await page.locator('.graphiql-query-editor .view-line', { hasText: name }).first().waitFor();
      await page.getByRole('button', { name: /^Key: Demo/ }).waitFor();
      return page;
    }

    const run = (page: Page) => page.getByRole('button', { name: /^Execute query/ }).click();

    /** Waits until the answer on the screen has a line with this text, and gives that line. */
    async function answered(page: Page, text: string | RegExp): Promise<string> {
      const line = page.locator('.result-window .view-line', { hasText: text }).first();
      return ((await line.textContent()) ?? '').replaceAll('\u00a0', ' ').trim();
    }

    test('runs a mutation, and a subscription ticks with what it changed', async () => {
      const watching = await openTab('WatchBalance');
      await run(watching);
      await answered(watching, '"kind": "SNAPSHOT"');

      const charging = await openTab('RecordUsage');
      await run(charging);
      await answered(charging, '"replayed": false');
      const available = await answered(charging, /"available":\s"\d+\.\d+"/);

      await answered(watching, '"kind": "CHANGE"');
      await answered(watching, available);
      expect(complaints).toEqual([]);
    });

    test('explains the newest charge without being told which', async () => {
      const charging = await openTab('RecordUsage');
      await run(charging);
      await answered(charging, '"amount": "0.0065"');

      const explaining = await openTab('ExplainCharge');
      await explaining.locator('.graphiql-editor-tool .view-line', { hasText: /charge_\w{26}/ }).waitFor();
      await run(explaining);
      await answered(explaining, '350 × 0.00001 = 0.0035');
      expect(complaints).toEqual([]);
    });

    test('settles the hold that was placed, without being told which', async () => {
      const placing = await openTab('PlaceHold');
      await run(placing);
      await answered(placing, '"status": "HELD"');

      const settling = await openTab('SettleHold');
      await settling.locator('.graphiql-editor-tool .view-line', { hasText: /hold_\w{26}/ }).waitFor();
      await run(settling);
      await answered(settling, '"amount": "0.0103"');
      expect(complaints).toEqual([]);
    });

    test("buys credit as the demo's user, and gives it back without being told which", async () => {
      for (const [name, outcome] of [
        ['SaveCard', '"brand": "visa"'],
        ['BuyCredits', '"status": "SUCCEEDED"'],
      ] as const) {
        const page = await openTab(name);
        await run(page);
        await answered(page, outcome);
      }
      const refunding = await openTab('RequestRefund');
      const id = refunding.locator('.graphiql-editor-tool .view-line', { hasText: /topup_\w{26}/ });
      await id.first().waitFor();
      await run(refunding);
      await answered(refunding, '"status": "REQUESTED"');
      expect(complaints).toEqual([]);
    });

    test('follows deployments while hours go by', async () => {
      for (const [name, filledIn] of [
        ['CreateDeployment', /my-first/],
        ['StartDeployment', /deploy_\w{26}/],
        ['AdvanceClock', /\d{4}-\d\d-\d\dT/],
      ] as const) {
        const page = await openTab(name);
        await page.locator('.graphiql-editor-tool .view-line', { hasText: filledIn }).first().waitFor();
        await run(page);
        await answered(page, '"userErrors": []');
      }
      const watching = await openTab('WatchDeployments');
      await run(watching);
      await answered(watching, '"kind": "STARTED"');
      expect(complaints).toEqual([]);
    });

    test.for(['Balance', 'Ledger', 'IssueGrant', 'Prices'])('runs the example %s as it is', async (name) => {
      const page = await openTab(name);
      await run(page);
      await answered(page, '"data": {');
      expect(await page.locator('.result-window .view-line', { hasText: '"errors"' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    });
  },
);
