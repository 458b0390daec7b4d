import { DomainError } from '../domain-error.ts';
import {
  duplicateMembers,
  type ExactJson,
  type ExactObject,
  formatExactJson,
  isExactObject,
  parseExactJson,
} from './exact-json.ts';
import { type PriceListReport, ReportBuilder } from './import-report.ts';
import { type Field, type ListedModel, listedModel, type Problem } from './listed-model.ts';
import { meaningOf } from './price-fields.ts';

/** A price list that can be imported, and what became of each of its fields. */
export interface PriceList {
  readonly models: readonly ListedModel[];
  readonly report: PriceListReport;
}

const MAX_PROBLEMS_TOLD = 50;

/**
 * Reads a price list in the LiteLLM format. Either all of it can be used or nothing is.
 * @throws DomainError BAD_USER_INPUT that lists, as `model.field: why`, what cannot be used.
 */
export function parsePriceList(text: string): PriceList {
  const list = parseList(text);
  const report = new ReportBuilder();
  const problems: Problem[] = [...duplicates(text), ...lookalikes(Object.keys(list))];
  const models: ListedModel[] = [];
  for (const [key, entry] of Object.entries(list)) {
    const read = readEntry(key, entry, report);
    if ('skip' in read) report.skipped(key, read.skip);
    if ('problems' in read) problems.push(...read.problems);
    if ('model' in read) models.push(read.model);
  }
  if (problems.length > 0) throw unusable(problems);
  return { models, report: report.build() };
}

type Read =
  | { readonly skip: string }
  | { readonly problems: readonly Problem[] }
  | { readonly model: ListedModel };

function readEntry(key: string, entry: ExactJson, report: ReportBuilder): Read {
  if (key === 'sample_spec') return { skip: 'the format explains itself in this entry' };
  if (!isExactObject(entry)) return { problems: [{ path: key, message: 'must be an object.' }] };
  if (key.trim() !== key || key === '' || key.length > 200) {
    return {
      problems: [{ path: key, message: 'must be a name of 1 to 200 characters without spaces around it.' }],
    };
  }
  if (!isStorable(entry))
    return { problems: [{ path: key, message: 'has text with U+0000 or half a character.' }] };
  const fields = fieldsOf(entry, report);
  for (const { path, meaning, value } of fields) report.met(key, path, meaning, value);
  if (!fields.some(({ meaning }) => meaning.kind === 'PRICE')) return { skip: 'has no price' };
  return listedModel(key, fields);
}

/** PostgreSQL keeps neither U+0000 nor half of a surrogate pair; written JSON escapes exactly these. */
function isStorable(entry: ExactObject): boolean {
  return !/\\u(0000|d[89a-f])/.test(formatExactJson(entry));
}

/** The fields of an entry, nested ones as `outer.inner`. A null says nothing. */
function fieldsOf(entry: ExactObject, report: ReportBuilder, prefix = ''): Field[] {
  return Object.entries(entry).flatMap(([name, value]) => {
    const path = prefix + name;
    if (value !== null && !isExactObject(value)) return [{ path, value, meaning: meaningOf(path) }];
    if (value !== null && Object.keys(value).length > 0) return fieldsOf(value, report, `${path}.`);
    report.ignored(path, value === null ? 'is null' : 'is empty');
    return [];
  });
}

function parseList(text: string): ExactObject {
  const json = tryParse(text);
  if (json !== undefined && isExactObject(json)) return json;
  throw unusable([{ path: 'price list', message: 'must be a JSON object of models.' }]);
}

function tryParse(text: string): ExactJson | undefined {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function duplicates(text: string): Problem[] {
  return duplicateMembers(text).map((path) => ({ path: path.join('.'), message: 'is given twice.' }));
}

/** Callers could not tell such names apart, and would be charged by chance. */
function lookalikes(keys: readonly string[]): Problem[] {
  const first = new Map<string, string>();
  return keys.flatMap((key) => {
    const folded = key.toLowerCase();
    const other = first.get(folded);
    if (other === undefined) first.set(folded, key);
    return other === undefined ? [] : [{ path: key, message: `differs from ${other} only in case.` }];
  });
}

function unusable(problems: readonly Problem[]): DomainError {
  const told = problems.slice(0, MAX_PROBLEMS_TOLD).map(({ path, message }) => `${path}: ${message}`);
  const more = problems.length > told.length ? `\n… and ${problems.length - told.length} more` : '';
  return new DomainError('BAD_USER_INPUT', `The price list cannot be used:\n${told.join('\n')}${more}`, {
    field: problems[0]?.path ?? 'price list',
    problems: told,
  });
}
