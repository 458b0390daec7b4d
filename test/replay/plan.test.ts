import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectedPriceNano } from '../../replay/expected-price.ts';
import { planGrants, runsDry } from '../../replay/grant-plan.ts';
import { readPriceList } from '../../replay/listed-prices.ts';
import { type PlannedRequest, planRequests } from '../../replay/plan.ts';
import { parseTrace } from '../../replay/trace.ts';

const trace = parseTrace(readFileSync('test/fixtures/trace.csv', 'utf8'));
const prices = readPriceList(readFileSync('test/fixtures/model-prices.json', 'utf8'));
const OPTIONS = { models: ['acme-large', 'acme-alias', 'acme-live'], teams: 8, seed: '1' };

const tokensOf = ({ quantities }: PlannedRequest, meters: RegExp) =>
  [...quantities].reduce((all, [meter, tokens]) => all + (meters.test(meter) ? tokens : 0), 0);

describe('the plan of a run', () => {
  const plan = planRequests(trace, prices, OPTIONS);

  test('is the same for the same seed, and another for another', () => {
    expect(planRequests(trace, prices, OPTIONS)).toEqual(plan);
    expect(planRequests(trace, prices, { ...OPTIONS, seed: '2' })).not.toEqual(plan);
  });

  test('reports the tokens of the trace, however they are divided among meters', () => {
    expect(plan.map(({ line }) => line)).toEqual(trace.requests.map(({ line }) => line));
    for (const [i, request] of plan.entries()) {
      expect(tokensOf(request, /INPUT|CACHE/)).toBe(trace.requests[i]?.contextTokens);
      expect(tokensOf(request, /OUTPUT|REASONING/)).toBe(trace.requests[i]?.generatedTokens);
    }
  });

  test('uses every team, some far more than others, every model, and the features that the price list has for it', () => {
    const byTeam = Map.groupBy(plan, ({ team }) => team);
    expect([...byTeam.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(byTeam.get(0)?.length).toBeGreaterThan(1.5 * (byTeam.get(7)?.length ?? 0));
    const byModel = Map.groupBy(plan, ({ model }) => model);
    const used = (model: string) => {
      const requests = byModel.get(model) ?? [];
      const meters = requests.flatMap(({ quantities }) => [...quantities.keys()]);
      const params = requests.flatMap(({ params }) => [...params].map((pair) => pair.join(' ')));
      return [...new Set([...meters, ...params])].sort();
    };
    expect(used('acme-large')).toEqual([
      ...['CACHED_INPUT_TOKEN', 'CACHE_WRITE_1H_TOKEN', 'CACHE_WRITE_TOKEN', 'INPUT_TOKEN', 'OUTPUT_TOKEN'],
      ...['REASONING_TOKEN', 'REGION eu', 'REGION us', 'SERVICE_TIER batch', 'SERVICE_TIER flex'],
      ...['SERVICE_TIER priority', 'SPEED fast'],
    ]);
    expect(used('acme-live')).toEqual(['INPUT_TOKEN', 'OUTPUT_TOKEN']);
  });

  test('needs models of the price list', () => {
    expect(() => planRequests(trace, prices, { ...OPTIONS, models: ['none'] })).toThrow(/no model "none"/);
  });

  test('can be priced from the list', () => {
    for (const request of plan) {
      expect(expectedPriceNano(prices.get(request.model) ?? new Map(), request)).toBeGreaterThanOrEqual(0n);
    }
  });
});

describe('the grants of a team', () => {
  const COST = 1_000_000_000n;
  const grantsOf = (team: number) =>
    planGrants({ team, costNano: COST, models: OPTIONS.models, product: 'chat', seed: '1' });
  const teams = Array.from({ length: 20 }, (_, team) => team);

  test('are at least three: restricted, expiring during the run, and prepaid', () => {
    for (const team of teams) {
      const grants = grantsOf(team);
      expect(grants.length).toBeGreaterThanOrEqual(3);
      expect(grants.some(({ scope }) => scope !== undefined)).toBe(true);
      expect(grants.some(({ expires }) => expires !== undefined && expires < 1)).toBe(true);
      expect(grants.some(({ kind }) => kind === 'PREPAID')).toBe(true);
      expect(new Set(grants.map(({ name }) => name)).size).toBe(grants.length);
    }
  });

  test('pay for everything by prepaid credit alone, or for less than everything by all together', () => {
    const sum = (team: number, kinds: RegExp) =>
      grantsOf(team).reduce((all, { kind, amountNano }) => all + (kinds.test(kind) ? amountNano : 0n), 0n);
    for (const team of teams) {
      if (runsDry(team)) expect(sum(team, /./)).toBeLessThan(COST);
      else expect(sum(team, /PREPAID/)).toBeGreaterThan(COST);
    }
    expect(teams.filter(runsDry)).toHaveLength(5);
  });
});
