/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** How an event of a live feed tells what happened. */
export type ChangeKind =
  /** All that happened in the range, with its ledger entries or events where the change lists them. */
  | 'CHANGE'
  /** The range as one, with the newest state and without its entries: several postings in quick succession, or while you were away or busy. "ledgerEntries" has the entries. */
  | 'COALESCED'
  /** What there is at "seq". The first event without "after" is one, and stands for everything up to there. One whose "fromSeq" is greater than its "seq" stands for nothing: it is a sign of life every 20 seconds of silence, and tells of spend when deployments start, stop or change their size. */
  | 'SNAPSHOT';

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

/** What a ledger entry records. New kinds may be added. */
export type EntryKind =
  /** Usage was paid, or became debt. */
  | 'CHARGE'
  /** What had been spent of a payment that the bank took back became debt. */
  | 'CHARGEBACK'
  /** Prepaid credit paid what the team owed. */
  | 'DEBT_PAYMENT'
  /** Credit was withheld because its payment is disputed. */
  | 'DISPUTE'
  /** Credit that was withheld went back to the cardholder's bank. */
  | 'DISPUTE_LOST'
  /** Credit that was withheld returned to its grant. */
  | 'DISPUTE_WON'
  /** What remained of a grant expired. */
  | 'EXPIRY'
  /** Expired credit came back because its grant was extended. */
  | 'EXTENSION'
  /** Credit was set aside for work in progress. */
  | 'HOLD'
  /** A grant came into the books. */
  | 'ISSUE'
  /** Credit left its grant to be paid back. */
  | 'REFUND'
  /** What a refund set aside was paid back. */
  | 'REFUND_PAID'
  /** Credit that could not be paid back returned to its grant. */
  | 'REFUND_RETURN'
  /** Credit that was set aside returned to its grant. */
  | 'RELEASE'
  /** A charge was given back. */
  | 'REVERSAL'
  /** An operator took back what remained of a grant. */
  | 'VOID';

/** Whether credit was given or paid for. */
export type GrantKind =
  /** Paid for. Never expires, pays for everything, and is drawn last. */
  | 'PREPAID'
  /** Given. May expire, and may be restricted. */
  | 'PROMOTIONAL';

/** What a grant may be spent on: usage that meets every restriction given. */
export type GrantScopeInput = {
  /** Only this GPU type. */
  gpuType?: string | null | undefined;
  /** Only the model of this key. */
  model?: string | null | undefined;
  /** Only this product, such as "chat". */
  product?: string | null | undefined;
};

/** Why a grant exists. */
export type GrantSource =
  /** Bought automatically. Prepaid. */
  | 'AUTO_RECHARGE'
  /** On top of a purchase. Promotional. */
  | 'BONUS'
  /** To make good for something. Promotional. */
  | 'GOODWILL'
  /** With a plan: promotional when it was given, prepaid when it was paid for. */
  | 'PLAN'
  /** For a promo code. Promotional. */
  | 'PROMO_CODE'
  /** Bought. Prepaid. */
  | 'PURCHASE'
  /** For signing up. Promotional. */
  | 'SIGN_UP'
  /** From another team. Prepaid. */
  | 'TRANSFER';

/** Credit to give to a team. */
export type IssueGrantInput = {
  /** How much. */
  amount: string;
  /** What was really paid for it. When absent: nothing for PROMOTIONAL, all of it for PREPAID. */
  costBasis?: string | null | undefined;
  /** When it starts; at once when absent. */
  effectiveAt?: string | null | undefined;
  /** When it expires; never when absent. For PROMOTIONAL grants only. */
  expiresAt?: string | null | undefined;
  /** Your own key for this request: a repeat answers the same grant. 1 to 255 characters. */
  idempotencyKey: string;
  /** Whether it is given or was paid for. */
  kind: GrantKind;
  /** 0 to 100: of grants of the same shape, the one with the lower priority pays first. */
  priority?: number;
  /** Why, for the record: 1 to 500 characters. */
  reason: string;
  /** What it may be spent on; anything when absent. For PROMOTIONAL grants only. */
  scope?: GrantScopeInput | null | undefined;
  /** Why it exists; it must fit the kind. */
  source: GrantSource;
  /** The team that gets it. */
  teamId: string;
};

