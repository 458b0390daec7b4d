import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { apiError } from './errors.ts';

/** What one operation may be, judged before it runs. */
export interface OperationLimits {
  /** Characters of the document. */
  readonly queryChars: number;
  readonly tokens: number;
  /** Fields within fields, fragments followed. The introspection query of graphql-js is 15 deep. */
  readonly depth: number;
  /** Fields of one operation, each fragment counted wherever it is spread. */
  readonly fields: number;
  readonly rootFields: number;
  /** Definitions of fragments: what the specification's rules cost grows with the square of their number. */
  readonly fragments: number;
  readonly aliases: number;
  readonly directives: number;
  /** List items that the operation can ask for: page sizes multiplied along the way down, and added up. */
  readonly listItems: number;
}

export const OPERATION_LIMITS: OperationLimits = {
  queryChars: 65_536,
  tokens: 4_000,
  depth: 15,
  fields: 2_000,
  rootFields: 20,
  fragments: 100,
  aliases: 50,
  directives: 50,
  listItems: 10_000,
};

/** The rules that judge a document by itself. They are cheap, and go before the rules of the specification. */
export function limitRules(limits: OperationLimits): ValidationRule[] {
  return [
    operationRule('depth', limits.depth, (shape) => shape.depth),
    operationRule('fields', limits.fields, (shape) => shape.fields),
    operationRule('root fields', limits.rootFields, (shape) => shape.rootFields),
    countRule('fragments', limits.fragments, (node) => node.kind === Kind.FRAGMENT_DEFINITION),
    countRule('aliases', limits.aliases, (node) => node.kind === Kind.FIELD && node.alias !== undefined),
    countRule('directives', limits.directives, (node) => node.kind === Kind.DIRECTIVE),
  ];
}

interface Shape {
  readonly depth: number;
  readonly fields: number;
  readonly rootFields: number;
}

/** Reports each operation of which `measure` is above `limit`. */
function operationRule(what: string, limit: number, measure: (shape: Shape) => number): ValidationRule {
  return (context) => ({
    enter: (node) => {
      if (node.kind !== Kind.OPERATION_DEFINITION) return;
      const found = measure(shapeOf(context.getDocument(), node));
      if (found > limit) report(context, node, what, found, limit);
    },
  });
}

/** Reports a document that has more than `limit` nodes that are `counted`. */
function countRule(what: string, limit: number, counted: (node: ASTNode) => boolean): ValidationRule {
  return (context) => {
    let found = 0;
    return {
      enter: (node) => {
        if (counted(node)) found += 1;
      },
      leave: (node) => {
        if (node.kind === Kind.DOCUMENT && found > limit) report(context, node, what, found, limit);
      },
    };
  };
}

function report(
  context: ValidationContext,
  node: OperationDefinitionNode | DocumentNode,
  what: string,
  found: number,
  limit: number,
): void {
  const nodes = node.kind === Kind.DOCUMENT ? [] : [node];
  context.reportError(
    apiError('OPERATION_TOO_LARGE', `The operation has ${what}: ${found}; at most ${limit} are allowed.`, {
      nodes,
    }),
  );
}

const shapes = new WeakMap<OperationDefinitionNode, Shape>();

function shapeOf(document: DocumentNode, operation: OperationDefinitionNode): Shape {
  const known = shapes.get(operation);
  if (known) return known;
  const shape = new Measurement(document).of(operation.selectionSet);
  shapes.set(operation, shape);
  return shape;
}

/** Measures each fragment once, however often it is spread: fragments within fragments grow exponentially. */
class Measurement {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly measured = new Map<string, Shape>();

  constructor(document: DocumentNode) {
    const definitions = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(definitions.map((node) => [node.name.value, node]));
  }

  of(selectionSet: SelectionSetNode): Shape {
    let depth = 0;
    let fields = 0;
    let rootFields = 0;
    for (const selection of selectionSet.selections) {
      const inner = this.ofSelection(selection);
      depth = Math.max(depth, inner.depth);
      fields += inner.fields;
      rootFields += inner.rootFields;
    }
    return { depth, fields, rootFields };
  }

  private ofSelection(selection: SelectionSetNode['selections'][number]): Shape {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.ofFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.of(selection.selectionSet);
    const inner = selection.selectionSet ? this.of(selection.selectionSet) : NOTHING;
    return { depth: inner.depth + 1, fields: inner.fields + 1, rootFields: 1 };
  }

  private ofFragment(name: string): Shape {
    const known = this.measured.get(name);
    if (known) return known;
    // A fragment that spreads itself counts nothing here; the specification's rules report it.
    this.measured.set(name, NOTHING);
    const fragment = this.fragments.get(name);
    const shape = fragment ? this.of(fragment.selectionSet) : NOTHING;
    this.measured.set(name, shape);
    return shape;
  }
}

const NOTHING: Shape = { depth: 0, fields: 0, rootFields: 0 };
