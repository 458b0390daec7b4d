import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTOR_KIND } from '../../src/actor.ts';
import { ACCOUNT, accountName, ENTRY_KIND, entryKindName } from '../../src/ledger/account.ts';
import { canonicalText, type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';

const entry: Omit<Entry, 'hash'> = {
  teamId: '0190d3c8-0000-7000-8000-000000000001',
  seq: 7n,
  postingId: '0190d3c8-0000-7000-8000-000000000002',
  kind: ENTRY_KIND.CHARGE,
  debitAccount: ACCOUNT.GRANT,
  debitRef: '0190d3c8-0000-7000-8000-000000000003',
  creditAccount: ACCOUNT.REVENUE,
  creditRef: null,
  amountNano: 1_500_000_000n,
  after: {
    availableNano: 9n,
    prepaidNano: 8n,
    unrestrictedNano: 7n,
    heldNano: 6n,
    disputedNano: 5n,
    unpaidNano: 4n,
  },
  grantAfterNano: 3n,
  postedAtMs: 1_767_225_600_000,
  occurredAtMs: 1_767_225_599_000,
  actor: { kind: ACTOR_KIND.KEY, id: '0190d3c8-0000-7000-8000-000000000004' },
  reason: 'a "b" | c',
  correctsSeq: 2n,
};

describe('the hash of an entry', () => {
  test('is SHA-256 over the hash before it and this text, for ever', () => {
    const text =
      'v1|0190d3c8-0000-7000-8000-000000000001|7|0190d3c8-0000-7000-8000-000000000002|2|' +
      '1|0190d3c8-0000-7000-8000-000000000003|21||1500000000|9|8|7|6|5|4|3|' +
      '1767225600000|1767225599000|2|0190d3c8-0000-7000-8000-000000000004|"a \\"b\\" | c"|2';
    expect(canonicalText(entry)).toBe(text);
    expect(entryHash(GENESIS_HASH, entry)).toBe(
      createHash('sha256')
        .update('0'.repeat(64) + text)
        .digest('hex'),
    );
  });

  const changes: [string, Partial<Entry>][] = [
    ['team', { teamId: '0190d3c8-0000-7000-8000-00000000000f' }],
    ['number', { seq: 8n }],
    ['posting', { postingId: '0190d3c8-0000-7000-8000-00000000000f' }],
    ['kind', { kind: ENTRY_KIND.EXPIRY }],
    ['debit account', { debitAccount: ACCOUNT.HELD }],
    ['debited grant', { debitRef: null }],
    ['credit account', { creditAccount: ACCOUNT.BREAKAGE }],
    ['credited supplier', { creditRef: '0190d3c8-0000-7000-8000-00000000000f' }],
    ['amount', { amountNano: 1_500_000_001n }],
    ['available credit', { after: { ...entry.after, availableNano: 1n } }],
    ['prepaid credit', { after: { ...entry.after, prepaidNano: 1n } }],
    ['unrestricted credit', { after: { ...entry.after, unrestrictedNano: 1n } }],
    ['held credit', { after: { ...entry.after, heldNano: 1n } }],
    ['disputed credit', { after: { ...entry.after, disputedNano: 1n } }],
    ['unpaid balance', { after: { ...entry.after, unpaidNano: 1n } }],
    ['remainder of the grant', { grantAfterNano: null }],
    ['posting time', { postedAtMs: 1_767_225_600_001 }],
    ['time of occurrence', { occurredAtMs: 1_767_225_599_001 }],
    ['kind of actor', { actor: { ...entry.actor, kind: ACTOR_KIND.USER } }],
    ['actor', { actor: { ...entry.actor, id: null } }],
    ['reason', { reason: null }],
    ['corrected entry', { correctsSeq: null }],
  ];
  test.for(changes)('changes with the %s', ([, change]) => {
    expect(entryHash(GENESIS_HASH, { ...entry, ...change })).not.toBe(entryHash(GENESIS_HASH, entry));
  });

  test('changes with the hash of the entry before it', () => {
    expect(entryHash('1'.repeat(64), entry)).not.toBe(entryHash(GENESIS_HASH, entry));
  });

  test('tells reasons apart that try to look like other fields', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^["|\\1]{0,6}$/));
    fc.assert(
      fc.property(
        fc.option(texts),
        fc.option(texts),
        fc.option(fc.nat()),
        fc.option(fc.nat()),
        (a, b, m, n) => {
          const first = { ...entry, reason: a, correctsSeq: m === null ? null : BigInt(m) };
          const second = { ...entry, reason: b, correctsSeq: n === null ? null : BigInt(n) };
          expect(canonicalText(first) === canonicalText(second)).toBe(a === b && m === n);
        },
      ),
    );
  });
});

describe('codes', () => {
  test('have one name each, and an unknown one is a defect', () => {
    for (const [name, code] of Object.entries(ACCOUNT)) expect(accountName(code)).toBe(name);
    for (const [name, code] of Object.entries(ENTRY_KIND)) expect(entryKindName(code)).toBe(name);
    expect(() => accountName(99)).toThrow('Unknown code 99');
    expect(() => entryKindName(0)).toThrow('Unknown code 0');
  });
});
