import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
} from 'graphql';
import type { Sampling } from './id-places.ts';
import { sampleArguments } from './sample-arguments.ts';

/** A document with its variables. */
export interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** With the fields that it asks for, by `Type.field`. */
export type WrittenOperation = Operation & { readonly fields: ReadonlySet<string> };

/** A field, and the type it is of. */
export interface Step {
  readonly type: string;
  readonly field: GraphQLField<unknown, unknown>;
}

export function stepName({ type, field }: Step): string {
  return `${type}.${field.name}`;
}

/** Tells of a field, by `Type.field`, whether it is to be asked for. */
export type Wanted = (name: string) => boolean;

/** Writes documents that ask for everything wanted behind a field. */
export class OperationWriter {
  private readonly variables: Record<string, unknown> = {};
  private readonly declared: string[] = [];
  private readonly fields = new Set<string>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly sampling: Sampling,
    private readonly wanted: Wanted,
  ) {}

  /** An operation that goes from a root field to the last of the steps, and takes what is wanted there. */
  async write(steps: readonly Step[], depth: number): Promise<WrittenOperation> {
    const [root] = steps;
    if (!root) throw new Error('an operation has a root field');
    const body = await this.nested(steps, depth);
    const kind = root.type.toLowerCase();
    const head = this.declared.length > 0 ? `(${this.declared.join(', ')})` : '';
    return { query: `${kind} ${head} { ${body} }`, variables: this.variables, fields: this.fields };
  }

  private async nested([step, ...rest]: readonly Step[], depth: number): Promise<string> {
    if (!step) return '';
    const inner = rest.length > 0 ? `{ ${await this.nested(rest, depth)} }` : '';
    return this.one(step, inner || (await this.selection(step.field.type, depth)));
  }

  private async one({ type, field }: Step, selection: string): Promise<string> {
    this.fields.add(`${type}.${field.name}`);
    const values = await sampleArguments(type, field, this.sampling);
    const given = Object.entries(values).map(
      ([name, value]) => `${name}: ${this.variable(field, name, value)}`,
    );
    // Pages of the default size, nested, ask for more items than an operation may.
    if (field.args.some(({ name }) => name === 'first') && !isPaged(values)) given.push('first: 4');
    return `${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${selection}`;
  }

  private variable(field: GraphQLField<unknown, unknown>, name: string, value: unknown): string {
    const variable = `v${this.declared.length}`;
    const type = field.args.find((arg) => arg.name === name)?.type;
    this.declared.push(`$${variable}: ${type}`);
    this.variables[variable] = value;
    return `$${variable}`;
  }

  private async selection(type: GraphQLOutputType, depth: number): Promise<string> {
    const named = getNamedType(type);
    if (isLeafType(named)) return '';
    if (!isAbstractType(named)) return `{ __typename ${await this.fieldsOf(named, depth)} }`;
    const parts = await Promise.all(
      this.schema
        .getPossibleTypes(named)
        .map(
          async (possible) =>
            `... on ${possible.name} { __typename ${await this.fieldsOf(possible, depth)} }`,
        ),
    );
    return `{ __typename ${parts.join(' ')} }`;
  }

  /** The wanted fields of a type, down to a depth that only fields with fields of their own count for. */
  private async fieldsOf(type: GraphQLObjectType, depth: number): Promise<string> {
    const parts: string[] = [];
    for (const field of Object.values(type.getFields())) {
      const isLeaf = isLeafType(getNamedType(field.type));
      if (!this.wanted(`${type.name}.${field.name}`) || (!isLeaf && depth === 0)) continue;
      parts.push(await this.one({ type: type.name, field }, await this.selection(field.type, depth - 1)));
    }
    return parts.join(' ');
  }
}

function isPaged(values: object): boolean {
  return 'first' in values || 'last' in values;
}

/** The fields of Query, Mutation or Subscription. */
export function rootFields(schema: GraphQLSchema, kind: 'Query' | 'Mutation' | 'Subscription'): Step[] {
  const type = schema.getType(kind);
  return isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type: kind, field })) : [];
}

/**
 * The shortest way from a query to each object type, through fields of object types only; from a mutation to those that
 * no query leads to.
 */
export function routes(schema: GraphQLSchema): ReadonlyMap<string, readonly Step[]> {
  const found = new Map<string, readonly Step[]>();
  for (const root of ['Query', 'Mutation']) {
    found.set(root, []);
    goOn(schema, root, found);
  }
  return found;
}

function goOn(schema: GraphQLSchema, root: string, found: Map<string, readonly Step[]>): void {
  const waiting = [root];
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const target = getNamedType(field.type);
      if (!isObjectType(target) || found.has(target.name)) continue;
      found.set(target.name, [...(found.get(name) ?? []), { type: name, field }]);
      waiting.push(target.name);
    }
  }
}
