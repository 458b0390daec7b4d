import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { DEFAULT_PAGE_SIZE } from './connection.ts';

/** The variables of a request, as they were sent. */
export type Variables = Readonly<Record<string, unknown>>;

/** A paged field of an operation, and the paged fields below it. Made once a document, asked once a request. */
export interface PagePlan {
  /** How many items the field may answer with these variables. */
  readonly size: (variables: Variables) => number;
  readonly below: readonly PagePlan[];
}

/** How many list items an operation with these plans can ask for: sizes multiplied downwards, and added up. */
export function listItems(plans: readonly PagePlan[], variables: Variables): number {
  return plans.reduce((sum, plan) => sum + plan.size(variables) * (1 + listItems(plan.below, variables)), 0);
}

/** The paged fields of a valid operation whose number of fields is within its limit. */
export function pagePlans(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly PagePlan[] {
  const root = schema.getRootType(operation.operation);
  return new Planner(schema, operation, fragments).plansOf(operation.selectionSet, root ?? undefined);
}

class Planner {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly operation: OperationDefinitionNode,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {}

  plansOf(selectionSet: SelectionSetNode | undefined, parent: GraphQLNamedType | undefined): PagePlan[] {
    return selectionSet?.selections.flatMap((selection) => this.plansOfSelection(selection, parent)) ?? [];
  }

  private plansOfSelection(selection: SelectionNode, parent: GraphQLNamedType | undefined): PagePlan[] {
    if (selection.kind === Kind.FIELD) return this.plansOfField(selection, parent);
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value) : selection;
    const on = fragment?.typeCondition ? this.schema.getType(fragment.typeCondition.name.value) : parent;
    return this.plansOf(fragment?.selectionSet, on);
  }

  private plansOfField(node: FieldNode, parent: GraphQLNamedType | undefined): PagePlan[] {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field) return [];
    const below = this.plansOf(node.selectionSet, getNamedType(field.type));
    const paged = field.args.some(({ name }) => name === 'first' || name === 'last');
    if (paged) return [{ size: this.pageSize(node), below }];
    const ids = argumentOf(node, 'ids');
    return ids ? [{ size: (variables) => lengthOf(this.valueOf(ids, variables)), below }] : below;
  }

  private pageSize(node: FieldNode): PagePlan['size'] {
    const sizes = ['first', 'last'].flatMap((name) => argumentOf(node, name) ?? []);
    return (variables) => {
      const given = sizes.map((size) => Number(this.valueOf(size, variables) ?? 0));
      // What is no number, or negative, is refused with a better message when it is coerced.
      return Math.max(0, ...given.filter((size) => size > 0)) || DEFAULT_PAGE_SIZE;
    };
  }

  private valueOf(node: ValueNode, variables: Variables): unknown {
    if (node.kind === Kind.INT) return node.value;
    if (node.kind === Kind.LIST) return node.values;
    if (node.kind !== Kind.VARIABLE) return undefined;
    const name = node.name.value;
    if (variables[name] !== undefined) return variables[name];
    const definition = this.operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === name,
    );
    return definition?.defaultValue ? this.valueOf(definition.defaultValue, {}) : undefined;
  }
}

function argumentOf(node: FieldNode, name: string): ValueNode | undefined {
  return node.arguments?.find((argument) => argument.name.value === name)?.value;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 1;
}
