import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newUuid, publicId } from '../src/id.ts';
import { printWelcome } from '../src/welcome.ts';

let printed: string;

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const URL = 'http://127.0.0.1:4000';

test('where the Stripe sandbox stands in for Stripe, the first lines say where it is and what it has', () => {
  printWelcome({ url: URL, stripeSandboxUrl: 'http://127.0.0.1:4001', demo: undefined });
  expect(printed).toMatch(
    /^ {2}Stripe sandbox +http:\/\/127\.0\.0\.1:4001 {2}\(test cards, payments, events, faults\)$/m,
  );
});

test('where Stripe itself is talked to, no sandbox is named', () => {
  printWelcome({ url: URL, stripeSandboxUrl: undefined, demo: undefined });
  expect(printed).toContain(`${URL}/graphql\n`);
  expect(printed).not.toMatch(/sandbox/i);
});

test('the demo team and all its credentials are printed, without what goes before them in a header', () => {
  const id = newUuid(0);
  const keys = [
    { label: 'Demo team key', keyType: 'TEAM', authorization: 'Bearer dd_secret' },
    { label: "Demo user's token", keyType: 'USER', authorization: 'Bearer eyJ.token' },
  ] as const;
  printWelcome({ url: URL, stripeSandboxUrl: undefined, demo: { teamId: id, userId: id, keys } });
  expect(printed).toMatch(new RegExp(`^ {2}Demo team +${publicId('team', id)}$`, 'm'));
  expect(printed).toMatch(/^ {2}Demo team key +dd_secret$/m);
  expect(printed).toMatch(/^ {2}Demo user's token +eyJ\.token$/m);
});
