import { chance } from './chance.ts';

/** When a planned grant begins or ends, as a part (0 to 1) of the time that the run is expected to take. */
type DuringRun = number;

/** A grant to give a team before the run. */
export interface PlannedGrant {
  readonly name: string;
  readonly kind: 'PROMOTIONAL' | 'PREPAID';
  readonly source: 'SIGN_UP' | 'GOODWILL' | 'BONUS' | 'PURCHASE';
  readonly amountNano: bigint;
  readonly priority?: number;
  /** What it is restricted to. */
  readonly scope?: { readonly model: string } | { readonly product: string };
  readonly expiresAfterDays?: number;
  readonly expires?: DuringRun;
  readonly takesEffect?: DuringRun;
}

export interface GrantPlanOptions {
  readonly team: number;
  /** What all requests of the team cost, in nano-credits. */
  readonly costNano: bigint;
  readonly models: readonly string[];
  /** The product of the first model. */
  readonly product: string;
  readonly seed: string;
}

/** Whether the team is given less than its requests cost. */
export function runsDry(team: number): boolean {
  return team % 4 === 1;
}

/**
 * The grants of a team: restricted to a model, expiring during the run, prepaid; for some also restricted to the
 * product with a priority, and a purchase that takes effect during the run. Prepaid credit alone pays for everything,
 * whatever expires when, unless the team is one that runs dry.
 */
export function planGrants({ team, costNano, models, product, seed }: GrantPlanOptions): PlannedGrant[] {
  const share = (percent: bigint) => (costNano * percent) / 100n + 1n;
  const model = models[team % models.length] ?? '';
  const grants: PlannedGrant[] = [
    promotional('restricted', 'GOODWILL', share(10n), {
      scope: { model },
      expiresAfterDays: 30 + (team % 3),
    }),
    promotional('expiring', 'SIGN_UP', share(30n), { expires: chance(100, seed, 'expires', team) / 100 }),
    { name: 'prepaid', kind: 'PREPAID', source: 'PURCHASE', amountNano: share(runsDry(team) ? 25n : 120n) },
  ];
  if (team % 3 === 0) {
    grants.push(promotional('bonus', 'BONUS', share(5n), { scope: { product }, priority: 10 }));
  }
  if (team % 5 === 0) {
    const takesEffect = chance(100, seed, 'takesEffect', team) / 100;
    grants.push({ name: 'later', kind: 'PREPAID', source: 'PURCHASE', amountNano: share(10n), takesEffect });
  }
  return grants;
}

function promotional(
  name: string,
  source: PlannedGrant['source'],
  amountNano: bigint,
  terms: Partial<PlannedGrant>,
): PlannedGrant {
  return { name, kind: 'PROMOTIONAL', source, amountNano, ...terms };
}
