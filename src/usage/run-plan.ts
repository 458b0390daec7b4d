import type { Meter } from '../catalog/meters.ts';
import {
  checkText,
  FORM_LIMITS,
  FormProblem,
  type MeteredQuantity,
  type NamedValue,
  paramMap,
  quantityMap,
  usageText,
} from '../charging/request-form.ts';
import type { Decimal } from '../decimal.ts';

/** How much is used of what, as a caller names it. */
interface UsageForm {
  readonly quantities: readonly MeteredQuantity[];
  readonly params?: readonly NamedValue[] | null | undefined;
}

/** A step as a caller names it: this usage of a model, `times` times. */
export interface StepForm extends UsageForm {
  readonly key: string;
  readonly model: string;
  readonly times?: number | null | undefined;
}

/** The same usage of each of these models, once for each record of a data set. */
export interface BenchmarkForm extends UsageForm {
  readonly models: readonly string[];
  readonly records: number;
}

/** A job as a caller names it: one of these. */
export interface PlanForm {
  readonly steps?: readonly StepForm[] | null | undefined;
  readonly benchmark?: BenchmarkForm | null | undefined;
}

/** A step that is well formed. `fields`: where the input says what, for refusals. */
export interface PlannedStep {
  readonly key: string;
  readonly modelKey: string;
  readonly quantities: ReadonlyMap<Meter, Decimal>;
  readonly params: ReadonlyMap<string, string>;
  readonly times: bigint;
  readonly fields: StepFields;
}

interface StepFields {
  readonly key: string;
  readonly model: string;
  readonly quantities: string;
  readonly params: string;
  readonly times: string;
}

export const PLAN_LIMITS = { steps: 200, times: 1_000_000_000 } as const;

/**
 * The steps of a plan, checked for form; a benchmark has one for each model, named like it. `within` is where the input
 * has the plan. What depends on the catalogue is judged when they are priced.
 * @throws FormProblem naming what cannot be used.
 */
export function plannedSteps({ steps, benchmark }: PlanForm, within: string): PlannedStep[] {
  if (benchmark) return benchmarkSteps(benchmark, `${within}.benchmark`);
  const forms = steps ?? [];
  const field = `${within}.steps`;
  checkCount(forms.length, field);
  checkUnique(
    forms.map(({ key }) => key),
    (place) => `${field}.${place}.key`,
  );
  return forms.map((form, place) => {
    const at = `${field}.${place}`;
    const fields = {
      key: `${at}.key`,
      model: `${at}.model`,
      quantities: `${at}.quantities`,
      params: `${at}.params`,
      times: `${at}.times`,
    };
    return plannedStep(form, fields);
  });
}

/** A plan as text that is the same for the same meaning. */
export function planText(steps: readonly PlannedStep[]): string {
  return JSON.stringify(
    steps.map(({ key, modelKey, times, ...usage }) => [key, modelKey, String(times), usageText(usage)]),
  );
}

function benchmarkSteps({ models, records, ...usage }: BenchmarkForm, within: string): PlannedStep[] {
  const field = `${within}.models`;
  checkCount(models.length, field);
  checkUnique(models, (place) => `${field}.${place}`);
  const shared = {
    quantities: `${within}.quantities`,
    params: `${within}.params`,
    times: `${within}.records`,
  };
  return models.map((model, place) => {
    const at = `${field}.${place}`;
    return plannedStep({ ...usage, key: model, model, times: records }, { key: at, model: at, ...shared });
  });
}

function plannedStep({ key, model, times, quantities, params }: StepForm, fields: StepFields): PlannedStep {
  checkText(key, fields.key, FORM_LIMITS.modelLength);
  checkText(model, fields.model, FORM_LIMITS.modelLength);
  return {
    key,
    modelKey: model,
    quantities: quantityMap(quantities, fields.quantities),
    params: paramMap(params, fields.params),
    times: timesOf(times ?? 1, fields.times),
    fields,
  };
}

function timesOf(times: number, field: string): bigint {
  if (times < 1 || times > PLAN_LIMITS.times)
    throw new FormProblem(field, `must be from 1 to ${PLAN_LIMITS.times}.`);
  return BigInt(times);
}

function checkCount(count: number, field: string): void {
  if (count === 0 || count > PLAN_LIMITS.steps)
    throw new FormProblem(field, `must have 1 to ${PLAN_LIMITS.steps} elements.`);
}

function checkUnique(names: readonly string[], fieldOf: (place: number) => string): void {
  const seen = new Set<string>();
  for (const [place, name] of names.entries()) {
    if (seen.has(name)) throw new FormProblem(fieldOf(place), `must be unique; "${name}" is there twice.`);
    seen.add(name);
  }
}
