import { isIPv4, isIPv6 } from 'node:net';
import type { Uuid } from '../id.ts';

/** Somebody whose wrong codes are counted, and how many they may try in an hour. */
export interface Guesser {
  readonly name: string;
  readonly limit: number;
}

const PER_USER = 10;
/** Behind one address there may be an office. */
const PER_NETWORK = 50;

/** As whom a try counts: as the user and, where it is known, as the network it came from. */
export function guessersOf(userId: Uuid, address: string | undefined): Guesser[] {
  const network = address === undefined ? undefined : networkOf(address);
  return [
    ...(network === undefined ? [] : [{ name: `address:${network}`, limit: PER_NETWORK }]),
    { name: `user:${userId}`, limit: PER_USER },
  ];
}

/**
 * What one customer of a network has: the address in IPv4, the first 64 bits in IPv6, of which whoever has one address
 * has 2^64. Undefined for what is no address.
 */
export function networkOf(address: string): string | undefined {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1] ?? plain;
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return undefined;
  const [head = '', tail] = plain.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  // A tail in dotted form stands for two groups, and lies beyond the first 64 bits.
  const groups = before.length + after.length + (after.at(-1)?.includes('.') ? 1 : 0);
  const all = tail === undefined ? before : [...before, ...Array<string>(8 - groups).fill('0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
