import { systemClock } from '../../src/clock.ts';
import { newUuid, publicId } from '../../src/id.ts';
import type { Payer } from './payer.ts';
import type { Platform } from './platform.ts';
import type { IdName, Tenant, Tenants } from './tenants.ts';

/** What makes something new for a team. */
interface Maker {
  readonly tenants: Tenants;
  readonly platform: Platform;
  readonly payer: Payer;
}

/**
 * Something of a team that nothing has been done to yet: what its id is of, or what nobody's is like, and how it is made.
 */
type FreshKind = {
  readonly make: (maker: Maker, tenant: Tenant) => Promise<string>;
} & ({ readonly id: IdName } | { readonly unknown: string });

const DAY_MS = 86_400_000;
const newName = () => `fresh-${newUuid()}`;

/** What mutations use up. */
export const FRESH = {
  newcomer: {
    id: 'user',
    make: async ({ tenants }) => publicId('user', (await tenants.user(newName())).id),
  },
  removable: {
    id: 'user',
    make: async ({ tenants }, { teamId }) =>
      publicId('user', (await tenants.member(teamId, newName(), 'ADMIN')).id),
  },
  teamKey: {
    id: 'apiKey',
    make: async ({ tenants }, { teamId }) =>
      publicId('apiKey', (await tenants.key('TEAM', newName(), teamId)).id),
  },
  grant: {
    id: 'grant',
    make: async ({ tenants }, { teamId }) => {
      const expiresAt = new Date(systemClock.now().getTime() + DAY_MS);
      return publicId('grant', await tenants.grant(teamId, { expiresAt }));
    },
  },
  charge: { id: 'charge', make: ({ platform }, { teamId }) => platform.charge(teamId) },
  hold: { id: 'hold', make: ({ platform }, { teamId }) => platform.hold(teamId) },
  run: { id: 'run', make: ({ platform }, { teamId }) => platform.run(teamId) },
  quote: { id: 'quote', make: ({ platform }, { teamId }) => platform.quote(teamId) },
  deployment: { id: 'deployment', make: ({ platform }, { teamId }) => platform.deployment(teamId) },
  started: { id: 'deployment', make: ({ platform }, { teamId }) => platform.started(teamId) },
  paymentMethod: { id: 'paymentMethod', make: ({ payer }, tenant) => payer.card(tenant) },
  topUp: { id: 'topUp', make: ({ payer }, tenant) => payer.bought(tenant, '10') },
  payment: { id: 'payment', make: ({ payer }, tenant) => payer.payment(tenant) },
  refund: { id: 'refund', make: ({ payer }, tenant) => payer.refund(tenant) },
  promoCode: { unknown: 'CODE-OF-NOBODY', make: ({ payer }) => payer.promoCode() },
  vacancy: { unknown: 'platform-of-nobody', make: ({ payer }, tenant) => payer.vacancy(tenant) },
  otherPlan: { unknown: 'workflow-of-nobody', make: ({ payer }, tenant) => payer.otherPlan(tenant) },
  waiting: {
    id: 'subscription',
    make: ({ payer }, tenant) => payer.waiting(tenant, tenant.purse.askingCard),
  },
  paused: { id: 'deployment', make: ({ platform }, { teamId }) => platform.paused(teamId) },
} as const satisfies Record<string, FreshKind>;
export type Fresh = keyof typeof FRESH;

/** The same of nobody. */
export function freshOfNobody(what: Fresh, ids: Readonly<Record<IdName, string>>): string {
  const kind: FreshKind = FRESH[what];
  return 'id' in kind ? ids[kind.id] : kind.unknown;
}
