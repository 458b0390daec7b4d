import type { ActorRef } from '../actor.ts';
import type { CatalogModel } from '../catalog/catalog-cache.ts';
import { availableFor, type ChargeTarget, type Draw, drawDown, drawDownFor } from '../grants/drawdown.ts';
import { orderedUuid, type Uuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import type { Book } from '../ledger/book.ts';
import type { Movement } from '../ledger/movement.ts';
import { formatCredits, minNano, type NanoCredits } from '../money.ts';
import type { ChargeRefusal, ChargeStatus } from './charge.ts';
import type { HeldDraw, WhenShort } from './hold.ts';
import type { TeamWork } from './team-work.ts';

/** What has to be paid, by what, and what to do when that is not enough. */
export interface Bill {
  readonly model: CatalogModel;
  readonly amountNano: NanoCredits;
  /** What is held for it pays first. */
  readonly held: readonly HeldDraw[];
  /** Whether what is left of `held` returns with the payment, or stays held. */
  readonly releasesRest: boolean;
  /** UNBILLED: debt up to the limit of the team, and beyond it nothing at all is charged. */
  readonly whenShort: WhenShort | 'UNBILLED';
  /** Absent: when it is posted. */
  readonly occurredAtMs?: number | undefined;
  readonly actor: ActorRef;
  readonly isHour?: boolean;
}

/** What came of a bill. `fromSeq`–`toSeq` are the entries that charge; null when none does. */
export interface Payment {
  readonly id: Uuid;
  readonly status: ChargeStatus;
  /** What was charged, or for UNBILLED what would have been. */
  readonly amountNano: NanoCredits;
  readonly debtNano: NanoCredits;
  /** The part of the bill that nothing paid. */
  readonly shortNano: NanoCredits;
  /** What came from `held`. */
  readonly fromHeldNano: NanoCredits;
  /** What is held still. */
  readonly heldAfter: readonly HeldDraw[];
  readonly fromSeq: bigint | null;
  readonly toSeq: bigint | null;
}

export type Refused = { readonly refusal: ChargeRefusal };

export function refusal(code: ChargeRefusal['code'], field: string, message: string): Refused {
  return { refusal: { code, field, message } };
}

/** What a model is to the scopes of grants. */
export function targetOf({ product, id: modelId, gpuType }: CatalogModel): ChargeTarget {
  return { product, modelId, gpuType };
}

/** Posts what pays a bill: what is held, then grants in drawdown order, then, where that is asked for, debt. */
export function pay(work: TeamWork, bill: Bill): Payment | Refused {
  const { book } = work;
  const { model, amountNano, held, releasesRest } = bill;
  const taken = takeHeld(held, amountNano);
  const target = targetOf(model);
  const { draws, shortByNano } = drawDown(work.ordered, target, amountNano - taken.amountNano, book.atMs);
  if (shortByNano > 0n && bill.whenShort === 'REFUSE') {
    return outOfCredits(book, model.key, shortByNano, availableFor(book.grants, target, book.atMs));
  }
  const debtNano = debtOf(bill, shortByNano, book);
  book.chargeCount += 1n;
  const id = orderedUuid(book.atMs, book.chargeCount);
  if (debtNano < shortByNano && bill.whenShort === 'UNBILLED') return unbilled(id, amountNano, held);
  const shortNano = shortByNano - debtNano;
  const to = earnerOf(model);
  const charging = [
    ...taken.draws.map((draw) => ({ ...charge(ACCOUNT.HELD, draw.amountNano, to), grantId: draw.grantId })),
    ...draws.map((draw) => ({ ...charge(ACCOUNT.GRANT, draw.amountNano, to), grantId: draw.grant.id })),
    ...(debtNano > 0n ? [charge(ACCOUNT.RECEIVABLE, debtNano, to)] : []),
  ];
  const returning = releasesRest ? taken.rest.map(releaseMovement) : [];
  const range = postBoth(book, id, bill, charging, returning);
  settle(book, bill.actor, [...taken.draws, ...taken.rest], draws);
  return {
    id,
    status: 'CHARGED',
    amountNano: amountNano - shortNano,
    debtNano,
    shortNano,
    fromHeldNano: taken.amountNano,
    heldAfter: releasesRest ? [] : taken.rest,
    ...range,
  };
}

/** Why what is available cannot pay an amount for a model; undefined when it can. Nothing is posted. */
export function lacking(
  { book, ordered }: TeamWork,
  model: CatalogModel,
  amountNano: NanoCredits,
): Refused | undefined {
  const target = targetOf(model);
  const { shortByNano } = drawDown(ordered, target, amountNano, book.atMs);
  if (shortByNano === 0n) return undefined;
  return outOfCredits(book, model.key, shortByNano, availableFor(book.grants, target, book.atMs));
}

/** Sets credit aside in drawdown order: of grants that may pay for every one of `models`. */
export function setAside(
  work: TeamWork,
  id: Uuid,
  models: readonly CatalogModel[],
  amountNano: NanoCredits,
  actor: ActorRef,
): { readonly draws: readonly HeldDraw[] } | Refused {
  const { book } = work;
  const targets = models.map(targetOf);
  const { draws, shortByNano } = drawDownFor(work.ordered, targets, amountNano, book.atMs);
  if (shortByNano > 0n) {
    const name = models.map(({ key }) => key).join('", "');
    return outOfCredits(book, name, shortByNano, amountNano - shortByNano);
  }
  if (draws.length > 0) book.post({ id, actor }, draws.map(holdMovement));
  return { draws: draws.map(({ grant, amountNano: nano }) => ({ grantId: grant.id, amountNano: nano })) };
}

/** Returns what is held to the grants it came from; what expired or was voided meanwhile follows its fate at once. */
export function giveBack(book: Book, held: readonly HeldDraw[], actor: ActorRef): void {
  if (held.length === 0) return;
  book.post({ actor }, held.map(releaseMovement));
  settle(book, actor, held, []);
}

interface Taken {
  readonly amountNano: NanoCredits;
  readonly draws: readonly HeldDraw[];
  readonly rest: readonly HeldDraw[];
}

function takeHeld(held: readonly HeldDraw[], amountNano: NanoCredits): Taken {
  const draws: HeldDraw[] = [];
  const rest: HeldDraw[] = [];
  let left = amountNano;
  for (const { grantId, amountNano: nano } of held) {
    const taken = minNano(nano, left);
    if (taken > 0n) draws.push({ grantId, amountNano: taken });
    if (taken < nano) rest.push({ grantId, amountNano: nano - taken });
    left -= taken;
  }
  return { amountNano: amountNano - left, draws, rest };
}

/** How much of what is short may become debt. */
function debtOf({ whenShort }: Bill, shortByNano: NanoCredits, book: Book): NanoCredits {
  if (shortByNano === 0n || whenShort === 'TAKE_AVAILABLE') return 0n;
  const room = book.head.debtLimitNano - book.balances.unpaidNano;
  return room > 0n ? minNano(room, shortByNano) : 0n;
}

/** Nothing of it is charged: half a charge could not be billed later as one thing. */
function unbilled(id: Uuid, amountNano: NanoCredits, held: readonly HeldDraw[]): Payment {
  return {
    id,
    status: 'UNBILLED',
    amountNano,
    debtNano: 0n,
    shortNano: 0n,
    fromHeldNano: 0n,
    heldAfter: held,
    fromSeq: null,
    toSeq: null,
  };
}

/** One posting: the entries that charge come first, so that they are a range. */
function postBoth(
  book: Book,
  id: Uuid,
  { actor, occurredAtMs, isHour }: Bill,
  charging: readonly Movement[],
  returning: readonly Movement[],
): { fromSeq: bigint | null; toSeq: bigint | null } {
  if (charging.length + returning.length === 0) return { fromSeq: null, toSeq: null };
  const facts = {
    id,
    actor,
    occurredAtMs: occurredAtMs ?? book.atMs,
    ...(isHour && { isHour }),
  };
  const { fromSeq } = book.post(facts, [...charging, ...returning]);
  if (charging.length === 0) return { fromSeq: null, toSeq: null };
  return { fromSeq, toSeq: fromSeq + BigInt(charging.length) - 1n };
}

function settle(book: Book, actor: ActorRef, held: readonly HeldDraw[], draws: readonly Draw[]): void {
  const ids = [...held.map(({ grantId }) => grantId), ...draws.map(({ grant }) => grant.id)];
  book.settleGrants(held.length === 0 ? ids : [...new Set(ids)], { actor });
}

type Earner = Pick<Movement, 'credit' | 'supplierTeamId'>;

const REVENUE: Earner = { credit: ACCOUNT.REVENUE };

function earnerOf({ supplierTeamId }: CatalogModel): Earner {
  return supplierTeamId === null ? REVENUE : { credit: ACCOUNT.SUPPLIER_PAYABLE, supplierTeamId };
}

function charge(debit: Movement['debit'], amountNano: NanoCredits, to: Earner): Movement {
  return { kind: ENTRY_KIND.CHARGE, debit, amountNano, ...to };
}

function holdMovement({ grant, amountNano }: Draw): Movement {
  const { GRANT: debit, HELD: credit } = ACCOUNT;
  return { kind: ENTRY_KIND.HOLD, debit, credit, grantId: grant.id, amountNano };
}

function releaseMovement({ grantId, amountNano }: HeldDraw): Movement {
  const { HELD: debit, GRANT: credit } = ACCOUNT;
  return { kind: ENTRY_KIND.RELEASE, debit, credit, grantId, amountNano };
}

/** A refusal is a reason to recharge, too. */
function outOfCredits(
  book: Book,
  model: string,
  shortByNano: NanoCredits,
  availableNano: NanoCredits,
): Refused {
  book.noteRefusal();
  const message =
    `Out of credits: "${model}" needs ${formatCredits(shortByNano)} credits more than the ` +
    `${formatCredits(availableNano)} that may pay for it. A purchase or a grant of at least that fixes it.`;
  return { refusal: { code: 'OUT_OF_CREDITS', field: 'quantities', message, shortByNano, availableNano } };
}
