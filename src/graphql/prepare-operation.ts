import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
  visit,
} from 'graphql';
import type { Context } from './context.ts';
import { DocumentCache } from './document-cache.ts';
import { apiError } from './errors.ts';
import { limitRules, type OperationLimits } from './limits.ts';
import { listItems, type PagePlan, pagePlans, type Variables } from './page-plan.ts';
import { storableTextRule, textIsStorable, UNSTORABLE } from './storable-text.ts';
import { subscriptionRootRule } from './subscription-root.ts';

/** What a client sent, whichever way it came. */
export interface OperationRequest {
  readonly query?: string | undefined;
  /** The id of a persisted operation, in place of `query`. */
  readonly documentId?: string | undefined;
  readonly operationName?: string | undefined;
  readonly variables?: Variables | undefined;
}

/** How it came: each way serves some kinds of operation only. */
export type Transport = 'GET' | 'POST' | 'WEBSOCKET';

/** An operation that may run. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  /** SHA-256 of the document's text, in hex. */
  readonly documentHash: string;
  readonly text: string;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | undefined;
  readonly variables: Variables;
}

/** The operation will not run; each error says why, with a documented code. */
export class OperationRefused extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.name = 'OperationRefused';
  }
}

export type PrepareOperation = (
  request: OperationRequest,
  transport: Transport,
  context: Context,
) => Promise<PreparedOperation>;

/** Prepares operations, and remembers the documents it has seen. */
export interface Preparation {
  readonly prepare: PrepareOperation;
  /** A document that was prepared before, unless it has been dropped since, by the SHA-256 of its text. */
  documentOf(hash: string): DocumentNode | undefined;
}

export interface PreparationOptions {
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits;
  /** Whether the asker may look at the schema. Who may not gets no suggestions of names either. */
  readonly mayIntrospect: (context: Context) => Promise<boolean>;
  readonly cacheBound?: { readonly entries: number; readonly chars: number };
}

/** A document that fits the schema and is within the limits that need no variables. */
interface KnownDocument {
  readonly document: DocumentNode;
  readonly introspects: boolean;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly plans: Map<OperationDefinitionNode, readonly PagePlan[]>;
}

/**
 * The one way of every operation, from HTTP and from sockets alike:
 *
 *     document id → parse → validate → choose the operation → transport → introspection → list size → cost → rate
 *
 * The stages of persisted operations (`documentText`: a manifest, and for partner keys nothing beside it), cost and
 * rate limit (after `judgeListSize`, when the asker and the variables are known) are the ones to extend.
 * @throws OperationRefused
 */
export function createPreparation(options: PreparationOptions): Preparation {
  const documents = new Documents(options);
  const prepare: PrepareOperation = async (request, transport, context) => {
    const text = documentText(request);
    const open = await options.mayIntrospect(context);
    const documentHash = createHash('sha256').update(text).digest('hex');
    const known = documents.of(text, documentHash, open);
    const operation = chooseOperation(known.document, request.operationName);
    judgeTransport(operation, transport);
    if (known.introspects && !open) throw refused('FORBIDDEN', 'The schema is shown to operators only.');
    const variables = request.variables ?? {};
    judgeText(variables);
    judgeListSize(documents.plansOf(known, operation), variables, options.limits);
    const { operationName } = request;
    return { document: known.document, documentHash, text, operation, operationName, variables };
  };
  return { prepare, documentOf: (hash) => documents.seen(hash)?.document };
}

function documentText(request: OperationRequest): string {
  if (request.query) return request.query;
  if (request.documentId === undefined) throw refused('BAD_REQUEST', '"query" must be a GraphQL document.');
  throw refused('PERSISTED_QUERY_NOT_FOUND', 'No operation is registered under this document id.');
}

class Documents {
  private readonly cache: DocumentCache<KnownDocument>;
  /** These go first: they bound what the specification's rules have to look at. */
  private readonly firstRules: ValidationRule[];

  constructor(private readonly options: PreparationOptions) {
    this.cache = new DocumentCache(options.cacheBound ?? { entries: 1_000, chars: 8_000_000 });
    this.firstRules = [...limitRules(options.limits), subscriptionRootRule, storableTextRule];
  }

  seen(hash: string): KnownDocument | undefined {
    return this.cache.get(hash);
  }

