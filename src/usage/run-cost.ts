import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

/** What has been charged for one step of a run. */
export interface StepCost {
  /** Charged and not reversed. */
  readonly spentNano: NanoCredits;
  /** All charges, reversed and unbilled ones too. */
  readonly charges: bigint;
}

/** What a step was expected to cost. */
interface ExpectedStep {
  readonly modelId: Uuid;
  readonly estimatedNano: NanoCredits;
}

/** What was expected of, and charged for, all steps of a run that use one model. */
export interface ModelCost extends StepCost, ExpectedStep {}

/** What a run has cost, by the place of the step in the run; of a step without charges there is nothing. */
export type RunCost = ReadonlyMap<number, StepCost>;

export const NO_COST: StepCost = { spentNano: 0n, charges: 0n };

/** The sum of the steps. */
export function wholeCost(cost: RunCost): StepCost {
  return sumOf([...cost.values()]);
}

/** The cost of each model of a run: it adds up to the whole. The dearest first, then in the order of the steps. */
export function costByModel(steps: readonly ExpectedStep[], cost: RunCost): ModelCost[] {
  const places = Map.groupBy(steps.keys(), (place) => steps[place]?.modelId ?? '');
  const byModel = [...places].map(([modelId, own]): ModelCost => {
    const estimatedNano = own.reduce((sum, place) => sum + (steps[place]?.estimatedNano ?? 0n), 0n);
    return { modelId, estimatedNano, ...sumOf(own.map((place) => cost.get(place) ?? NO_COST)) };
  });
  return byModel.sort((a, b) => dearestFirst(a.spentNano, b.spentNano));
}

/** Negative when `a` is more than `b`. */
export function dearestFirst(a: NanoCredits, b: NanoCredits): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}

function sumOf(costs: readonly StepCost[]): StepCost {
  return costs.reduce(
    (sum, { spentNano, charges }) => ({
      spentNano: sum.spentNano + spentNano,
      charges: sum.charges + charges,
    }),
    NO_COST,
  );
}
