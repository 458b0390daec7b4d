import { compareDecimal, type Decimal, formatDecimal, parseDecimal, ZERO } from '../decimal.ts';
import { DomainError } from '../domain-error.ts';
import { type ExactJson, ExactNumber } from './exact-json.ts';
import { METERS } from './meters.ts';
import { type ModelFacts, NO_FACTS, withFact } from './model-facts.ts';
import { makePrice, type Price, type PriceComponent, type PriceMultiplier } from './price.ts';
import { describeMeaning, type FactName, type FieldMeaning } from './price-fields.ts';

/** A model as a price list describes it. */
export interface ListedModel {
  readonly key: string;
  readonly product: string;
  readonly supplierLabel: string;
  readonly facts: ModelFacts;
  readonly price: Price;
}

/** One field of an entry of a list. */
export interface Field {
  readonly path: string;
  readonly value: ExactJson;
  readonly meaning: FieldMeaning;
}

/** Why a list cannot be used: `path` is `model.field`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The model that an entry with these fields describes, or everything that is wrong with them. */
export function listedModel(
  key: string,
  fields: readonly Field[],
): { readonly model: ListedModel } | { readonly problems: readonly Problem[] } {
  const draft = new Draft();
  const problems: Problem[] = [];
  for (const field of fields) {
    const message = draft.add(field);
    if (message) problems.push({ path: `${key}.${field.path}`, message });
  }
  for (const name of ['litellm_provider', 'mode']) {
    if (!fields.some(({ path }) => path === name))
      problems.push({ path: `${key}.${name}`, message: 'is missing.' });
  }
  if (problems.length > 0) return { problems };
  return checked(key, () => draft.build(key));
}

function checked(key: string, build: () => ListedModel): { model: ListedModel } | { problems: Problem[] } {
  try {
    return { model: build() };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { problems: [{ path: key, message: error.message }] };
  }
}

/** What the fields seen so far say. `add` answers what is wrong with a field. */
class Draft {
  #facts: ModelFacts = NO_FACTS;
  #product = '';
  #supplierLabel = '';
  /** By meaning: two names of the same price are one price. */
  readonly #priced = new Map<
    string,
    { readonly field: string; readonly amount: Decimal; readonly meaning: FieldMeaning }
  >();

  add({ path, value, meaning }: Field): string | undefined {
    switch (meaning.kind) {
      case 'PRICE':
      case 'MULTIPLIER':
        return this.#addAmount(path, value, meaning);
      case 'IDENTITY':
        return this.#addIdentity(meaning.as, value);
      case 'FACT':
        return this.#addFact(meaning.as, path, value);
      case 'UNKNOWN':
        return meaning.maybePrice ? undefined : this.#addFact('other', path, value);
    }
  }

  build(key: string): ListedModel {
    const components: PriceComponent[] = [];
    const multipliers: PriceMultiplier[] = [];
    for (const { meaning, amount } of this.#priced.values()) {
      if (meaning.kind === 'PRICE') components.push({ ...meaning, unitPrice: amount });
      // The format's multipliers are on all token costs, and on nothing else.
      if (meaning.kind === 'MULTIPLIER')
        multipliers.push({ params: meaning.params, factor: amount, units: ['TOKEN'] });
    }
    const price = makePrice({ components: withoutRepeats(withSearchDefault(components)), multipliers });
    return { key, product: this.#product, supplierLabel: this.#supplierLabel, facts: this.#facts, price };
  }

  #addAmount(field: string, value: ExactJson, meaning: FieldMeaning): string | undefined {
    const amount = value instanceof ExactNumber ? tryDecimal(value.text) : undefined;
    if (!amount || compareDecimal(amount, ZERO) < 0) return 'must be a number, zero or more.';
    const name = describeMeaning(meaning);
    const same = this.#priced.get(name);
    if (same && compareDecimal(same.amount, amount) !== 0) {
      const other = `${same.field} says ${formatDecimal(same.amount)}`;
      return `says ${formatDecimal(amount)} for ${name}, and ${other}.`;
    }
    if (!same) this.#priced.set(name, { field, amount, meaning });
    return undefined;
  }

  #addIdentity(as: 'product' | 'supplier', value: ExactJson): string | undefined {
    if (typeof value !== 'string' || !/^\S.{0,99}$/.test(value))
      return 'must be a text of 1 to 100 characters.';
    if (as === 'product') this.#product = value;
    else this.#supplierLabel = value;
    return undefined;
  }

  #addFact(as: FactName, field: string, value: ExactJson): string | undefined {
    const facts = withFact(this.#facts, as, field, value);
    if (!facts) return 'is not of the kind this field has.';
    this.#facts = facts;
    return undefined;
  }
}

/** A search whose context size nobody tells costs what a medium one does, as its suppliers have it. */
function withSearchDefault(components: readonly PriceComponent[]): readonly PriceComponent[] {
  const searches = components.filter(({ meter }) => meter === 'WEB_SEARCH');
  const medium = searches.find(({ conditions }) => conditions.params?.searchContextSize === 'medium');
  if (!medium) return components;
  const others = searches.filter(({ unitPrice }) => compareDecimal(unitPrice, medium.unitPrice) !== 0);
  return [
    ...components.filter(({ meter }) => meter !== 'WEB_SEARCH'),
    { meter: 'WEB_SEARCH', unitPrice: medium.unitPrice, conditions: {} },
    ...others,
  ];
}

/**
 * Leaves out a meter's only price where it repeats the price the meter would fall back on: reasoning tokens listed at
 * the output price are output tokens in the flex tier and above a threshold too, where the list does not repeat them.
 */
function withoutRepeats(components: readonly PriceComponent[]): readonly PriceComponent[] {
  return components.filter(({ meter, unitPrice, conditions }) => {
    const own = components.filter((other) => other.meter === meter);
    if (own.length > 1 || Object.keys(conditions).length > 0) return true;
    const base = components.find(
      (other) => other.meter === METERS[meter].fallback && Object.keys(other.conditions).length === 0,
    );
    return !base || compareDecimal(base.unitPrice, unitPrice) !== 0;
  });
}

function tryDecimal(text: string): Decimal | undefined {
  try {
    return parseDecimal(text);
  } catch {
    return undefined;
  }
}
