import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
} from 'graphql';
import { DomainError } from '../domain-error.ts';
import { type Access, permit } from './auth.ts';
import type { Context } from './context.ts';
import { type BufferLimits, Delivery, refusedDelivery } from './delivery.ts';
import { asGraphQLError, type ErrorTrace, publicError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { PreparedOperation } from './prepare-operation.ts';
import { payloadOf, type SharedPayloads, sharingKey } from './shared-payload.ts';
import type { RunningOperation, SocketSession } from './socket-session.ts';
import { subscriptionField } from './subscription-root.ts';
import type { SharedSource } from './subscription-source.ts';

/** What the subscriptions of a server have in common. */
export interface LiveServices {
  readonly schema: GraphQLSchema;
  /** The rules of the schema's fields. */
  readonly access: ReadonlyMap<string, Access | undefined>;
  readonly payloads: SharedPayloads;
  readonly buffers: BufferLimits;
  readonly metrics: Metrics;
  readonly log: ErrorTrace['log'];
  /** Whether messages about bad variables name what the schema has instead. */
  readonly suggestsNames: boolean;
}

const LOST: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND']);

/** One subscription of one socket, from `subscribe` to its end. */
export class LiveOperation implements RunningOperation {
  readonly args: ExecutionArgs;
  private delivery: Delivery | undefined;

  constructor(
    private readonly services: LiveServices,
    private readonly session: SocketSession,
    private context: Context,
    private readonly id: string,
    private readonly operation: PreparedOperation,
  ) {
    this.args = {
      schema: services.schema,
      document: operation.document,
      operationName: operation.operationName,
      variableValues: operation.variables,
      contextValue: context,
      hideSuggestions: !services.suggestsNames,
    };
  }

  /** Subscribes, which is where the asker's right is judged, and starts to deliver. Refusals end it with an `error` message. */
  async start(): Promise<AsyncGenerator<never>> {
    const source = await this.source();
    if (Array.isArray(source)) return refusedDelivery(source);
    const { services, session, operation } = this;
    const key = sharingKey(operation, this.context.actor, source.audience);
    services.metrics.subscriptions.inc();
    session.operations.add(this);
    this.delivery = new Delivery({
      id: this.id,
      source,
      outlet: session,
      limits: services.buffers,
      payloadOf: (event) => services.payloads.of(event, key, () => this.payload(event)),
      onSent: () => services.metrics.messages.inc(),
      onEnd: () => {
        session.operations.delete(this);
        services.metrics.subscriptions.dec();
      },
    });
    return this.delivery;
  }

  /** Asks again whether the asker may read this, with nothing remembered. What cannot be answered counts as no. */
  async judgeAgain(): Promise<void> {
    const context = this.context.renewed();
    try {
      await this.permitted(context);
      this.context = context;
    } catch (error) {
      const lost = error instanceof DomainError && LOST.has(error.code);
      this.delivery?.end(
        lost ? new DomainError('FORBIDDEN', 'You may not read this any more.') : asGraphQLError(error),
      );
    }
  }

  end(): void {
    this.delivery?.end();
  }

  private async source(): Promise<SharedSource<unknown> | ReturnType<typeof asGraphQLError>[]> {
    try {
      const stream: unknown = await createSourceEventStream(this.args);
      return isSource(stream) ? stream : errorsOf(stream);
    } catch (error) {
      return [asGraphQLError(error)];
    }
  }

  /** The JSON of what this subscription selects of an event. Roles are those of the start, or of the last judgement. */
  private payload(event: unknown): string | Promise<string> {
    const fresh: Context = { ...this.context.renewed(), roleIn: this.context.roleIn };
    return payloadOf({ ...this.args, contextValue: fresh }, event, (result) => this.toText(result));
  }

  private toText({ data, errors }: ExecutionResult): string {
    const trace = { traceId: this.context.traceId, log: this.services.log };
    return JSON.stringify({ errors: errors?.map((error) => publicError(error, trace)), data });
  }

  private async permitted(context: Context): Promise<void> {
    const node = subscriptionField(this.operation.operation);
    const rule = this.services.access.get(`Subscription.${node.name.value}`);
    if (rule?.rule !== 'PERMIT') return;
    await permit(context, rule.permission, rule.teamOf?.({ root: undefined, args: this.fieldArguments() }));
  }

  private fieldArguments(): Record<string, unknown> {
    const { schema } = this.services;
    const { operation, variables } = this.operation;
    const node = subscriptionField(operation);
    const field = schema.getSubscriptionType()?.getFields()[node.name.value];
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return field ? getArgumentValues(field, node, coerced) : {};
  }
}

function isSource(value: unknown): value is SharedSource<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function errorsOf(result: unknown): ReturnType<typeof asGraphQLError>[] {
  // createSourceEventStream answers a stream or a result that holds errors only.
  return [...((result as ExecutionResult).errors ?? [])];
}
