import type { CatalogModel, CatalogSnapshot, CatalogVersion } from '../catalog/catalog-cache.ts';
import { type Rated, type RateRefusal, rate } from '../catalog/rate.ts';
import { formatDecimal } from '../decimal.ts';
import { availableFor, type ChargeTarget, drawDown, inDrawdownOrder } from '../grants/drawdown.ts';
import { orderedUuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import type { Book } from '../ledger/book.ts';
import type { GrantAccount } from '../ledger/grant-account.ts';
import type { Movement } from '../ledger/movement.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import type { Charge, ChargeRefusal, ChargeRequest, ChargeResult, KeyedCharge } from './charge.ts';

/** One team's part of a batch, read under its lock. */
export interface TeamState {
  readonly book: Book;
  /** Charges by key digest: those found in the database, then those of this batch. */
  readonly known: Map<string, KeyedCharge>;
  /** Members and keys that belong to the team, of those the batch names. */
  readonly attributable: ReadonlySet<string>;
  /** Grants in drawdown order: terms do not change while the lock is held. */
  ordered?: GrantAccount[];
}

/** How far from now usage may have happened. */
export interface UsageWindow {
  readonly pastMs: number;
  readonly aheadMs: number;
}

/** The price of a request under one version; kept with the request so that a batch that is decided again rates once. */
export interface Rating {
  readonly version: CatalogVersion;
  readonly outcome: Rated | RateRefusal;
}

/** A request with its rating, once it has one. */
export interface Pending {
  readonly request: ChargeRequest;
  rating?: Rating;
}

/**
 * Decides one request on the state of its team and posts it to the team's book: pure but for that book. Requests of a
 * batch are decided in their order of arrival, each on what the ones before it left.
 */
export function decideCharge(
  pending: Pending,
  state: TeamState,
  catalog: CatalogSnapshot,
  window: UsageWindow,
): { result: ChargeResult; fresh?: KeyedCharge } {
  const { request } = pending;
  const { book } = state;
  const first = state.known.get(request.keyDigest);
  if (first) return { result: replay(request, first, book) };
  const priced = priceOf(pending, state, catalog, window);
  if ('refusal' in priced) return { result: refused(priced.refusal, book) };
  const payment = pay(request, priced.model, priced.rated.amountNano, state);
  if ('refusal' in payment) return { result: refused(payment.refusal, book) };
  const charge = chargeOf(request, priced, payment, book);
  const fresh = { charge, keyDigest: request.keyDigest, requestDigest: request.requestDigest };
  state.known.set(request.keyDigest, fresh);
  return { result: { ok: true, charge, replayed: false, balance: balanceIn(book) }, fresh };
}

/** Rates a request under the version that holds when it occurred, unless that has been done. */
export function ratingOf(pending: Pending, version: CatalogVersion): Rating {
  if (pending.rating?.version !== version) {
    pending.rating = { version, outcome: rate(version.price, pending.request) };
  }
  return pending.rating;
}

interface Priced {
  readonly model: CatalogModel;
  readonly version: CatalogVersion;
  readonly rated: Rated;
  readonly occurredAt: Date;
}

interface Payment {
  readonly id: string;
  readonly status: Charge['status'];
  readonly debtNano: NanoCredits;
  readonly fromSeq: bigint | null;
  readonly toSeq: bigint | null;
}

type Refused = { readonly refusal: ChargeRefusal };

function replay(request: ChargeRequest, first: KeyedCharge, book: Book): ChargeResult {
  if (first.requestDigest !== request.requestDigest) {
    return refused(
      {
        code: 'IDEMPOTENCY_CONFLICT',
        field: 'idempotencyKey',
        message:
          'The key has been used for other usage of this team. Use a new key for each thing to charge.',
      },
      book,
    );
  }
  return { ok: true, charge: first.charge, replayed: true, balance: balanceIn(book) };
}

function refused(refusal: ChargeRefusal, book: Book): ChargeResult {
  return { ok: false, refusal, balance: balanceIn(book) };
}

function balanceIn({ teamId, balances, seq, nextDueAtMs, atMs }: Book): TeamBalance {
  return { teamId, balances, seq, nextDueAtMs, asOfMs: atMs };
}

function priceOf(
  pending: Pending,
  state: TeamState,
  catalog: CatalogSnapshot,
  window: UsageWindow,
): Priced | Refused {
  const { request } = pending;
  const atMs = state.book.atMs;
  const occurredAt = request.occurredAt ?? new Date(atMs);
  const problem = attributionProblem(request, state.attributable) ?? windowProblem(occurredAt, atMs, window);
  if (problem) return { refusal: problem };
  const model = catalog.modelByKey.get(request.modelKey);
  if (!model) return refusal('MODEL_NOT_FOUND', 'model', `There is no model "${request.modelKey}".`);
  const version = catalog.priceAt(model.id, occurredAt);
  if (!version)
    return refusal('NOT_PRICED', 'model', `Model "${model.key}" had no price when the usage occurred.`);
  const { outcome } = ratingOf(pending, version);
  if (!outcome.ok) {
    const code = outcome.code === 'UNPRICED_METER' ? 'NOT_PRICED' : 'INVALID_USAGE';
    return refusal(code, outcome.code === 'UNKNOWN_PARAM' ? 'params' : 'quantities', outcome.message);
  }
  return { model, version, rated: outcome, occurredAt };
}

function attributionProblem(
  request: ChargeRequest,
  attributable: ReadonlySet<string>,
): ChargeRefusal | undefined {
  for (const field of ['memberId', 'apiKeyId'] as const) {
    const id = request[field];
    if (id !== undefined && !attributable.has(id)) {
      return {
        code: 'ATTRIBUTION_NOT_FOUND',
        field,
        message: `${field} must belong to the team that is charged.`,
      };
    }
  }
  return undefined;
}

function windowProblem(occurredAt: Date, atMs: number, window: UsageWindow): ChargeRefusal | undefined {
  const ms = occurredAt.getTime();
  if (ms >= atMs - window.pastMs && ms <= atMs + window.aheadMs) return undefined;
  const days = window.pastMs / 86_400_000;
  return {
    code: 'OCCURRED_AT_OUT_OF_RANGE',
    field: 'occurredAt',
    message: `occurredAt must be at most ${days} days in the past and ${window.aheadMs / 60_000} minutes ahead.`,
  };
}

/** Draws what the charge costs and posts it. */
function pay(
  request: ChargeRequest,
  model: CatalogModel,
  amountNano: NanoCredits,
  state: TeamState,
): Payment | Refused {
  const { book } = state;
  const target: ChargeTarget = { product: model.product, modelId: model.id, gpuType: model.gpuType };
  state.ordered ??= inDrawdownOrder(book.grants);
  const { draws, shortByNano } = drawDown(state.ordered, target, amountNano, book.atMs);
  if (shortByNano > 0n && !request.afterTheFact) return outOfCredits(model, target, shortByNano, state);
  book.chargeCount += 1n;
  const id = orderedUuid(book.atMs, book.chargeCount);
  const nothing = { id, debtNano: 0n, fromSeq: null, toSeq: null };
  if (book.balances.unpaidNano + shortByNano > book.head.debtLimitNano && shortByNano > 0n) {
    return { ...nothing, status: 'UNBILLED' };
  }
  if (amountNano === 0n) return { ...nothing, status: 'CHARGED' };
  const to = model.supplierTeamId === null ? revenue : payable(model.supplierTeamId);
  const movements: Movement[] = draws.map((draw) => ({
    kind: ENTRY_KIND.CHARGE,
    debit: ACCOUNT.GRANT,
    grantId: draw.grant.id,
    amountNano: draw.amountNano,
    ...to,
  }));
  if (shortByNano > 0n) {
    movements.push({ kind: ENTRY_KIND.CHARGE, debit: ACCOUNT.RECEIVABLE, amountNano: shortByNano, ...to });
  }
  const occurredAtMs = request.occurredAt?.getTime() ?? book.atMs;
  const range = book.post({ id, actor: request.actor, occurredAtMs }, movements);
  book.settleGrants(
    draws.map((draw) => draw.grant.id),
    { actor: request.actor },
  );
  return { id, status: 'CHARGED', debtNano: shortByNano, ...range };
}

const revenue = { credit: ACCOUNT.REVENUE } as const;

function payable(supplierTeamId: string) {
  return { credit: ACCOUNT.SUPPLIER_PAYABLE, supplierTeamId } as const;
}

function chargeOf(request: ChargeRequest, priced: Priced, payment: Payment, book: Book): Charge {
  const quantities: Record<string, string> = {};
  for (const [meter, quantity] of request.quantities) quantities[meter] = formatDecimal(quantity);
  return {
    teamId: book.teamId,
    ...payment,
    modelId: priced.model.id,
    priceVersionId: priced.version.id,
    quantities,
    params: request.params.size === 0 ? null : Object.fromEntries(request.params),
    amountNano: priced.rated.amountNano,
    occurredAt: priced.occurredAt,
    postedAt: new Date(book.atMs),
    memberId: request.memberId ?? null,
    apiKeyId: request.apiKeyId ?? null,
    deploymentId: null,
    runId: null,
    tags: request.tags ?? null,
    actor: request.actor,
  };
}

function refusal(code: ChargeRefusal['code'], field: string, message: string): Refused {
  return { refusal: { code, field, message } };
}

function outOfCredits(
  model: CatalogModel,
  target: ChargeTarget,
  shortByNano: NanoCredits,
  state: TeamState,
): Refused {
  const availableNano = availableFor(state.book.grants, target, state.book.atMs);
  const message =
    `Out of credits: "${model.key}" needs ${formatCredits(shortByNano)} credits more than the ` +
    `${formatCredits(availableNano)} that may pay for it. A purchase or a grant of at least that fixes it.`;
  return { refusal: { code: 'OUT_OF_CREDITS', field: 'quantities', message, shortByNano, availableNano } };
}
