import { describe, expect, test } from 'vitest';
import { emailDigest, unaliasedEmail } from '../../src/grants/unaliased-email.ts';

describe('the address behind an alias', () => {
  test.for<[string, string]>([
    ['ada@example.org', 'ada@example.org'],
    ['Ada@Example.ORG', 'ada@example.org'],
    [' ada@example.org ', 'ada@example.org'],
    ['ada+news@example.org', 'ada@example.org'],
    ['ada+a+b@example.org', 'ada@example.org'],
    ['ada@example.org.', 'ada@example.org'],
    ['a.d.a@gmail.com', 'ada@gmail.com'],
    ['A.da+1@googlemail.com', 'ada@gmail.com'],
    ['a..da@gmail.com', 'ada@gmail.com'],
    ['ada-news@yahoo.com', 'ada@yahoo.com'],
    ['ada+x@outlook.com', 'ada@outlook.com'],
    ['ada@me.com', 'ada@icloud.com'],
    ['ada@yandex.com', 'ada@yandex.ru'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
  ])('of %s is %s', ([alias, address]) => {
    expect(unaliasedEmail(alias)).toBe(address);
  });

  test.for<[string, string]>([
    ['a.da@example.org', 'ada@example.org'],
    ['ada-news@example.org', 'ada@example.org'],
    ['ada@example.org', 'ada@example.com'],
    ['ada@mail.example.org', 'ada@example.org'],
  ])('of %s is another than of %s: only some providers ignore that', ([one, other]) => {
    expect(unaliasedEmail(one)).not.toBe(unaliasedEmail(other));
  });

  test.for(['', 'ada', '@example.org', 'ada@', '+news@example.org', '+news@gmail.com', 'a@b@c', 'a b@c.de'])(
    'is none for %j',
    (text) => {
      expect(unaliasedEmail(text)).toBeUndefined();
    },
  );

  test('is kept as a digest that does not show it', () => {
    expect(emailDigest('ada@example.org')).toMatch(/^[0-9a-f]{64}$/);
    expect(emailDigest('ada@example.org')).not.toBe(emailDigest('ada@example.com'));
  });
});
