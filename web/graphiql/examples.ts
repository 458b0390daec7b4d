import type { Example } from './example.ts';
import advanceClock from './examples/advance-clock.graphql?raw';
import balance from './examples/balance.graphql?raw';
import createDeployment from './examples/create-deployment.graphql?raw';
import explainCharge from './examples/explain-charge.graphql?raw';
import finishRun from './examples/finish-run.graphql?raw';
import issueGrant from './examples/issue-grant.graphql?raw';
import ledger from './examples/ledger.graphql?raw';
import placeHold from './examples/place-hold.graphql?raw';
import prices from './examples/prices.graphql?raw';
import recordRunUsage from './examples/record-run-usage.graphql?raw';
import recordUsage from './examples/record-usage.graphql?raw';
import settleHold from './examples/settle-hold.graphql?raw';
import startDeployment from './examples/start-deployment.graphql?raw';
import startRun from './examples/start-run.graphql?raw';
import watchBalance from './examples/watch-balance.graphql?raw';
import watchDeployments from './examples/watch-deployments.graphql?raw';
import { MONEY_EXAMPLES } from './money-examples.ts';
import { IN_AN_HOUR, PLACEHOLDERS, TAG } from './placeholders.ts';

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
            quantities: tokens(1200, 350),
          },
        ],
      },
    }),
  },
  { name: 'WatchBalance', query: watchBalance, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId }) },
  {
    name: 'ExplainCharge',
    query: explainCharge,
    // A team's key sees what was used with that key; a gateway's sees all usage.
    keyType: 'PLATFORM',
    variables: () => ({ id: PLACEHOLDERS.charge }),
  },
  {
    name: 'PlaceHold',
    query: placeHold,
    keyType: 'PLATFORM',
    variables: ({ teamId, model }) => ({
      input: { idempotencyKey: 'my-first-hold', teamId, model, quantities: tokens(1200, 4000), tags: [TAG] },
    }),
  },
  {
    name: 'SettleHold',
    query: settleHold,
    keyType: 'PLATFORM',
    variables: ({ teamId }) => ({
      input: {
        idempotencyKey: 'my-first-hold',
        teamId,
        holdId: PLACEHOLDERS.hold,
        quantities: tokens(1200, 730),
      },
    }),
  },
  {
    name: 'CreateDeployment',
    query: createDeployment,
    keyType: 'PLATFORM',
    variables: ({ teamId }) => ({
      input: {
        idempotencyKey: 'my-first-deployment',
        teamId,
        name: 'my-first-deployment',
        instanceType: 'gpu-s',
        replicas: 1,
        maxReplicas: 3,
        resumeOnTopUp: true,
      },
    }),
  },
  {
    name: 'StartDeployment',
    query: startDeployment,
    keyType: 'PLATFORM',
    variables: ({ teamId }) => ({
      input: { idempotencyKey: 'my-first-start', teamId, deploymentId: PLACEHOLDERS.deployment },
    }),
  },
  {
    name: 'WatchDeployments',
    query: watchDeployments,
    keyType: 'TEAM',
    variables: ({ teamId }) => ({ teamId, after: '0' }),
  },
  {
    name: 'AdvanceClock',
    query: advanceClock,
    keyType: 'OPERATOR',
    variables: () => ({ input: { to: IN_AN_HOUR, reason: 'To see an hour go by' } }),
  },
  {
    name: 'StartRun',
    query: startRun,
    keyType: 'PLATFORM',
    variables: ({ teamId, model }) => ({
      input: {
        idempotencyKey: 'my-first-run',
        teamId,
        name: 'Draft and review',
        hold: true,
        plan: {
          steps: [
            { key: 'draft', model, times: 3, quantities: tokens(2000, 800) },
            { key: 'review', model, quantities: tokens(3000, 200) },
          ],
        },
      },
    }),
  },
  {
    name: 'RecordRunUsage',
    query: recordRunUsage,
    keyType: 'PLATFORM',
    variables: ({ teamId }) => ({
      input: {
        items: [
          {
            idempotencyKey: 'my-first-run-draft-1',
            teamId,
            runId: PLACEHOLDERS.run,
            step: 'draft',
            quantities: tokens(1900, 640),
          },
        ],
      },
    }),
  },
  {
    name: 'FinishRun',
    query: finishRun,
    keyType: 'PLATFORM',
    variables: ({ teamId }) => ({ input: { teamId, runId: PLACEHOLDERS.run } }),
  },
  { name: 'Ledger', query: ledger, keyType: 'TEAM', variables: ({ teamId }) => ({ teamId, first: 20 }) },
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
  ...MONEY_EXAMPLES,
];

function tokens(input: number, output: number) {
  return [
    { meter: 'INPUT_TOKEN', quantity: `${input}` },
    { meter: 'OUTPUT_TOKEN', quantity: `${output}` },
  ];
}