  /** Parses and validates a document the first time it is seen. What is refused is not remembered. */
  of(text: string, hash: string, open: boolean): KnownDocument {
    const known = this.cache.get(hash);
    if (known) return known;
    const document = this.parsed(text);
    this.validate(document, open);
    const made = describe(document);
    this.cache.set(hash, made, text.length);
    return made;
  }

  plansOf(known: KnownDocument, operation: OperationDefinitionNode): readonly PagePlan[] {
    const plans = known.plans.get(operation) ?? pagePlans(this.options.schema, operation, known.fragments);
    known.plans.set(operation, plans);
    return plans;
  }

  private parsed(text: string): DocumentNode {
    const { queryChars, tokens } = this.options.limits;
    if (text.length > queryChars) throw tooLarge(`more than ${queryChars} characters`);
    try {
      return parse(text, { maxTokens: tokens });
    } catch (error) {
      // Anything but a GraphQLError is a stack that brackets within brackets have used up.
      if (!(error instanceof GraphQLError)) throw tooLarge('values nested too deeply');
      if (error.message.includes(`more that ${tokens} tokens`)) throw tooLarge(`more than ${tokens} tokens`);
      throw new OperationRefused([coded(error, 'GRAPHQL_PARSE_FAILED')]);
    }
  }

  private validate(document: DocumentNode, open: boolean): void {
    const { schema } = this.options;
    const refused = validate(schema, document, this.firstRules);
    if (refused.length > 0) throw new OperationRefused(refused);
    const wrong = validate(schema, document, specifiedRules, { maxErrors: 20, hideSuggestions: !open });
    if (wrong.length > 0)
      throw new OperationRefused(wrong.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
  }
}

/** Gives `error` a code unless its cause says more, as a scalar does that refuses a literal. */
function coded(
  error: GraphQLError,
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED',
): GraphQLError {
  if (error.originalError) return error;
  const { nodes = null, source = null, positions = null } = error;
  return apiError(code, error.message, { nodes, source, positions });
}

function describe(document: DocumentNode): KnownDocument {
  let introspects = false;
  const fragments = new Map<string, FragmentDefinitionNode>();
  visit(document, {
    enter: (node) => {
      if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
      if (node.kind === Kind.FIELD) introspects ||= ['__schema', '__type'].includes(node.name.value);
    },
  });
  return { document, introspects, fragments, plans: new Map() };
}

function chooseOperation(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const chosen = name === undefined ? operations : operations.filter((node) => node.name?.value === name);
  if (chosen[0] && chosen.length === 1) return chosen[0];
  if (name === undefined && operations.length > 1) {
    throw refused(
      'OPERATION_RESOLUTION_FAILURE',
      'The document has several operations: "operationName" says which.',
    );
  }
  throw refused('OPERATION_RESOLUTION_FAILURE', 'The document has no operation of this name.');
}

function judgeTransport({ operation }: OperationDefinitionNode, transport: Transport): void {
  const subscribes = operation === OperationTypeNode.SUBSCRIPTION;
  if (transport === 'WEBSOCKET' && !subscribes) {
    throw refused(
      'USE_HTTP',
      'Send queries and mutations by POST; the websocket carries subscriptions only.',
    );
  }
  if (transport !== 'WEBSOCKET' && subscribes) {
    throw refused('USE_WEBSOCKET', 'Subscribe over the websocket (graphql-transport-ws) on the same path.');
  }
  if (transport === 'GET' && operation === OperationTypeNode.MUTATION) {
    throw refused('METHOD_NOT_ALLOWED', 'Send mutations by POST; GET is for queries.');
  }
}

function judgeText(variables: Variables): void {
  if (!textIsStorable(variables)) throw refused('BAD_USER_INPUT', `variables: ${UNSTORABLE}`);
}

function judgeListSize(plans: readonly PagePlan[], variables: Variables, limits: OperationLimits): void {
  const items = listItems(plans, variables);
  if (items > limits.listItems) {
    throw tooLarge(
      `${items} list items within its pages, of at most ${limits.listItems}: ask for smaller pages`,
    );
  }
}

function tooLarge(what: string): OperationRefused {
  return refused('OPERATION_TOO_LARGE', `The operation has ${what}.`);
}

function refused(code: Parameters<typeof apiError>[0], message: string): OperationRefused {
  return new OperationRefused([apiError(code, message)]);
}
