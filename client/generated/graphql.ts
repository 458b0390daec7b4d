/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What became of usage that was recorded. */
export type ChargeStatus =
  /** Paid by grants, as debt where that was asked for, or free of charge. */
  | 'CHARGED'
  /** After-the-fact usage beyond what the team may owe: kept as a record, nothing was charged. */
  | 'UNBILLED';

/** A team to create. */
export type CreateTeamInput = {
  /** Your own key for this request: a repeat answers the same team. 1 to 255 characters. */
  idempotencyKey: string;
  /** What its members call it: 1 to 100 characters. */
  name: string;
  /** For platform keys: who owns the team, by the "sub" of their tokens. Absent for users, who own what they create. */
  ownerSubject?: string | null | undefined;
  /** IANA name of its time zone, such as "Europe/Berlin". */
  timeZone?: string;
};

/** A kind of quantity. Quantities are disjoint: what one meter counts, no other meter of the same charge counts again. */
export type Meter =
  /** Audio tokens of the prompt read from a cache. */
  | 'CACHED_INPUT_AUDIO_TOKEN'
  /** Prompt tokens read from a cache. */
  | 'CACHED_INPUT_TOKEN'
  /** Prompt tokens written to a cache that keeps them for an hour. */
  | 'CACHE_WRITE_1H_TOKEN'
  /** Audio tokens of the prompt written to a cache. */
  | 'CACHE_WRITE_AUDIO_TOKEN'
  /** Prompt tokens written to a cache with the default lifetime (five minutes at most suppliers). */
  | 'CACHE_WRITE_TOKEN'
  /** Seconds a GPU worked for the request. */
  | 'GPU_SECOND'
  /** Seconds of audio in a prompt of several kinds of input. */
  | 'INPUT_AUDIO_SECOND'
  /** Audio tokens of the prompt that were neither read from nor written to a cache. */
  | 'INPUT_AUDIO_TOKEN'
  /** Characters of the prompt. */
  | 'INPUT_CHARACTER'
  /** Images in the prompt. */
  | 'INPUT_IMAGE'
  /** Tokens of the images in the prompt. */
  | 'INPUT_IMAGE_TOKEN'
  /** Seconds of the recording given to the model (transcription). */
  | 'INPUT_SECOND'
  /** Text tokens of the prompt that were neither read from nor written to a cache. */
  | 'INPUT_TOKEN'
  /** Seconds of video in the prompt. */
  | 'INPUT_VIDEO_SECOND'
  /** Minutes of use, for what is sold by the minute. */
  | 'MINUTE'
  /** Audio tokens of the answer. */
  | 'OUTPUT_AUDIO_TOKEN'
  /** Characters of the answer. */
  | 'OUTPUT_CHARACTER'
  /** Images generated. */
  | 'OUTPUT_IMAGE'
  /** Tokens of the images in the answer. */
  | 'OUTPUT_IMAGE_TOKEN'
  /** Seconds of the recording made by the model (speech). */
  | 'OUTPUT_SECOND'
  /** Text tokens of the answer, without reasoning tokens. */
  | 'OUTPUT_TOKEN'
  /** Seconds of video generated. */
  | 'OUTPUT_VIDEO_SECOND'
  /** Tokens of the video in the answer. */
  | 'OUTPUT_VIDEO_TOKEN'
  /** Tokens the model generated to think and did not show. */
  | 'REASONING_TOKEN'
  /** Requests, for what is sold by the call or the generation. */
  | 'REQUEST'
  /** Web searches the model made, counted as its supplier counts them. */
  | 'WEB_SEARCH';

/** What was used. */
export type RecordUsageInput = {
  /** 1 to 1,000 items, of any teams. */
  items: Array<UsageItemInput>;
};

/** A label of your own to find and group charges by. */
export type TagInput = {
  /** The name, 1 to 64 characters, once an item. */
  name: string;
  /** The value, up to 256 characters. */
  value: string;
};

/** One thing that a team used. */
export type UsageItemInput = {
  /** The work is done already: what credit cannot pay becomes debt up to the limit of the team, and beyond it the usage is kept as UNBILLED. Absent or false: refused with OUT_OF_CREDITS. */
  afterTheFact?: boolean | null | undefined;
  /** The API key of the team it was used with. */
  apiKeyId?: string | null | undefined;
  /** Your key for this item, 1 to 200 characters, unique for the team for ever. The same key with the same item is charged once and answers the first result, however often it is sent. */
  idempotencyKey: string;
  /** The member of the team who used it. */
  memberId?: string | null | undefined;
  /** The key of the model, such as "gpt-5". */
  model: string;
  /** When it was used; the price of that instant holds. At most 35 days (by default) in the past and 5 minutes ahead. Absent: now. */
  occurredAt?: string | null | undefined;
  /** Facts that may change the price. */
  params?: Array<UsageParamInput> | null | undefined;
  /** What was used, each meter at most once. Meters are disjoint: cached tokens are not input tokens again. */
  quantities: Array<UsageQuantityInput>;
  /** Up to 16 labels of your own. */
  tags?: Array<TagInput> | null | undefined;
  /** The team that pays. */
  teamId: string;
};

