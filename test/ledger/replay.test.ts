import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { newUuid } from '../../src/id.ts';
import { ACCOUNT, ENTRY_KIND, type EntryKind } from '../../src/ledger/account.ts';
import { type Entry, entryHash, GENESIS_HASH } from '../../src/ledger/entry.ts';
import { isUnrestricted } from '../../src/ledger/grant-account.ts';
import { type GrantNature, type Misfit, Replay } from '../../src/ledger/replay.ts';
import { emptyHead, T0 } from '../support/books.ts';
import { bookStage, History, histories, type Step } from '../support/history.ts';

interface Stream {
  readonly entries: Entry[];
  readonly natures: Map<string, GrantNature>;
  readonly balances: unknown;
}

async function streamOf(steps: readonly Step[]): Promise<Stream> {
  const history = new History(bookStage(), true);
  const entries: Entry[] = [];
  let balances: unknown;
  const natures = new Map<string, GrantNature>();
  for (const step of steps) {
    const book = await history.play(step);
    entries.push(...book.entries);
    balances = book.balances;
    for (const { id, kind, scope, grantedNano } of book.grants) {
      natures.set(id, { kind, unrestricted: isUnrestricted(scope), grantedNano });
    }
  }
  return { entries, natures, balances };
}

function replayed(
  entries: readonly Entry[],
  natures: Stream['natures'],
): { replay: Replay; misfit?: Misfit } {
  const replay = new Replay(emptyHead().teamId, natures);
  for (const entry of entries) {
    const misfit = replay.take(entry);
    if (misfit) return { replay, misfit };
  }
  return { replay };
}

/** The same entries with hashes that fit: what somebody would write who knows how chains are made. */
function rehashed(entries: readonly Entry[]): Entry[] {
  let hash = GENESIS_HASH;
  return entries.map((entry) => {
    hash = entryHash(hash, entry);
    return { ...entry, hash };
  });
}

const streams = histories.filter((steps) => steps.some(({ what }) => what === 'ISSUE'));

