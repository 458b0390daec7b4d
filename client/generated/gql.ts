/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query ModelPrice($key: String!) {\n  model(key: $key) {\n    id\n    key\n    active\n    currentPrice {\n      effectiveAt\n    }\n  }\n}": typeof types.ModelPriceDocument,
    "mutation CreateTeam($input: CreateTeamInput!) {\n  createTeam(input: $input) {\n    team {\n      id\n      createdAt\n    }\n    replayed\n    userErrors {\n      ...Refused\n    }\n  }\n}\n\nfragment Refused on UserError {\n  code\n  message\n  path\n}": typeof types.CreateTeamDocument,
    "mutation RecordUsage($input: RecordUsageInput!) {\n  recordUsage(input: $input) {\n    results {\n      idempotencyKey\n      replayed\n      charge {\n        id\n        status\n        amount\n      }\n      error {\n        ...Refused\n        ... on OutOfCredits {\n          shortBy\n          available\n        }\n      }\n      balance {\n        seq\n        asOf\n      }\n    }\n  }\n}\n\nquery TeamCharges($teamId: ID!, $after: Cursor) {\n  team(id: $teamId) {\n    charges(first: 100, after: $after, orderBy: POSTED_ASC) {\n      edges {\n        node {\n          ...ChargeFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}\n\nfragment ChargeFacts on Charge {\n  id\n  status\n  amount\n  debt\n  modelKey\n  quantities {\n    meter\n    quantity\n  }\n  params {\n    name\n    value\n  }\n  tags {\n    name\n    value\n  }\n  occurredAt\n  firstSeq\n  lastSeq\n  draws {\n    grantId\n    amount\n  }\n}": typeof types.RecordUsageDocument,
};
const documents: Documents = {
    "query ModelPrice($key: String!) {\n  model(key: $key) {\n    id\n    key\n    active\n    currentPrice {\n      effectiveAt\n    }\n  }\n}": types.ModelPriceDocument,
    "mutation CreateTeam($input: CreateTeamInput!) {\n  createTeam(input: $input) {\n    team {\n      id\n      createdAt\n    }\n    replayed\n    userErrors {\n      ...Refused\n    }\n  }\n}\n\nfragment Refused on UserError {\n  code\n  message\n  path\n}": types.CreateTeamDocument,
    "mutation RecordUsage($input: RecordUsageInput!) {\n  recordUsage(input: $input) {\n    results {\n      idempotencyKey\n      replayed\n      charge {\n        id\n        status\n        amount\n      }\n      error {\n        ...Refused\n        ... on OutOfCredits {\n          shortBy\n          available\n        }\n      }\n      balance {\n        seq\n        asOf\n      }\n    }\n  }\n}\n\nquery TeamCharges($teamId: ID!, $after: Cursor) {\n  team(id: $teamId) {\n    charges(first: 100, after: $after, orderBy: POSTED_ASC) {\n      edges {\n        node {\n          ...ChargeFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}\n\nfragment ChargeFacts on Charge {\n  id\n  status\n  amount\n  debt\n  modelKey\n  quantities {\n    meter\n    quantity\n  }\n  params {\n    name\n    value\n  }\n  tags {\n    name\n    value\n  }\n  occurredAt\n  firstSeq\n  lastSeq\n  draws {\n    grantId\n    amount\n  }\n}": types.RecordUsageDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ModelPrice($key: String!) {\n  model(key: $key) {\n    id\n    key\n    active\n    currentPrice {\n      effectiveAt\n    }\n  }\n}"): (typeof documents)["query ModelPrice($key: String!) {\n  model(key: $key) {\n    id\n    key\n    active\n    currentPrice {\n      effectiveAt\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation CreateTeam($input: CreateTeamInput!) {\n  createTeam(input: $input) {\n    team {\n      id\n      createdAt\n    }\n    replayed\n    userErrors {\n      ...Refused\n    }\n  }\n}\n\nfragment Refused on UserError {\n  code\n  message\n  path\n}"): (typeof documents)["mutation CreateTeam($input: CreateTeamInput!) {\n  createTeam(input: $input) {\n    team {\n      id\n      createdAt\n    }\n    replayed\n    userErrors {\n      ...Refused\n    }\n  }\n}\n\nfragment Refused on UserError {\n  code\n  message\n  path\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation RecordUsage($input: RecordUsageInput!) {\n  recordUsage(input: $input) {\n    results {\n      idempotencyKey\n      replayed\n      charge {\n        id\n        status\n        amount\n      }\n      error {\n        ...Refused\n        ... on OutOfCredits {\n          shortBy\n          available\n        }\n      }\n      balance {\n        seq\n        asOf\n      }\n    }\n  }\n}\n\nquery TeamCharges($teamId: ID!, $after: Cursor) {\n  team(id: $teamId) {\n    charges(first: 100, after: $after, orderBy: POSTED_ASC) {\n      edges {\n        node {\n          ...ChargeFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}\n\nfragment ChargeFacts on Charge {\n  id\n  status\n  amount\n  debt\n  modelKey\n  quantities {\n    meter\n    quantity\n  }\n  params {\n    name\n    value\n  }\n  tags {\n    name\n    value\n  }\n  occurredAt\n  firstSeq\n  lastSeq\n  draws {\n    grantId\n    amount\n  }\n}"): (typeof documents)["mutation RecordUsage($input: RecordUsageInput!) {\n  recordUsage(input: $input) {\n    results {\n      idempotencyKey\n      replayed\n      charge {\n        id\n        status\n        amount\n      }\n      error {\n        ...Refused\n        ... on OutOfCredits {\n          shortBy\n          available\n        }\n      }\n      balance {\n        seq\n        asOf\n      }\n    }\n  }\n}\n\nquery TeamCharges($teamId: ID!, $after: Cursor) {\n  team(id: $teamId) {\n    charges(first: 100, after: $after, orderBy: POSTED_ASC) {\n      edges {\n        node {\n          ...ChargeFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}\n\nfragment ChargeFacts on Charge {\n  id\n  status\n  amount\n  debt\n  modelKey\n  quantities {\n    meter\n    quantity\n  }\n  params {\n    name\n    value\n  }\n  tags {\n    name\n    value\n  }\n  occurredAt\n  firstSeq\n  lastSeq\n  draws {\n    grantId\n    amount\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;