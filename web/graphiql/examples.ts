import type { KeyType } from '../../src/actor.ts';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';
import balance from './examples/balance.graphql?raw';
import explainCharge from './examples/explain-charge.graphql?raw';
import issueGrant from './examples/issue-grant.graphql?raw';
import ledger from './examples/ledger.graphql?raw';
import prices from './examples/prices.graphql?raw';
import recordUsage from './examples/record-usage.graphql?raw';
import watchBalance from './examples/watch-balance.graphql?raw';

type Ids = Pick<GraphiqlSettings, 'teamId' | 'model'>;

/** An operation that opens as a tab, with variables that run as they are on the demo data. */
export interface Example {
  /** The name of the operation, which is the title of its tab. */
  readonly name: string;
  readonly query: string;
  /** The kind of demo key that may run it. */
  readonly keyType: KeyType;
  variables(ids: Ids): Record<string, unknown>;
}

/** Stand in where no demo data says which team and model there are. */
export const PLACEHOLDER_IDS: Ids = { teamId: 'team_…', model: 'gpt-4o-mini' };

/** Stands in for the id of a charge until there is one. */
export const PLACEHOLDER_CHARGE = 'charge_…';

/** The tabs of a first visit, in order. */
export const EXAMPLES: readonly Example[] = [
  { name: 'Balance', query: balance, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId }) },
  {
    name: 'RecordUsage',
    query: recordUsage,
    keyType: 'PLATFORM',
    variables: ({ teamId, model }) => ({
      input: {
        items: [
          {
            idempotencyKey: 'my-first-request',
            teamId,
            model,
            quantities: [
              { meter: 'INPUT_TOKEN', quantity: '1200' },
              { meter: 'OUTPUT_TOKEN', quantity: '350' },
            ],
          },
        ],
      },
    }),
  },
  { name: 'WatchBalance', query: watchBalance, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId }) },
  { name: 'Ledger', query: ledger, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId, first: 20 }) },
  {
    name: 'ExplainCharge',
    query: explainCharge,
    // A team's key sees what was used with that key; a gateway's sees all usage.
    keyType: 'PLATFORM',
    variables: () => ({ id: PLACEHOLDER_CHARGE }),
  },
  {
    name: 'IssueGrant',
    query: issueGrant,
    keyType: 'OPERATOR',
    variables: ({ teamId }) => ({
      input: {
        teamId,
        idempotencyKey: 'my-first-grant',
        kind: 'PROMOTIONAL',
        source: 'GOODWILL',
        amount: '25',
        reason: 'Thank you for trying Drawdown',
      },
    }),
  },
  { name: 'Prices', query: prices, keyType: 'TEAM', variables: () => ({}) },
];
