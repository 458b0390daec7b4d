import type { SourceFile } from './source-file.ts';

/** The rooms of `src` from the ground up. A room imports rooms of lower ranks only, never a sibling. */
const RANKS: readonly (readonly string[])[] = [
  ['money', 'decimal', 'id', 'clock', 'domain-error', 'actor', 'config', 'loop'],
  ['db'],
  ['jobs', 'stripe-sandbox'],
  ['teams', 'ledger'],
  ['grants', 'catalog', 'mail'],
  ['charging'],
  ['gateway'],
  ['usage', 'deployments', 'payments', 'plans', 'payouts', 'statements'],
  ['refunds'],
  ['insight', 'alerts', 'live', 'sandbox'],
  ['graphql'],
  ['app-parts', 'app-payments', 'app-resolvers', 'app', 'cli', 'main', 'welcome'],
];

/** What the edge of every room says its part of the API with. The rest of `graphql` is above all rooms. */
const LEAVES = [
  ...[
    'actor',
    'auth',
    'connection',
    'context',
    'cursor',
    'errors',
    'node',
    'one-of',
    'period',
    'refusals',
    'scalars',
    'subscription-source',
    'user-error',
  ],
].map((name) => `src/graphql/${name}.ts`);

/** Who may do what is said once, and beside every field. */
const PERMISSIONS = 'src/teams/permissions.ts';

/** Files that speak GraphQL: types, inputs, resolvers, and what loads for them what the asker may see. */
const EDGE = /(\.(resolver|type|input)|\/(loaders|nodes)|-access)\.ts$/;

/** Reads may be given a page of a connection as it was asked for. */
const PAGED_READS = /-(reads|pages)\.ts$/;

/** Decisions without I/O and without a clock: everything they need is handed to them. */
export const PURE_FILES = [
  ...['money', 'decimal', 'domain-error'],
  ...['account', 'book', 'book-head', 'payback', 'due', 'entry', 'grant-account', 'movement', 'replay'].map(
    (name) => `ledger/${name}`,
  ),
  ...['drawdown', 'promo-code', 'promo-guessers', 'targets', 'unaliased-email'].map(
    (name) => `grants/${name}`,
  ),
  ...[
    'rate',
    'price',
    'compile-price',
    'compute-discount',
    'entitlement-terms',
    'instance-price',
    'instance-spec',
    'meters',
    'params',
    'exact-json',
    'import-prices',
    'import-report',
    'listed-model',
    'price-fields',
    'model-facts',
  ].map((name) => `catalog/${name}`),
  'mail/mail-text',
  'teams/permissions',
  ...['cap', 'reversal'].map((name) => `charging/${name}`),
  ...['cents', 'payment'].map((name) => `gateway/${name}`),
  ...[
    'amounts',
    'auto-recharge',
    'bonus',
    'credit-packs',
    'expiring-card',
    'payment-method',
    'recharge-decision',
    'setup-request',
    'top-up',
  ].map((name) => `payments/${name}`),
  ...['dispute', 'refund', 'refund-purchase'].map((name) => `refunds/${name}`),
  ...['export-columns', 'receipt-text', 'transaction', 'transaction-ask', 'transaction-id'].map(
    (name) => `statements/${name}`,
  ),
  ...['first-plans', 'plan', 'stripe-state', 'subscription'].map((name) => `plans/${name}`),
  ...[
    'billing-dunning',
    'billing-period',
    'billing-problem',
    'billing-proration',
    'billing-secrets',
    'billing-wire',
    'card-check',
    'cards',
    'checkout-object',
    'dispute-evidence',
    'invoice-lines',
    'invoice-object',
    'method-types',
    'pages-style',
    'params',
    'price-object',
    'problem',
    'resources',
    'subscription-object',
  ].map((name) => `stripe-sandbox/${name}`),
  ...['run-cost', 'run-cover', 'spend-periods', 'spend-tally'].map((name) => `usage/${name}`),
  ...[
    'call-result',
    'deployment',
    'deployment-event',
    'due-schedule',
    'fleet',
    'lifecycle',
    'schedule',
    'slots',
  ].map((name) => `deployments/${name}`),
  ...['event', 'whole-groups'].map((name) => `live/${name}`),
].map((name) => `src/${name}.ts`);

/** What pure files import beside each other: nothing that reaches a disk, a socket or a clock. */
const PURE_GROUND = [
  'src/id.ts',
  'src/actor.ts',
  'node:crypto',
  'node:net',
  'node:url',
  'temporal-polyfill',
  'validator',
];

/** Its types only: what it sends and answers. */
const PURE_TYPES = 'stripe';

/** The leaves as the rules see them, for a check that they exist. */
export const LEAF_FILES: readonly string[] = LEAVES;

/** Imports that go up or sideways. */
export function wrongDirections(file: SourceFile): string[] {
  if (!file.path.startsWith('src/')) return [];
  const from = roomOf(file.path);
  const rank = rankOf(from);
  if (rank < 0) return [`is in a room without a rank: ${from}`];
  return file.imports
    .filter((one) => one.target.startsWith('src/') && !mayImport(file.path, one.target))
    .map((one) => `imports ${one.target}`);
}

function mayImport(path: string, target: string): boolean {
  const [from, to] = [roomOf(path), roomOf(target)];
  if (LEAVES.includes(path)) return LEAVES.includes(target) || target === PERMISSIONS || rankOf(to) <= 1;
  if (from === to) return true;
  if (LEAVES.includes(target) && rankOf(from) >= 3)
    return rankOf(from) > 9 || EDGE.test(path) || PAGED_READS.test(path);
  if (rankOf(from) === 0 || rankOf(from) === RANKS.length - 1)
    return rankOf(to) >= 0 && rankOf(to) <= rankOf(from);
  return rankOf(to) >= 0 && rankOf(to) < rankOf(from);
}

/** Within a room: what decides and what stores never imports what speaks GraphQL. */
export function inwardEdges(file: SourceFile): string[] {
  const inner = /^src\/[^/]+\//.test(file.path) && roomOf(file.path) !== 'graphql' && !EDGE.test(file.path);
  if (!inner) return [];
  return file.imports.filter((one) => EDGE.test(one.target)).map((one) => `imports ${one.target}`);
}

/** What pure files must not import. */
export function impureImports(file: SourceFile): string[] {
  if (!PURE_FILES.includes(file.path)) return [];
  const allowed = [...PURE_FILES, ...PURE_GROUND];
  return file.imports
    .filter((one) => !allowed.includes(one.target) && !(one.typeOnly && one.target === PURE_TYPES))
    .map((one) => `imports ${one.target}`);
}

function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function rankOf(room: string): number {
  return RANKS.findIndex((rooms) => rooms.includes(room));
}
