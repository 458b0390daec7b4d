import { expect } from 'vitest';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { UserErrorCode } from '../../src/graphql/user-error.ts';
import { settledState } from '../support/stored-state.ts';
import type { HttpAnswer, RunningApp } from './app-over-http.ts';

/** Why something was refused, wherever the answer says it, and all that it says about the place. */
export interface Refusal {
  readonly code: string;
  readonly says: string;
}

/** The errors of an answer, and the refusals among its data. */
export function refusalsIn({ body }: HttpAnswer): Refusal[] {
  const errors = (body.errors ?? []).map(({ message, path, extensions }) => ({
    code: String(extensions?.code),
    says: [message, extensions?.field, ...(path ?? [])].join(' '),
  }));
  return [...errors, ...userErrorsIn(body.data)];
}

function userErrorsIn(value: unknown): Refusal[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name !== 'userErrors' || !Array.isArray(inner)) return userErrorsIn(inner);
    return inner.map(({ code, message, path }) => ({ code, says: [message, ...path].join(' ') }));
  });
}

/** What only somebody inside could have written. */
export const INSIDE = [
  /\n\s+at |node_modules|file:\/\/|\.[cm]?[jt]s\b|\/(src|work|home|root|tmp)\//,
  /\b(TypeError|RangeError|ReferenceError|SyntaxError|AssertionError|PostgresError|DomainError)\b/,
  /Cannot read prop|is not a function|is not iterable|undefined|Invariant violated/,
  /postgres|drizzle|SQLSTATE|violates|constraint|relation "|column "|syntax error at|\bpg_/i,
  /\b(select .+ from|insert into|update .+ set|delete from)\b/i,
  /\b(wallets|memberships|api_keys|price_versions|idempotency_keys|grant_changes|charges_key|audit_events)\b/,
  /\b(top_ups|top_up_events|payment_(heads|methods|method_watches)|auto_recharges|recharge_attempts|stripe_(customers|events))\b/,
  /\b(plan_versions|plan_invoices|team_plans|promo_redemptions|sandbox_stripe_\w+)\b/,
  /\b(deployment_(heads|slots|events)|run_quotes|spend_caps|hold_sweeps|sandbox_clock)\b/,
];

/**
 * Sends something that cannot be right: it is refused with this code (one of these) and nothing else, the refusal names
 * the place, nothing is written, and nothing of the inside is told.
 */
export async function expectRefusal(
  app: RunningApp,
  request: () => Promise<HttpAnswer>,
  expected: { readonly code: string | readonly string[]; readonly names?: RegExp | undefined },
): Promise<HttpAnswer> {
  const before = await settledState(app.database.ownerDb);
  const answer = await request();
  const refusals = refusalsIn(answer);
  const codes = [...new Set(refusals.map(({ code }) => code))];
  const documented: string[] = [...Object.keys(ERROR_CODES), ...Object.values(UserErrorCode)];
  expect(documented).toEqual(expect.arrayContaining(codes));
  expect(codes, answer.text.slice(0, 500)).toHaveLength(1);
  expect([expected.code].flat(), answer.text.slice(0, 500)).toContain(codes[0]);
  if (expected.names) expect(refusals.map(({ says }) => says).join('\n')).toMatch(expected.names);
  for (const pattern of INSIDE) expect(answer.text).not.toMatch(pattern);
  expect(await settledState(app.database.ownerDb)).toEqual(before);
  return answer;
}
