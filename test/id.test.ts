import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../src/domain-error.ts';
import {
  entryId,
  firstOfCounter,
  firstUuidAt,
  ID_PREFIX,
  newUuid,
  orderedUuid,
  parseId,
  publicId,
  tryParseId,
} from '../src/id.ts';

const at = Date.UTC(2026, 10, 21);

describe('uuids', () => {
  test('are of version 7 and begin with their time', () => {
    for (const uuid of [newUuid(at), orderedUuid(at, 5n)]) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)).toBe(at);
    }
  });

  test('differ although made in the same millisecond, with the same counter too', () => {
    const many = Array.from({ length: 1000 }, () => [newUuid(at), orderedUuid(at, 1n)]).flat();
    expect(new Set(many).size).toBe(many.length);
  });

  test('sort by the counter within a millisecond, and by time before it', () => {
    const counters = fc.bigInt({ min: 0n, max: 2n ** 32n - 2n });
    fc.assert(
      fc.property(counters, counters, fc.integer({ min: 0, max: 5 }), (a, b, later) => {
        fc.pre(a !== b);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(orderedUuid(at, low) < orderedUuid(at, high)).toBe(true);
        expect(orderedUuid(at, high) < orderedUuid(at + 1 + later, low)).toBe(true);
        const first = firstOfCounter(orderedUuid(at, high));
        expect([orderedUuid(at, low) < first, first <= orderedUuid(at, high)]).toEqual([true, true]);
        expect(orderedUuid(at - 1, high) < first).toBe(true);
      }),
    );
    const run = [0n, 1n, 1023n, 1024n, 0xf_ffffn, 0x10_0000n, 0xffff_fffen, 0xffff_ffffn];
    const ids = run.map((counter) => orderedUuid(at, counter));
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => firstOfCounter(id) === firstOfCounter(id.slice(0, 26) + 'f'.repeat(10)))).toBe(
      true,
    );
  });
});

test('the least uuid of an instant lies between what was made before it and from it on', () => {
  for (const uuid of [newUuid(at), orderedUuid(at, 0n)]) {
    expect([firstUuidAt(at) < uuid, uuid < firstUuidAt(at + 1)]).toEqual([true, true]);
  }
  expect([firstUuidAt(-1), firstUuidAt(2 ** 60)]).toEqual([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-0000-0000-000000000000',
  ]);
});

describe('public ids', () => {
  test('name their kind and give back the stored id', () => {
    const uuid = newUuid(at);
    for (const kind of Object.keys(ID_PREFIX) as (keyof typeof ID_PREFIX)[]) {
      if (kind === 'entry') continue;
      const text = publicId(kind, uuid);
      expect(text.startsWith(`${ID_PREFIX[kind]}_`)).toBe(true);
      expect(tryParseId(text)).toEqual({ kind, uuid });
      expect(parseId(kind, text)).toBe(uuid);
    }
  });

  test('sort by time like the stored ids', () => {
    expect(publicId('grant', newUuid(at)) < publicId('grant', newUuid(at + 1))).toBe(true);
  });

  test.for([
    '',
    'grant',
    'grant_',
    'grant_zzz',
    '_01h455vb4pex5vsknk084sn02q',
    'robot_01h455vb4pex5vsknk084sn02q',
  ])('are refused when the text is none: "%s"', (text) => {
    expect(tryParseId(text)).toBeUndefined();
    expect(() => parseId('grant', text, 'grantId')).toThrow(
      /^grantId: must be an id that starts with "grant_"/,
    );
  });

  test('of another kind are a typed refusal', () => {
    const other = publicId('team', newUuid(at));
    expect(() => parseId('grant', other)).toThrow(DomainError);
  });
});

describe('ids of ledger entries', () => {
  const team = newUuid(at);

  test('name the team and the number, and sort by number', () => {
    const numbers = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(tryParseId(entryId(team, a))).toEqual({ kind: 'entry', uuid: team, seq: a });
        expect(entryId(team, a) < entryId(team, b)).toBe(a < b);
      }),
    );
  });

  test('have one spelling only', () => {
    const id = entryId(team, 11n);
    expect(id.endsWith('b')).toBe(true);
    for (const wrong of [
      id.toUpperCase(),
      `${id.slice(0, -1)}B`,
      id.slice(0, -1),
      `${id}0`,
      `${id.slice(0, -13)}vvvvvvvvvvvvv`,
    ]) {
      expect(tryParseId(wrong)).toBeUndefined();
    }
  });
});
