import { beforeAll, describe, expect, test } from 'vitest';
import { systemMillis } from '../../src/clock.ts';
import { LinkSigner } from '../../src/gateway/signed-link.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
let links: LinkSigner;
beforeAll(() => {
  links = new LinkSigner(database.db, () => 'https://example.com/');
});

const tokenOf = (url: string) => LinkSigner.tokenOf('EXPORT', new URL(url));

describe('a signed link', () => {
  test('carries what it is for, for a quarter of an hour by system time', async () => {
    const beforeMs = systemMillis();
    const { url, expiresAt } = await links.sign('EXPORT', { teamId: 'x', n: [1, null] });
    expect(url).toMatch(/^https:\/\/example\.com\/exports\/[\w-]+\.[\w-]{43}$/);
    expect(expiresAt.getTime() - beforeMs).toBeGreaterThanOrEqual(15 * 60_000);
    expect(expiresAt.getTime() - beforeMs).toBeLessThan(16 * 60_000);
    expect(await links.read('EXPORT', tokenOf(url))).toEqual({
      state: 'GOOD',
      payload: { teamId: 'x', n: [1, null] },
    });
  });

  test('is the same to all servers, though they start at once', async () => {
    await database.db.sql`delete from installation_secrets`;
    const signers = Array.from({ length: 6 }, () => new LinkSigner(database.db, () => 'https://example.com'));
    const signed = await Promise.all(signers.map((signer) => signer.sign('EXPORT', 'x')));
    for (const { url } of signed)
      for (const signer of signers)
        expect(await signer.read('EXPORT', tokenOf(url))).toMatchObject({ state: 'GOOD' });
    const secrets = await database.db.sql`select 1 from installation_secrets`;
    expect(secrets).toHaveLength(1);
    links = signers[0] ?? links;
  });

  test('is wrong in every bit that is changed, and for another purpose', async () => {
    const token = tokenOf((await links.sign('EXPORT', { teamId: 'x' })).url);
    expect(await links.read('RECEIPT', token)).toEqual({ state: 'WRONG' });
    for (let at = 0; at < token.length; at++) {
      const changed = token[at] === 'A' ? 'B' : 'A';
      const other = token.slice(0, at) + changed + token.slice(at + 1);
      expect(await links.read('EXPORT', other), `character ${at}`).toEqual({ state: 'WRONG' });
    }
    for (const other of [
      '',
      '.',
      'x',
      `${token}A`,
      `${token}.`,
      `${token}=`,
      token.split('.')[0] ?? '',
      `A${token}`,
    ])
      expect(await links.read('EXPORT', other)).toEqual({ state: 'WRONG' });
  });

  test('expires, which only whoever has a good one is told', async () => {
    const token = tokenOf((await links.sign('EXPORT', 'x', 0)).url);
    expect(await links.read('EXPORT', token)).toEqual({ state: 'EXPIRED' });
    expect(await links.read('EXPORT', `${token.slice(0, -1)}_`)).toEqual({ state: 'WRONG' });
  });
});
