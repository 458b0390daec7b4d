import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlOf, isAddress, messageId, subjectLine } from '../../src/mail/mail-text.ts';

describe('what may stand in a mail', () => {
  test.for([
    ['ada@example.com', true],
    ['ada+billing@mail.example.co.uk', true],
    ['zoë@exämple.com', true],
    ['a@example.com\r\nBcc: b@example.com', false],
    ['a@example.com, b@example.com', false],
    ['Ada <ada@example.com>', false],
    ['"a b"@example.com', false],
    ['a@b@example.com', false],
    ['ada@example.com\0', false],
    ['ada', false],
    ['', false],
  ] as const)('knows one address from anything else: %j', ([text, expected]) => {
    expect(isAddress(text)).toBe(expected);
  });

  test('a subject is one line, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const line = subjectLine(text);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(line.length).toBeLessThanOrEqual(200);
        expect(line.isWellFormed()).toBe(true);
      }),
    );
    expect(subjectLine('Receipt\r\nBcc: all@example.com')).toBe('Receipt Bcc: all@example.com');
  });

  test('a page shows the text as it was written, and links that can be followed', () => {
    const html = htmlOf('Hello <b>team</b> & "friends",\n\npay at https://pay.example.com/?a=1&b=2.\nThanks');
    expect(html).toContain('<p>Hello &lt;b&gt;team&lt;/b&gt; &amp; &quot;friends&quot;,</p>');
    expect(html).toContain(
      '<a href="https://pay.example.com/?a=1&amp;b=2">https://pay.example.com/?a=1&amp;b=2</a>.<br>\nThanks',
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>"\'& h:/tps'), maxLength: 80 }), (text) => {
        const left = htmlOf(text).replace(/<\/?(p|br|body|html|a|!doctype)( [^<>]*)?>/g, '');
        expect(left).not.toMatch(/[<>"]/);
      }),
    );
  });

  test('a mail is named by its id, at the domain of its sender', () => {
    expect(messageId('01', 'Billing <billing@example.com>')).toBe('<01@example.com>');
    expect(messageId('01', 'billing@example.com')).toBe('<01@example.com>');
    expect(messageId('01', 'nonsense')).toBe('<01@localhost>');
  });
});
