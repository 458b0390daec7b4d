import type { Storage } from '@graphiql/toolkit';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';

/** The settings this server offers; undefined where it has no demo data. */
export async function loadSettings(): Promise<GraphiqlSettings | undefined> {
  const response = await fetch('/graphiql/settings.json', { headers: { accept: 'application/json' } });
  if (response.status !== 200) return undefined;
  // Our own server wrote it from this very type.
  return (await response.json()) as GraphiqlSettings;
}

/** Keeps the tabs of one demo database apart from those of another, whose ids and keys mean nothing here. */
export function storageOf(teamId: string): Storage {
  const prefix = `drawdown:${teamId}:`;
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  return {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear() {
      for (const name of names()) localStorage.removeItem(name);
    },
    get length() {
      return names().length;
    },
  };
}
