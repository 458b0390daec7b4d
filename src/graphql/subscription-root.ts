import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidationRule,
} from 'graphql';
import { apiError } from './errors.ts';

/**
 * A subscription selects one field, plainly: no fragment and no @skip or @include stands between the operation and its
 * field, so that whoever judges the operation again later looks at the field that runs.
 */
export const subscriptionRootRule: ValidationRule = (context) => ({
  enter: (node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION || node.operation !== OperationTypeNode.SUBSCRIPTION) return;
    if (plainRoots(node).length === 1 && node.selectionSet.selections.length === 1) return;
    const message = 'A subscription must select one field, not by a fragment, and without @skip or @include.';
    context.reportError(apiError('GRAPHQL_VALIDATION_FAILED', message, { nodes: [node] }));
  },
});

/** The field of a subscription that `subscriptionRootRule` let pass. */
export function subscriptionField(operation: OperationDefinitionNode): FieldNode {
  const [field] = plainRoots(operation);
  if (!field) throw new Error('Invariant violated: the subscription was validated');
  return field;
}

function plainRoots({ selectionSet }: OperationDefinitionNode): FieldNode[] {
  const fields = selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  return fields.filter((field) => !field.directives?.some(({ name }) => /^(skip|include)$/.test(name.value)));
}