/** A fact about a request that may change its price. */
export type UsageParam =
  /** The code of the GPU type that did the work. */
  | 'GPU_TYPE'
  /** The quality of what was generated: "standard", "hd" … */
  | 'QUALITY'
  /** Where the request was processed, when it had to be there: "eu", "us" … */
  | 'REGION'
  /** The resolution of what was generated: "720p", "1024x1024" … */
  | 'RESOLUTION'
  /** How much context a web search returned. One of: low, medium, high. */
  | 'SEARCH_CONTEXT_SIZE'
  /** The tier that served the request. One of: default, flex, priority, batch. */
  | 'SERVICE_TIER'
  /** The speed that was served. One of: standard, fast. */
  | 'SPEED';

/** A fact about the request that may change its price. */
export type UsageParamInput = {
  /** Which fact. */
  name: UsageParam;
  /** Its value, such as "batch" for SERVICE_TIER. */
  value: string;
};

/** How much was used of one thing. */
export type UsageQuantityInput = {
  /** What was counted. */
  meter: Meter;
  /** How many units: 0 or more, up to 9 decimal places. */
  quantity: string;
};

/** Why a mutation, or one item of it, was refused. New codes may be added. */
export type UserErrorCode =
  /** The object is in a state that does not allow this. */
  | 'CONFLICT'
  /** The idempotency key was used before with other input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** A value cannot be used; the message says what would be right. */
  | 'INVALID_INPUT'
  /** Nothing that you may see has an id that was given. */
  | 'NOT_FOUND'
  /** The model has no price for this usage at that time. */
  | 'NOT_PRICED'
  /** Too long ago, or in the future. */
  | 'OCCURRED_AT_OUT_OF_RANGE'
  /** The grants that may pay do not hold enough. */
  | 'OUT_OF_CREDITS';

export type ModelPriceQueryVariables = Exact<{
  key: string;
}>;


export type ModelPriceQuery = { model: { id: string, key: string, active: boolean, currentPrice: { effectiveAt: string } } };

export type CreateTeamMutationVariables = Exact<{
  input: CreateTeamInput;
}>;


export type CreateTeamMutation = { createTeam: { replayed: boolean, team: { id: string, createdAt: string } | null, userErrors: Array<
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
    > } };

type Refused_OutOfCredits_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

type Refused_Refusal_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

export type RefusedFragment =
  | Refused_OutOfCredits_Fragment
  | Refused_Refusal_Fragment
;

export type RecordUsageMutationVariables = Exact<{
  input: RecordUsageInput;
}>;


export type RecordUsageMutation = { recordUsage: { results: Array<{ idempotencyKey: string, replayed: boolean, charge: { id: string, status: ChargeStatus, amount: string } | null, error:
        | { shortBy: string, available: string, code: UserErrorCode, message: string, path: Array<string> }
        | { code: UserErrorCode, message: string, path: Array<string> }
       | null, balance: { seq: string, asOf: string } | null }> } };

export type TeamChargesQueryVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type TeamChargesQuery = { team: { charges: { edges: Array<{ node: { id: string, status: ChargeStatus, amount: string, debt: string, modelKey: string, occurredAt: string, firstSeq: string | null, lastSeq: string | null, quantities: Array<{ meter: Meter, quantity: string }>, params: Array<{ name: UsageParam, value: string }>, tags: Array<{ name: string, value: string }>, draws: Array<{ grantId: string, amount: string }> | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ChargeFactsFragment = { id: string, status: ChargeStatus, amount: string, debt: string, modelKey: string, occurredAt: string, firstSeq: string | null, lastSeq: string | null, quantities: Array<{ meter: Meter, quantity: string }>, params: Array<{ name: UsageParam, value: string }>, tags: Array<{ name: string, value: string }>, draws: Array<{ grantId: string, amount: string }> | null };

export const RefusedFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<RefusedFragment, unknown>;
export const ChargeFactsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ChargeFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Charge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"debt"}},{"kind":"Field","name":{"kind":"Name","value":"modelKey"}},{"kind":"Field","name":{"kind":"Name","value":"quantities"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"meter"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"params"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"firstSeq"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeq"}},{"kind":"Field","name":{"kind":"Name","value":"draws"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]} as unknown as DocumentNode<ChargeFactsFragment, unknown>;
export const ModelPriceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ModelPrice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"model"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"key"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"currentPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"effectiveAt"}}]}}]}}]}}]} as unknown as DocumentNode<ModelPriceQuery, ModelPriceQueryVariables>;
export const CreateTeamDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateTeam"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateTeamInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createTeam"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refused"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<CreateTeamMutation, CreateTeamMutationVariables>;
export const RecordUsageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecordUsage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecordUsageInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recordUsage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"charge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refused"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"OutOfCredits"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"shortBy"}},{"kind":"Field","name":{"kind":"Name","value":"available"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<RecordUsageMutation, RecordUsageMutationVariables>;
export const TeamChargesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TeamCharges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"charges"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"POSTED_ASC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ChargeFacts"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ChargeFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Charge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"debt"}},{"kind":"Field","name":{"kind":"Name","value":"modelKey"}},{"kind":"Field","name":{"kind":"Name","value":"quantities"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"meter"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"params"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"firstSeq"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeq"}},{"kind":"Field","name":{"kind":"Name","value":"draws"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]} as unknown as DocumentNode<TeamChargesQuery, TeamChargesQueryVariables>;