import type { IncomingHttpHeaders } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Context } from './context.ts';
import { codeOf, publicError } from './errors.ts';
import { acceptedType, JSON_RESPONSE, statusOf } from './http-response.ts';
import type { Metrics } from './metrics.ts';
import type { PreparedOperation } from './prepare-operation.ts';

export interface EngineOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Finds a prepared document by the SHA-256 of its text. */
  readonly documentOf: (hash: string) => DocumentNode | undefined;
  /** Whether messages about bad variables name what the schema has instead. */
  readonly suggestsNames: boolean;
}

/** Executes prepared queries and mutations for HTTP. */
export interface Engine {
  start(): Promise<void>;
  execute(
    operation: PreparedOperation,
    headers: IncomingHttpHeaders,
    context: Context,
  ): Promise<HTTPGraphQLResponse>;
  stop(): Promise<void>;
}

const PASSED_HEADERS = [
  'accept',
  'content-type',
  'apollo-require-preflight',
  'x-apollo-operation-name',
] as const;

/** Apollo Server without its own parsing, validation, caching and landing page: `prepareOperation` did the first two. */
export function createEngine(options: EngineOptions): Engine {
  const apollo = new ApolloServer<Context>({
    schema: options.schema,
    logger: options.logger,
    documentStore: preparedDocuments(options.documentOf),
    persistedQueries: false,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      responsePlugin(options),
    ],
  });
  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    execute: ({ text, operationName, variables }, headers, context) =>
      apollo.executeHTTPGraphQLRequest({
        // A GET was judged by its operation already; only the check against CSRF looks at the headers.
        httpGraphQLRequest: {
          method: 'POST',
          headers: passedHeaders(headers),
          search: '',
          body: { query: text, operationName: operationName ?? null, variables },
        },
        context: async () => context,
      }),
  };
}

/** Apollo looks for a document under a prefix and its hash before it parses and validates the text itself. */
function preparedDocuments(documentOf: EngineOptions['documentOf']) {
  return {
    get: async (key: string) => documentOf(key.slice(-64)),
    set: async () => undefined,
    delete: async () => undefined,
  };
}

function passedHeaders(headers: IncomingHttpHeaders): HeaderMap {
  const passed = new HeaderMap();
  for (const name of PASSED_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') passed.set(name, value);
  }
  return passed;
}

/** Writes errors as the API documents them, and the status that GraphQL over HTTP asks for with each media type. */
function responsePlugin({ logger, metrics, suggestsNames }: EngineOptions): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response, errors, contextValue, operation, request }) => {
        const type = acceptedType(request.http?.headers.get('accept')) ?? JSON_RESPONSE;
        response.http.headers.set('content-type', type);
        const trace = { traceId: contextValue.traceId, log: logger };
        const judged = errors?.map((error) => publicError(error, trace));
        const shown = suggestsNames ? judged : judged?.map(withoutSuggestion);
        const code = shown?.[0] ? codeOf(shown[0]) : 'OK';
        metrics.operations.inc({ type: operation?.operation ?? 'unknown', code });
        if (!shown || response.body.kind !== 'single') return;
        response.body.singleResult.errors = shown;
        if (response.body.singleResult.data === undefined) response.http.status = statusOf(shown, type);
      },
    }),
  };
}

/** graphql-js names fields and values of the schema that are spelled like a wrong one; execution has no switch for it here. */
function withoutSuggestion(error: GraphQLFormattedError): GraphQLFormattedError {
  return error.path ? error : { ...error, message: error.message.replace(/ Did you mean .*\?$/s, '') };
}
