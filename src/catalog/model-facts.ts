import { type ExactJson, ExactNumber, formatExactJson } from './exact-json.ts';
import type { FactName } from './price-fields.ts';

export type FactValue = string | number | boolean | readonly string[];

/** What is known of a model besides its price: limits, capabilities, and whatever else its price list said. */
export interface ModelFacts {
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  readonly deprecationDate?: string;
  readonly source?: string;
  readonly comment?: string;
  /** What the list says it can do … */
  readonly capabilities: readonly string[];
  /** … and what the list says it cannot. */
  readonly lacking: readonly string[];
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly endpoints: readonly string[];
  /** Fields without a place of their own, as the list names them. */
  readonly other: Readonly<Record<string, FactValue>>;
}

/** What an `Int` of the API holds. */
const MAX_LIMIT = 2 ** 31 - 1;

export const NO_FACTS: ModelFacts = {
  capabilities: [],
  lacking: [],
  inputModalities: [],
  outputModalities: [],
  endpoints: [],
  other: {},
};

/**
 * Adds what one field of a list says to the facts of its model.
 * @returns undefined when the value is not of the kind that this fact has.
 */
export function withFact(
  facts: ModelFacts,
  as: FactName,
  field: string,
  value: ExactJson,
): ModelFacts | undefined {
  switch (as) {
    case 'maxInputTokens':
    case 'maxOutputTokens': {
      const limit = wholeNumber(value);
      return limit === undefined || limit > MAX_LIMIT ? undefined : { ...facts, [as]: limit };
    }
    case 'deprecationDate':
    case 'source':
    case 'comment':
      return typeof value === 'string' ? { ...facts, [as]: value } : undefined;
    case 'inputModalities':
    case 'outputModalities':
    case 'endpoints': {
      const words = wordList(value);
      return words && { ...facts, [as]: [...new Set([...facts[as], ...words])] };
    }
    case 'capability':
      return withCapability(facts, field.replace(/^supports_/, ''), value);
    case 'other':
      return { ...facts, other: { ...facts.other, [field]: factValue(value) } };
  }
}

function withCapability(facts: ModelFacts, capability: string, value: ExactJson): ModelFacts | undefined {
  if (value === true) return { ...facts, capabilities: [...facts.capabilities, capability] };
  if (value === false) return { ...facts, lacking: [...facts.lacking, capability] };
  return undefined;
}

function factValue(value: ExactJson): FactValue {
  if (value instanceof ExactNumber) return wholeNumber(value) ?? value.text;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return wordList(value) ?? formatExactJson(value);
}

function wordList(value: ExactJson): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const words = value.filter((word): word is string => typeof word === 'string');
  return words.length === value.length ? words : undefined;
}

function wholeNumber(value: ExactJson): number | undefined {
  if (!(value instanceof ExactNumber)) return undefined;
  const number = Number(value.text);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