/** An account of the books. New accounts may be added. */
export type LedgerAccount =
  /** Credit that expired unused. */
  | 'BREAKAGE'
  /** Card payments, at the payment provider. */
  | 'CASH'
  /** Credit of the team withheld while its payment is disputed. */
  | 'DISPUTED'
  /** What the team earned as a supplier. */
  | 'EARNINGS'
  /** What remains of one grant of the team. */
  | 'GRANT'
  /** Credit of the team set aside for work in progress. */
  | 'HELD'
  /** Credit on its way between two teams. */
  | 'IN_TRANSIT'
  /** Earnings on their way to be paid out. */
  | 'PAYOUT_PENDING'
  /** What the platform gave away as promotional credit. */
  | 'PROMO_EXPENSE'
  /** What the team owes. */
  | 'RECEIVABLE'
  /** Prepaid credit that was taken back, or is being paid back. */
  | 'REFUNDS'
  /** The platform's revenue. */
  | 'REVENUE'
  /** What the platform owes a supplier. */
  | 'SUPPLIER_PAYABLE';

/** Why books are not proved. New faults may be added. */
export type LedgerFault =
  /** An entry that cannot be: its accounts, its amount or its team. */
  | 'BAD_ENTRY'
  /** The balances in an entry are not the sums of the entries up to it. */
  | 'BALANCE_MISMATCH'
  /** A charge is not what its entries make. */
  | 'CHARGE_MISMATCH'
  /** A checkpoint was not signed by the key of this installation. */
  | 'CHECKPOINT_FORGED'
  /** A signed checkpoint knows another entry, or one that is gone: history was rewritten or cut. */
  | 'CHECKPOINT_MISMATCH'
  /** An entry does not fit the grant it touches. */
  | 'GRANT_MISMATCH'
  /** A grant is not what its entries make. */
  | 'GRANT_ROW_MISMATCH'
  /** An entry, or the one in front of it, was changed. */
  | 'HASH_MISMATCH'
  /** A number is left out. */
  | 'MISSING_ENTRY'
  /** An entry was posted before the one in front of it. */
  | 'TIME_REVERSED'
  /** The wallet is not what the entries make. */
  | 'WALLET_MISMATCH';

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
  /** Hours of one instance that were begun, for what deployments run on. */
  | 'INSTANCE_HOUR'
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
  /** The team has a plan of this family already: change it instead. */
  | 'ALREADY_SUBSCRIBED'
  /** The card was declined; the message says why. */
  | 'CARD_DECLINED'
  /** The object is in a state that does not allow this. */
  | 'CONFLICT'
  /** A hold may last 24 hours in all. */
  | 'HOLD_TOO_LONG'
  /** The idempotency key was used before with other input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** A value cannot be used; the message says what would be right. */
  | 'INVALID_INPUT'
  /** The plan of the team does not allow it; see "plans" for those that do. */
  | 'NOT_ENTITLED'
  /** Nothing that you may see has an id that was given. */
  | 'NOT_FOUND'
  /** The model has no price for this usage at that time. */
  | 'NOT_PRICED'
  /** Nothing of this purchase can be paid back: it is spent, disputed, asked for already, or a plan is refunded in part. */
  | 'NOT_REFUNDABLE'
  /** The team has no plan of this family that could be changed. */
  | 'NOT_SUBSCRIBED'
  /** The team has no payment method that could be charged. */
  | 'NO_PAYMENT_METHOD'
  /** Too long ago, or in the future. */
  | 'OCCURRED_AT_OUT_OF_RANGE'
  /** The grants that may pay do not hold enough. */
  | 'OUT_OF_CREDITS'
  /** Auto-recharge could charge nothing without this payment method: give it another one, or turn it off first. */
  | 'PAYMENT_METHOD_IN_USE'
  /** The promo code cannot be redeemed by this team; PromoCodeRefused says why. */
  | 'PROMO_CODE_REFUSED'
  /** The quote no longer holds: ask for a new one. */
  | 'QUOTE_EXPIRED'
  /** The usage costs more than 100 times what was held: most likely it is a mistake. */
  | 'REPORT_TOO_LARGE'
  /** The run has been finished or cancelled. */
  | 'RUN_ENDED'
  /** A cap on the spend of the member, the API key or the model does not leave room for it. */
  | 'SPEND_CAP_EXCEEDED'
  /** The deployment, subscription or refund is in a state from which this is not possible. */
  | 'WRONG_STATE';

