import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import validator from 'validator';

/** Providers whose addresses are one mailbox under several domains. */
const SAME_DOMAIN: ReadonlyMap<string, string> = new Map([
  ['me.com', 'icloud.com'],
  ['mac.com', 'icloud.com'],
]);

/**
 * The one address behind the aliases of an e-mail address, so that nobody is a new person by writing theirs another way:
 * in lower case; without a sub-address (`+…` with any provider, `-…` with Yahoo); without the dots that Gmail does not
 * see; and with one domain for those of Gmail, iCloud and Yandex that share mailboxes. It is for comparing only: with a
 * provider that tells `a+b@` from `a@`, mail to it may reach somebody else.
 * @returns undefined for what is no address.
 */
export function unaliasedEmail(email: string): string | undefined {
  const parts = /^([^@\s]+)@([^@\s]+)$/.exec(email.trim().normalize('NFKC').toLowerCase());
  const [, local = '', domain = ''] = parts ?? [];
  const mailbox = local.split('+')[0] ?? '';
  const ascii = domainToASCII(domain.replace(/\.$/, ''));
  if (mailbox === '' || ascii === '') return undefined;
  const dotted = mailbox.replace(/\.{2,}/g, '.');
  return validator.normalizeEmail(`${dotted}@${SAME_DOMAIN.get(ascii) ?? ascii}`) || undefined;
}

/** What is kept of an unaliased address: SHA-256, in hex. */
export function emailDigest(unaliased: string): string {
  return createHash('sha256').update(unaliased).digest('hex');
}