describe('recomputing a stream', () => {
  test('finds nothing wrong with any history, and comes to its balances', async () => {
    const property = fc.asyncProperty(histories, async (steps) => {
      const { entries, natures, balances } = await streamOf(steps);
      const { replay, misfit } = replayed(entries, natures);
      expect(misfit).toBeUndefined();
      expect(replay.balances).toEqual(balances);
      expect(replay.seq).toBe(BigInt(entries.length));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  const changes: [string, (entry: Entry) => Partial<Entry>][] = [
    ['amount', (entry) => ({ amountNano: entry.amountNano + 1n })],
    ['sign', (entry) => ({ amountNano: -entry.amountNano })],
    ['available credit', ({ after }) => ({ after: { ...after, availableNano: after.availableNano + 1n } })],
    ['prepaid credit', ({ after }) => ({ after: { ...after, prepaidNano: after.prepaidNano + 1n } })],
    [
      'unrestricted credit',
      ({ after }) => ({ after: { ...after, unrestrictedNano: after.unrestrictedNano + 1n } }),
    ],
    ['held credit', ({ after }) => ({ after: { ...after, heldNano: 1n } })],
    ['disputed credit', ({ after }) => ({ after: { ...after, disputedNano: 1n } })],
    ['unpaid balance', ({ after }) => ({ after: { ...after, unpaidNano: after.unpaidNano + 1n } })],
    ['remainder of the grant', (entry) => ({ grantAfterNano: (entry.grantAfterNano ?? 0n) + 1n })],
    [
      'direction',
      (entry) => ({
        debitAccount: entry.creditAccount,
        debitRef: entry.creditRef,
        creditAccount: entry.debitAccount,
        creditRef: entry.debitRef,
      }),
    ],
    ['grant', (entry) => (entry.debitRef ? { debitRef: newUuid() } : { creditRef: newUuid() })],
    ['team', () => ({ teamId: newUuid() })],
    ['number', (entry) => ({ seq: entry.seq + 1n })],
    ['correction', (entry) => ({ correctsSeq: entry.seq })],
    ['posting time', () => ({ postedAtMs: T0 - 1 })],
  ];

  test.for(changes)(
    'names the entry whose %s was changed, with all hashes made to fit',
    async ([what, change]) => {
      const property = fc.asyncProperty(streams, fc.nat(), async (steps, pick) => {
        const { entries, natures } = await streamOf(steps);
        fc.pre(entries.length > 1);
        const at = what === 'posting time' ? 1 + (pick % (entries.length - 1)) : pick % entries.length;
        const target = entries[at];
        fc.pre(target !== undefined && (what !== 'grant' || (target.debitRef ?? target.creditRef) !== null));
        const changed = rehashed(
          entries.map((entry) => (entry === target ? { ...entry, ...change(entry) } : entry)),
        );
        const { misfit } = replayed(changed, natures);
        expect(misfit?.seq).toBe(changed[at]?.seq);
      });
      await fc.assert(property, { numRuns: 50 });
    },
  );

  test('names an entry of which anything was changed and the hash was not', async () => {
    const { entries, natures } = await streamOf(fc.sample(streams, { numRuns: 1, seed: 7 })[0] ?? []);
    for (const change of [{ reason: 'other' }, { postingId: newUuid() }, { occurredAtMs: 1 }]) {
      const changed = entries.map((entry, i) => (i === 1 ? { ...entry, ...change } : entry));
      expect(replayed(changed, natures).misfit).toMatchObject({ seq: 2n, fault: 'HASH_MISMATCH' });
    }
  });

  test('names what follows a gap', async () => {
    const { entries, natures } = await streamOf(fc.sample(streams, { numRuns: 1, seed: 7 })[0] ?? []);
    const gap = rehashed(entries.filter((_, i) => i !== 1));
    expect(replayed(gap, natures).misfit).toMatchObject({
      seq: 3n,
      fault: 'MISSING_ENTRY',
      message: 'entry 2 is missing in front of it',
    });
  });

  const { PROMO_EXPENSE, GRANT, REVENUE, BREAKAGE, RECEIVABLE, SUPPLIER_PAYABLE } = ACCOUNT;
  const issue = {
    kind: ENTRY_KIND.ISSUE,
    debitAccount: PROMO_EXPENSE,
    creditAccount: GRANT,
    amountNano: 100n,
  };
  const charge = { kind: ENTRY_KIND.CHARGE, debitAccount: GRANT, creditAccount: REVENUE, amountNano: 40n };
  const wrongs: [string, Partial<Entry>[], string][] = [
    ['an expiry that earns', [issue, { ...charge, kind: ENTRY_KIND.EXPIRY }], 'BAD_ENTRY'],
    ['a charge to breakage', [issue, { ...charge, creditAccount: BREAKAGE }], 'BAD_ENTRY'],
    ['a kind that does not exist', [{ ...issue, kind: 99 as EntryKind }], 'BAD_ENTRY'],
    ['a payable to nobody', [issue, { ...charge, creditAccount: SUPPLIER_PAYABLE }], 'BAD_ENTRY'],
    ['revenue of somebody', [issue, { ...charge, creditRef: newUuid() }], 'BAD_ENTRY'],
    ['a grant without a name', [issue, { ...charge, debitRef: null }], 'BAD_ENTRY'],
    ['a grant issued twice', [issue, issue], 'GRANT_MISMATCH'],
    ['less than was granted', [{ ...issue, amountNano: 99n }], 'GRANT_MISMATCH'],
    ['a charge before the grant', [charge], 'GRANT_MISMATCH'],
    [
      'more given back than was spent',
      [issue, charge, { ...charge, kind: ENTRY_KIND.EXPIRY, creditAccount: BREAKAGE }, ...reversals(41n)],
      'GRANT_MISMATCH',
    ],
    [
      'more debt paid than was owed',
      [issue, { ...charge, kind: ENTRY_KIND.DEBT_PAYMENT, creditAccount: RECEIVABLE }],
      'BALANCE_MISMATCH',
    ],
  ];
  test.for(wrongs)('refuses %s, however well it adds up', ([, parts, fault]) => {
    const entries = chained(parts);
    const natures = new Map([
      [GRANT_ID, { kind: 'PROMOTIONAL', unrestricted: true, grantedNano: 100n } as const],
    ]);
    expect(replayed(entries, natures).misfit).toMatchObject({ seq: BigInt(entries.length), fault });
  });
});

const GRANT_ID = newUuid(T0);

function reversals(amountNano: bigint): Partial<Entry>[] {
  const { REVENUE: debitAccount, GRANT: creditAccount } = ACCOUNT;
  return [{ kind: ENTRY_KIND.REVERSAL, debitAccount, creditAccount, amountNano }];
}

/** Entries of one unrestricted promotional grant whose balances and hashes fit. */
function chained(parts: readonly Partial<Entry>[]): Entry[] {
  let available = 0n;
  let unpaid = 0n;
  const entries = parts.map((part, i): Entry => {
    const { debitAccount = ACCOUNT.GRANT, creditAccount = ACCOUNT.GRANT, amountNano = 0n } = part;
    if (debitAccount === ACCOUNT.GRANT) available -= amountNano;
    if (creditAccount === ACCOUNT.GRANT) available += amountNano;
    if (creditAccount === ACCOUNT.RECEIVABLE) unpaid -= amountNano;
    return {
      teamId: emptyHead().teamId,
      seq: BigInt(i + 1),
      postingId: newUuid(T0),
      kind: ENTRY_KIND.CHARGE,
      debitAccount,
      debitRef: debitAccount === ACCOUNT.GRANT ? GRANT_ID : null,
      creditAccount,
      creditRef: creditAccount === ACCOUNT.GRANT ? GRANT_ID : null,
      amountNano,
      after: {
        ...emptyHead().balances,
        availableNano: available,
        unrestrictedNano: available,
        unpaidNano: unpaid,
      },
      grantAfterNano: available,
      postedAtMs: T0,
      occurredAtMs: T0,
      actor: SYSTEM_ACTOR,
      reason: null,
      correctsSeq: null,
      hash: '',
      ...part,
    };
  });
  return rehashed(entries);
}