export type ModelPriceQueryVariables = Exact<{
  key: string;
}>;


export type ModelPriceQuery = { model: { currentPrice: { effectiveAt: string } } };

export type IssueGrantMutationVariables = Exact<{
  input: IssueGrantInput;
}>;


export type IssueGrantMutation = { issueGrant: { replayed: boolean, grant: { id: string } | null, userErrors: Array<
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
    > } };

export type TeamGrantsQueryVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type TeamGrantsQuery = { team: { grants: { edges: Array<{ node: { id: string, kind: GrantKind, amount: string, remaining: string, priority: number, effectiveAt: string, expiresAt: string | null, createdAt: string, scope: { product: string | null, model: string | null, gpuType: string | null } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type GrantTermsFragment = { id: string, kind: GrantKind, amount: string, remaining: string, priority: number, effectiveAt: string, expiresAt: string | null, createdAt: string, scope: { product: string | null, model: string | null, gpuType: string | null } | null };

export type TeamEntriesQueryVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type TeamEntriesQuery = { team: { ledgerEntries: { edges: Array<{ node: { seq: string, kind: EntryKind, debitAccount: LedgerAccount, creditAccount: LedgerAccount, amount: string, availableAfter: string, unpaidAfter: string, grantAfter: string | null, grantId: string | null, postedAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type EntryFactsFragment = { seq: string, kind: EntryKind, debitAccount: LedgerAccount, creditAccount: LedgerAccount, amount: string, availableAfter: string, unpaidAfter: string, grantAfter: string | null, grantId: string | null, postedAt: string };

export type TeamBalanceQueryVariables = Exact<{
  teamId: string;
}>;


export type TeamBalanceQuery = { team: { balance: { available: string, unrestricted: string, unpaid: string, seq: string, asOf: string, byKind: { prepaid: string } } } };

export type VerifyLedgerQueryVariables = Exact<{
  teamId: string;
}>;


export type VerifyLedgerQuery = { verifyLedger: { ok: boolean, entries: string, problems: Array<{ seq: string | null, fault: LedgerFault, message: string }> } };

export type LedgerHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type LedgerHealthQuery = { ledgerHealth: { ok: boolean, checks: Array<{ name: string, ok: boolean, violations: number, sample: Array<string> }> } };

export type BalanceChangedSubscriptionVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type BalanceChangedSubscription = { balanceChanged: { kind: ChangeKind, fromSeq: string, seq: string, balance: { available: string }, entries: Array<{ seq: string }> } };

export type LedgerEntryPostedSubscriptionVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type LedgerEntryPostedSubscription = { ledgerEntryPosted: { kind: ChangeKind, fromSeq: string, seq: string, entries: Array<{ seq: string }> } };

export type CreateTeamMutationVariables = Exact<{
  input: CreateTeamInput;
}>;


export type CreateTeamMutation = { createTeam: { replayed: boolean, team: { id: string, createdAt: string } | null, userErrors: Array<
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
      | { code: UserErrorCode, message: string, path: Array<string> }
    > } };

type Refused_OutOfCredits_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

type Refused_PromoCodeRefused_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

type Refused_Refusal_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

type Refused_SpendCapExceeded_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

type Refused_WrongState_Fragment = { code: UserErrorCode, message: string, path: Array<string> };

export type RefusedFragment =
  | Refused_OutOfCredits_Fragment
  | Refused_PromoCodeRefused_Fragment
  | Refused_Refusal_Fragment
  | Refused_SpendCapExceeded_Fragment
  | Refused_WrongState_Fragment
;

export type RecordUsageMutationVariables = Exact<{
  input: RecordUsageInput;
}>;


export type RecordUsageMutation = { recordUsage: { results: Array<{ idempotencyKey: string, replayed: boolean, charge: { id: string, status: ChargeStatus, amount: string } | null, error:
        | { shortBy: string, available: string, code: UserErrorCode, message: string, path: Array<string> }
        | { code: UserErrorCode, message: string, path: Array<string> }
        | { code: UserErrorCode, message: string, path: Array<string> }
        | { code: UserErrorCode, message: string, path: Array<string> }
        | { code: UserErrorCode, message: string, path: Array<string> }
       | null, balance: { seq: string, asOf: string } | null }> } };

export type TeamChargesQueryVariables = Exact<{
  teamId: string;
  after?: string | null | undefined;
}>;


export type TeamChargesQuery = { team: { charges: { edges: Array<{ node: { id: string, status: ChargeStatus, amount: string, debt: string, modelKey: string, occurredAt: string, firstSeq: string | null, lastSeq: string | null, quantities: Array<{ meter: Meter, quantity: string }>, params: Array<{ name: UsageParam, value: string }>, tags: Array<{ name: string, value: string }>, draws: Array<{ grantId: string, amount: string }> | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type ChargeFactsFragment = { id: string, status: ChargeStatus, amount: string, debt: string, modelKey: string, occurredAt: string, firstSeq: string | null, lastSeq: string | null, quantities: Array<{ meter: Meter, quantity: string }>, params: Array<{ name: UsageParam, value: string }>, tags: Array<{ name: string, value: string }>, draws: Array<{ grantId: string, amount: string }> | null };

export const GrantTermsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GrantTerms"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Grant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"remaining"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"scope"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"product"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"gpuType"}}]}},{"kind":"Field","name":{"kind":"Name","value":"effectiveAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<GrantTermsFragment, unknown>;
export const EntryFactsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EntryFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LedgerEntry"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"debitAccount"}},{"kind":"Field","name":{"kind":"Name","value":"creditAccount"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"availableAfter"}},{"kind":"Field","name":{"kind":"Name","value":"unpaidAfter"}},{"kind":"Field","name":{"kind":"Name","value":"grantAfter"}},{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"postedAt"}}]}}]} as unknown as DocumentNode<EntryFactsFragment, unknown>;
export const RefusedFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<RefusedFragment, unknown>;
export const ChargeFactsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ChargeFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Charge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"debt"}},{"kind":"Field","name":{"kind":"Name","value":"modelKey"}},{"kind":"Field","name":{"kind":"Name","value":"quantities"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"meter"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"params"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"firstSeq"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeq"}},{"kind":"Field","name":{"kind":"Name","value":"draws"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]} as unknown as DocumentNode<ChargeFactsFragment, unknown>;
export const ModelPriceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ModelPrice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"model"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"key"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currentPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"effectiveAt"}}]}}]}}]}}]} as unknown as DocumentNode<ModelPriceQuery, ModelPriceQueryVariables>;
export const IssueGrantDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"IssueGrant"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"IssueGrantInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"issueGrant"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grant"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refused"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<IssueGrantMutation, IssueGrantMutationVariables>;
export const TeamGrantsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TeamGrants"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grants"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GrantTerms"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GrantTerms"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Grant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"remaining"}},{"kind":"Field","name":{"kind":"Name","value":"priority"}},{"kind":"Field","name":{"kind":"Name","value":"scope"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"product"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"gpuType"}}]}},{"kind":"Field","name":{"kind":"Name","value":"effectiveAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]} as unknown as DocumentNode<TeamGrantsQuery, TeamGrantsQueryVariables>;
export const TeamEntriesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TeamEntries"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ledgerEntries"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"SEQ_ASC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EntryFacts"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EntryFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LedgerEntry"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"debitAccount"}},{"kind":"Field","name":{"kind":"Name","value":"creditAccount"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"availableAfter"}},{"kind":"Field","name":{"kind":"Name","value":"unpaidAfter"}},{"kind":"Field","name":{"kind":"Name","value":"grantAfter"}},{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"postedAt"}}]}}]} as unknown as DocumentNode<TeamEntriesQuery, TeamEntriesQueryVariables>;
export const TeamBalanceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TeamBalance"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"unrestricted"}},{"kind":"Field","name":{"kind":"Name","value":"unpaid"}},{"kind":"Field","name":{"kind":"Name","value":"byKind"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"prepaid"}}]}},{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}}]}}]}}]}}]} as unknown as DocumentNode<TeamBalanceQuery, TeamBalanceQueryVariables>;
export const VerifyLedgerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"VerifyLedger"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyLedger"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"teamId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ok"}},{"kind":"Field","name":{"kind":"Name","value":"entries"}},{"kind":"Field","name":{"kind":"Name","value":"problems"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"fault"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<VerifyLedgerQuery, VerifyLedgerQueryVariables>;
export const LedgerHealthDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"LedgerHealth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ledgerHealth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ok"}},{"kind":"Field","name":{"kind":"Name","value":"checks"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"ok"}},{"kind":"Field","name":{"kind":"Name","value":"violations"}},{"kind":"Field","name":{"kind":"Name","value":"sample"}}]}}]}}]}}]} as unknown as DocumentNode<LedgerHealthQuery, LedgerHealthQueryVariables>;
export const BalanceChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"BalanceChanged"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Sequence"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"balanceChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"teamId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"fromSeq"}},{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"Field","name":{"kind":"Name","value":"entries"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}}]}}]}}]}}]} as unknown as DocumentNode<BalanceChangedSubscription, BalanceChangedSubscriptionVariables>;
export const LedgerEntryPostedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"LedgerEntryPosted"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Sequence"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"ledgerEntryPosted"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"teamId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"fromSeq"}},{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"entries"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}}]}}]}}]}}]} as unknown as DocumentNode<LedgerEntryPostedSubscription, LedgerEntryPostedSubscriptionVariables>;
export const CreateTeamDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateTeam"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateTeamInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createTeam"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refused"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<CreateTeamMutation, CreateTeamMutationVariables>;
export const RecordUsageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RecordUsage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RecordUsageInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recordUsage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"charge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refused"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"OutOfCredits"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"shortBy"}},{"kind":"Field","name":{"kind":"Name","value":"available"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"balance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"seq"}},{"kind":"Field","name":{"kind":"Name","value":"asOf"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refused"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<RecordUsageMutation, RecordUsageMutationVariables>;
export const TeamChargesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TeamCharges"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"team"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"teamId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"charges"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"POSTED_ASC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ChargeFacts"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ChargeFacts"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Charge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"debt"}},{"kind":"Field","name":{"kind":"Name","value":"modelKey"}},{"kind":"Field","name":{"kind":"Name","value":"quantities"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"meter"}},{"kind":"Field","name":{"kind":"Name","value":"quantity"}}]}},{"kind":"Field","name":{"kind":"Name","value":"params"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"firstSeq"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeq"}},{"kind":"Field","name":{"kind":"Name","value":"draws"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"grantId"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}}]}}]} as unknown as DocumentNode<TeamChargesQuery, TeamChargesQueryVariables>;