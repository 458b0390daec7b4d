import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

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
    const given = Object.fromEntries([...listed].filter(([, value]) => value !== ''));
    expect(Object.keys(readConfig(given)).sort()).toEqual(defaults.map(([name]) => name).sort());
  });
});
