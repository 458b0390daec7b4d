import type { Ids } from './example.ts';

/** Stand in where no demo data says which team and model there are. */
export const PLACEHOLDER_IDS: Ids = { teamId: 'team_…', model: 'gpt-4o-mini' };

/** Stand in for ids until there are such things. */
export const PLACEHOLDERS = {
  charge: 'charge_…',
  hold: 'hold_…',
  run: 'run_…',
  deployment: 'deploy_…',
  topUp: 'topup_…',
  refund: 'refund_…',
} as const;

/** Stands in for an instant. */
export const IN_AN_HOUR = 'in an hour';

/** Tells what examples place from what the demo's own traffic does. */
export const TAG = { name: 'from', value: 'graphiql' } as const;
