import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { Actor } from '../actor.ts';
import type { PreparedOperation } from './prepare-operation.ts';

/**
 * The JSON of an event's payload, made once for each (operation, variables without those that only say where to
 * resume, audience): a thousand dashboards cost one execution. Forgotten with the event.
 */
export class SharedPayloads {
  private readonly byEvent = new WeakMap<object, Map<string, string | Promise<string>>>();

  /** The payload of `event` for all subscriptions of this key; `make` is called for the first of them. */
  of(event: unknown, key: string, make: () => string | Promise<string>): string | Promise<string> {
    if (typeof event !== 'object' || event === null) return make();
    const payloads = this.payloadsOf(event);
    const known = payloads.get(key);
    if (known !== undefined) return known;
    const made = make();
    payloads.set(key, made);
    // A string spares everybody who comes later the turn of the event loop that a promise takes.
    if (typeof made !== 'string')
      void made.then(
        (text) => payloads.set(key, text),
        () => payloads.delete(key),
      );
    return made;
  }

  private payloadsOf(event: object): Map<string, string | Promise<string>> {
    const known = this.byEvent.get(event);
    if (known) return known;
    const payloads = new Map<string, string | Promise<string>>();
    this.byEvent.set(event, payloads);
    return payloads;
  }
}

/** Executes a subscription for one event. Stays synchronous while every resolver does. */
export function payloadOf(
  args: ExecutionArgs,
  event: unknown,
  toText: (result: ExecutionResult) => string,
): string | Promise<string> {
  const result = execute({ ...args, rootValue: event });
  return 'then' in result ? result.then(toText) : toText(result);
}

/** What subscriptions must have in common to share payloads. */
export function sharingKey(operation: PreparedOperation, actor: Actor, audience: string | undefined): string {
  const resume = resumeVariables(operation);
  const variables = Object.entries(operation.variables).filter(([name]) => !resume.has(name));
  return JSON.stringify([
    operation.documentHash,
    operation.operationName,
    audience ?? askerOf(actor),
    variables,
  ]);
}

function askerOf(actor: Actor): readonly string[] {
  if (actor.kind === 'USER') return [actor.kind, actor.userId];
  return actor.kind === 'KEY' ? [actor.kind, actor.keyId] : [actor.kind];
}

const resumeNames = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/** The variables that do nothing but fill the argument `after` of the subscription: they decide which events come. */
function resumeVariables({ operation, document }: PreparedOperation): ReadonlySet<string> {
  const known = resumeNames.get(operation);
  if (known) return known;
  const uses = new Map<string, number>();
  visit(document, {
    enter: (node) => {
      if (node.kind === Kind.VARIABLE_DEFINITION) return false;
      if (node.kind === Kind.VARIABLE) uses.set(node.name.value, (uses.get(node.name.value) ?? 0) + 1);
      return undefined;
    },
  });
  const names = new Set(afterVariables(operation).filter((name) => uses.get(name) === 1));
  resumeNames.set(operation, names);
  return names;
}

function afterVariables({ selectionSet }: OperationDefinitionNode): string[] {
  const roots = selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  const values = roots.flatMap(({ arguments: given = [] }) =>
    given.filter(({ name }) => name.value === 'after'),
  );
  return values.flatMap(({ value }) => (value.kind === Kind.VARIABLE ? [value.name.value] : []));
}
