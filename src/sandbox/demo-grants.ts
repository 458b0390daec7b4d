import { SYSTEM_ACTOR } from '../actor.ts';
import { importPriceList } from '../catalog/import-price-list.ts';
import { parsePriceList } from '../catalog/import-prices.ts';
import type { Tx } from '../db/client.ts';
import { type IssueGrant, issueGrant } from '../grants/issue.ts';
import type { Uuid } from '../id.ts';
import { parseCredits } from '../money.ts';

/** The model that examples of the demo use. */
export const DEMO_MODEL = 'demo-chat';
export const DEMO_EMBEDDING = 'demo-embedding';

/** Prices in the format of `import-prices`, in credits (USD) per token. */
const DEMO_PRICES = JSON.stringify({
  [DEMO_MODEL]: {
    litellm_provider: 'demo',
    mode: 'chat',
    input_cost_per_token: 0.0000025,
    output_cost_per_token: 0.00001,
    cache_read_input_token_cost: 0.00000025,
    max_input_tokens: 128000,
  },
  [DEMO_EMBEDDING]: { litellm_provider: 'demo', mode: 'embedding', input_cost_per_token: 0.00000002 },
});

const DAY_MS = 86_400_000;

/** Gives the demo's team prices and three mixed grants: promotional that expires, restricted to chat, and prepaid. */
export async function seedDemo(tx: Tx, teamId: Uuid, at: Date): Promise<void> {
  await importPriceList(tx, parsePriceList(DEMO_PRICES), { actor: SYSTEM_ACTOR, reason: 'demo', now: at });
  for (const grant of demoGrants(at)) {
    await issueGrant(tx, { teamId, reason: 'demo', ...grant }, SYSTEM_ACTOR, at);
  }
}

function demoGrants(at: Date): Omit<IssueGrant, 'teamId' | 'reason'>[] {
  const inDays = (days: number) => new Date(at.getTime() + days * DAY_MS);
  return [
    {
      kind: 'PROMOTIONAL',
      source: 'SIGN_UP',
      amountNano: parseCredits('3'),
      expiresAt: inDays(30),
      idempotencyKey: 'demo-sign-up',
    },
    {
      kind: 'PROMOTIONAL',
      source: 'GOODWILL',
      amountNano: parseCredits('1'),
      scope: { product: 'chat' },
      expiresAt: inDays(90),
      idempotencyKey: 'demo-chat',
    },
    { kind: 'PREPAID', source: 'PURCHASE', amountNano: parseCredits('20'), idempotencyKey: 'demo-prepaid' },
  ];
}
