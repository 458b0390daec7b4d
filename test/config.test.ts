import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isSandbox, readConfig } from '../src/config.ts';

describe('the configuration', () => {
  test('is refused with the name of every option that cannot be used', () => {
    const read = () => readConfig({ PORT: 'many', JWT_SECRET: 'short', CHECKPOINT_KEY: 'zz' });
    expect(read).toThrow(/PORT/);
    expect(read).toThrow(/JWT_SECRET/);
    expect(read).toThrow(/CHECKPOINT_KEY/);
  });

  test('takes an empty variable for one that is not set', () => {
    expect(readConfig({ PORT: '' }).PORT).toBe(4000);
  });

  test('is repeated in .env.example, option by option with its default', () => {
    const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const listed = new Map(
      [...text.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    const defaults = Object.entries(readConfig({}));
    for (const [name, value] of defaults) expect(listed.get(name), name).toBe(String(value));
    const optional = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8');
    for (const [, name = ''] of optional.matchAll(/^ {2}([A-Z_]+): /gm))
      expect([...listed.keys()], name).toContain(name);
    const given = Object.fromEntries([...listed].filter(([, value]) => value !== ''));
    expect(Object.keys(readConfig(given)).sort()).toEqual(defaults.map(([name]) => name).sort());
  });
});

describe('sandbox mode', () => {
  const modeWith = (env: NodeJS.ProcessEnv) => isSandbox(readConfig(env));

  test('is on without a Stripe key, and off with any unless it is asked for', () => {
    expect(modeWith({})).toBe(true);
    const secret = { STRIPE_WEBHOOK_SECRET: 'whsec_1' };
    expect(modeWith({ STRIPE_SECRET_KEY: 'sk_test_1', ...secret })).toBe(false);
    expect(modeWith({ STRIPE_SECRET_KEY: 'sk_test_1', ...secret, SANDBOX: 'true' })).toBe(true);
    expect(modeWith({ STRIPE_SECRET_KEY: 'sk_live_1', ...secret })).toBe(false);
    expect(modeWith({ STRIPE_SECRET_KEY: 'sk_live_1', ...secret, SANDBOX: 'false' })).toBe(false);
  });

  test.for(['sk_live_1', 'rk_live_1'])('cannot be turned on with the live key %s, and why is said', (key) => {
    const read = () => readConfig({ STRIPE_SECRET_KEY: key, SANDBOX: 'true' });
    expect(read).toThrow(/SANDBOX: cannot be true with a live STRIPE_SECRET_KEY: .*real cards/);
  });

  test('is not decided by a key whose kind cannot be told', () => {
    expect(() => readConfig({ STRIPE_SECRET_KEY: 'live_1' })).toThrow(/STRIPE_SECRET_KEY: must start with/);
  });
});

describe('the way to Stripe', () => {
  test.for([
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, /STRIPE_WEBHOOK_SECRET: is missing: .*whsec_/],
    [{ STRIPE_WEBHOOK_SECRET: 'whsec_1' }, /STRIPE_SECRET_KEY: is missing: .*secret key/],
    [{ SANDBOX: 'false' }, /STRIPE_SECRET_KEY: is missing: outside of sandbox mode/],
    [{ STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'secret' }, /must start with whsec_/],
    [{ STRIPE_PUBLISHABLE_KEY: 'sk_test_1' }, /STRIPE_PUBLISHABLE_KEY: must start with pk_test_/],
    [{ MIN_PURCHASE_USD: '0.10' }, /MIN_PURCHASE_USD: must be at least 0.50/],
    [{ MIN_PURCHASE_USD: '1.005' }, /MIN_PURCHASE_USD: must be US dollars/],
    [{ PAY_AS_YOU_GO_LIMIT_CREDITS: 'much' }, /PAY_AS_YOU_GO_LIMIT_CREDITS: must be credits/],
    [{ SMTP_URL: 'mail.example.com' }, /SMTP_URL/],
    [{ PUBLIC_URL: 'ftp://example.com' }, /PUBLIC_URL/],
  ] as const)('is refused with the option and the reason: %j', ([env, message]) => {
    expect(() => readConfig(env)).toThrow(message);
  });
});
