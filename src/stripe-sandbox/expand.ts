import type { Call, Includes } from './call.ts';
import { invalidRequest } from './problem.ts';

type Json = Record<string, unknown>;

const DEEPEST = 4;

/**
 * A copy of `answer` in which the ids that `paths` lead to are replaced by what they name: `latest_charge`,
 * `data.payment_method`. `includes` answers members that are not there unless they are asked for.
 * @throws StripeProblem for a path that leads to nothing that can be expanded, or through more than four objects.
 */
export async function expanded(
  call: Call,
  answer: object,
  paths: readonly string[],
  includes: Includes,
): Promise<object> {
  let result: unknown = structuredClone(answer);
  for (const path of paths) {
    const names = path.split('.');
    if (names.filter((name) => name !== 'data').length > DEEPEST) {
      throw invalidRequest(`You cannot expand more than ${DEEPEST} levels of a property. Property: ${path}`, {
        param: 'expand',
      });
    }
    result = await new Expansion(call, includes, path).follow(result, names);
  }
  // What went in is an object, and following a path answers one for one.
  return result as object;
}

class Expansion {
  constructor(
    private readonly call: Call,
    private readonly includes: Includes,
    private readonly path: string,
  ) {}

  async follow(value: unknown, names: readonly string[]): Promise<unknown> {
    const [name, ...rest] = names;
    if (name === undefined || value === null) return value;
    if (Array.isArray(value)) return this.eachOf(value, names);
    if (typeof value !== 'object') throw this.refusal();
    const object: Json = { ...value };
    object[name] = await this.follow(await this.memberOf(object, name), rest);
    return object;
  }

  private async eachOf(values: readonly unknown[], names: readonly string[]): Promise<unknown[]> {
    const results: unknown[] = [];
    for (const value of values) results.push(await this.follow(value, names));
    return results;
  }

  /** What the member is, with the object in place of its id. */
  private async memberOf(object: Json, name: string): Promise<unknown> {
    const { object: kind, id } = object;
    const include = this.includes[String(kind)]?.[name];
    if (include && typeof id === 'string') return include(this.call, id);
    const value = object[name];
    if (name === 'id' || value === undefined) throw this.refusal();
    if (typeof value === 'object') return value;
    if (typeof value !== 'string') throw this.refusal();
    const found = await this.call.objects.any(value);
    if (found === undefined) throw this.refusal();
    return found.data;
  }

  private refusal(): Error {
    return invalidRequest(`This property cannot be expanded (${this.path}).`, {
      code: 'parameter_invalid',
      param: 'expand',
    });
  }
}
