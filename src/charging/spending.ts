import type { ActorRef } from '../actor.ts';
import { SYSTEM_ACTOR } from '../actor.ts';
import type { Catalog, CatalogModel, CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { discountAt, discounted } from '../catalog/compute-discount.ts';
import { type Discounts, discountsOf } from '../catalog/compute-discounts.ts';
import type { Usage } from '../catalog/rate.ts';
import type { Clock } from '../clock.ts';
import type { Tx } from '../db/client.ts';
import { digest16 } from '../db/idempotency.ts';
import { sentTogether } from '../db/sent-together.ts';
import { assert } from '../domain-error.ts';
import { orderedUuid, type Uuid } from '../id.ts';
import type { TeamBalance } from '../ledger/balance.ts';
import { lockHeads, openBooks } from '../ledger/post.ts';
import type { NanoCredits } from '../money.ts';
import type { CapTarget, CountedHold } from './cap.ts';
import { capsOfTeams } from './cap-rows.ts';
import type { Charge, ChargeRefusal } from './charge.ts';
import { chargeOf, quantitiesText } from './charge-of.ts';
import { chargesByKey } from './charge-rows.ts';
import { capExceeded, type Priced, rated } from './decide.ts';
import { type Hold, openNano } from './hold.ts';
import { holdOf } from './hold-of.ts';
import { release, resolve } from './hold-outcome.ts';
import { holdsById } from './hold-rows.ts';
import { type Bill, lacking, type Payment, pay, type Refused, setAside } from './payment.ts';
import { capTargetOf } from './run-part.ts';
import { currentCatalog } from './spend-batch.ts';
import { writeWorks } from './spend-writes.ts';
import { TeamWork } from './team-work.ts';

/** One hour of one replica of a deployment: the unit that is charged, once. */
export interface Hour {
  readonly teamId: Uuid;
  readonly deploymentId: Uuid;
  /** The place of the replica. */
  readonly slot: number;
  /** The row of `models` that is the instance type. */
  readonly instanceTypeId: Uuid;
  /** When it begins: what its price is judged by. */
  readonly hourAt: Date;
  /** On whose behalf: what caps look at. */
  readonly memberId: Uuid | null;
  readonly apiKeyId: Uuid | null;
  readonly actor: ActorRef;
}

/** What the price of an hour depends on. */
type PricedHour = Pick<Hour, 'teamId' | 'instanceTypeId' | 'hourAt'>;

interface SpendingDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** What has to be read beside the books before anything is decided. */
export interface SpendingReads {
  readonly holds?: readonly { readonly teamId: Uuid; readonly id: Uuid }[];
  /** Hours that may have been charged already. */
  readonly hours?: readonly Hour[];
}

const ONE_HOUR: Usage = {
  quantities: new Map([['INSTANCE_HOUR', { coefficient: 1n, scale: 0 }]]),
  params: new Map(),
};

/**
 * Locks the wallets of teams in id order and opens their books, for work that charges hours in a transaction of its
 * own. Locks of deployments are taken before: who holds a wallet waits for no deployment. Unknown teams are left out.
 */
export async function openSpending(
  tx: Tx,
  teamIds: readonly Uuid[],
  { catalog, clock }: SpendingDeps,
  { holds = [], hours = [] }: SpendingReads = {},
): Promise<Spending> {
  const heads = await lockHeads(tx, teamIds);
  const capped = [...heads.values()].filter((head) => head.capped).map(({ teamId }) => teamId);
  const keys = hours.map((hour) => ({ teamId: hour.teamId, keyDigest: hourKey(hour) }));
  const [books, snapshot, discounts, caps, known, charged] = await sentTogether([
    openBooks(tx, heads, clock.now().getTime()),
    currentCatalog(tx, catalog),
    discountsOf(tx, teamIds),
    capsOfTeams(tx, capped),
    holdsById(tx, holds),
    keys.length > 0 ? chargesByKey(tx, keys) : Promise.resolve([]),
  ]);
  const works = new Map<Uuid, TeamWork>();
  for (const [teamId, book] of books) works.set(teamId, new TeamWork(book, caps.get(teamId) ?? []));
  for (const hold of known) works.get(hold.teamId)?.holds.know(hold);
  for (const keyed of charged) works.get(keyed.charge.teamId)?.knowCharge(keyed);
  return new Spending(works, snapshot, discounts);
}

/** Writes what was decided by one multi-row statement. */
export async function writeSpending(tx: Tx, { works }: Spending): Promise<void> {
  await writeWorks(tx, [...works.values()]);
}

/** Hours of deployments, decided on the locked books of their teams. Nothing is written before `writeSpending`. */
export class Spending {
  constructor(
    /** @internal The work on each team. */
    readonly works: ReadonlyMap<Uuid, TeamWork>,
    private readonly catalog: CatalogSnapshot,
    private readonly discounts: Discounts,
  ) {}

  /** The posting time of a team. */
  nowMs(teamId: Uuid): number {
    return this.work(teamId).book.atMs;
  }

  balance(teamId: Uuid): TeamBalance {
    return this.work(teamId).balance;
  }

  /** What an hour costs the team by its plan; undefined where it has no price. */
  hourPrice(hour: PricedHour): NanoCredits | undefined {
    const priced = this.price(hour);
    return 'refusal' in priced ? undefined : priced.rated.amountNano;
  }

  /** Whether a hold that was read is still open and has what an hour costs. */
  isHeldExactly(hour: Hour, holdId: Uuid): boolean {
    const hold = openHold(this.work(hour.teamId), holdId);
    return hold !== undefined && openNano(hold) === this.hourPrice(hour);
  }

  /**
   * Why hours of replicas of one deployment cannot be charged together to what is available; undefined when they can.
   * Nothing is posted.
   */
  refusalOf(hours: readonly Hour[]): ChargeRefusal | undefined {
    const [first] = hours;
    if (!first) return undefined;
    let amountNano = 0n;
    for (const hour of hours) {
      const price = this.price(hour);
      if ('refusal' in price) return price.refusal;
      amountNano += price.rated.amountNano;
    }
    const work = this.work(first.teamId);
    const model = this.instanceType(first.instanceTypeId);
    const excess = work.caps.excess(targetOf(first), amountNano, work.book.atMs);
    return excess ? capExceeded(excess, model.key) : lacking(work, model, amountNano)?.refusal;
  }

  /** Sets the price of an hour aside before it begins. */
  holdHour(hour: Hour, expiresAt: Date): { ok: true; hold: Hold } | { ok: false; refusal: ChargeRefusal } {
    const work = this.work(hour.teamId);
    const priced = this.price(hour);
    if ('refusal' in priced) return { ok: false, refusal: priced.refusal };
    const { model, rated: price } = priced;
    const target = targetOf(hour);
    const excess = work.caps.excess(target, price.amountNano, work.book.atMs);
    if (excess) return { ok: false, refusal: capExceeded(excess, model.key) };
    const id = orderedUuid(work.book.atMs, work.book.chargeCount);
    const aside = setAside(work, id, [model], price.amountNano, SYSTEM_ACTOR);
    if ('refusal' in aside) return { ok: false, refusal: aside.refusal };
    const hold = holdOf(work, {
      id,
      modelId: hour.instanceTypeId,
      quantities: quantitiesText(ONE_HOUR),
      params: null,
      amountNano: price.amountNano,
      draws: aside.draws,
      memberId: hour.memberId,
      apiKeyId: hour.apiKeyId,
      deploymentId: hour.deploymentId,
      replicaSlot: hour.slot,
      tags: null,
      expiresAt,
      actor: SYSTEM_ACTOR,
    });
    const keyDigest = digest16(`\0hour-hold|${id}`);
    work.holds.add({ value: hold, keyDigest, requestDigest: keyDigest });
    work.caps.hold(target, price.amountNano);
    return { ok: true, hold };
  }

  /**
   * Charges an hour at the price of its beginning: from its hold while that is open, else from what is available. An
   * hour that has been charged is not charged again. What it refuses is written nowhere.
   */
  chargeHour(
    hour: Hour,
    holdId: Uuid | null,
  ): { ok: true; charge: Charge; replayed: boolean } | { ok: false; refusal: ChargeRefusal } {
    const work = this.work(hour.teamId);
    const known = work.chargeOfKey(hourKey(hour));
    if (known) return { ok: true, charge: known.charge, replayed: true };
    const priced = this.price(hour);
    if ('refusal' in priced) return { ok: false, refusal: priced.refusal };
    const hold = openHold(work, holdId);
    const { amountNano } = priced.rated;
    const excess = work.caps.excess(targetOf(hour), amountNano, work.book.atMs, counted(hold));
    if (excess) return { ok: false, refusal: capExceeded(excess, priced.model.key) };
    const payment = pay(work, billOf(hour, priced.model, amountNano, hold));
    if ('refusal' in payment) return { ok: false, refusal: payment.refusal };
    const charge = this.keep(hour, priced, payment, hold?.id ?? null, work);
    if (hold) resolve(hold, work, { status: 'SETTLED', chargeId: charge.id });
    work.caps.spend(targetOf(hour), charge.amountNano, work.book.atMs);
    return { ok: true, charge, replayed: false };
  }

  /** Keeps an hour that was used and cannot be charged any more: a record, no debt. */
  recordUnbilled(hour: Hour): Charge | undefined {
    const work = this.work(hour.teamId);
    const known = work.chargeOfKey(hourKey(hour));
    if (known) return known.charge;
    const priced = this.price(hour);
    if ('refusal' in priced) return undefined;
    work.book.chargeCount += 1n;
    const payment: Payment = {
      id: orderedUuid(work.book.atMs, work.book.chargeCount),
      status: 'UNBILLED',
      amountNano: priced.rated.amountNano,
      ...NOTHING_POSTED,
    };
    return this.keep(hour, priced, payment, null, work);
  }

  /** Returns what is held for an hour that is not wanted any more. */
  releaseHold(teamId: Uuid, holdId: Uuid): void {
    const work = this.work(teamId);
    const hold = openHold(work, holdId);
    if (hold) release(hold, work, SYSTEM_ACTOR);
  }

  private keep(hour: Hour, priced: Priced, payment: Payment, holdId: Uuid | null, work: TeamWork): Charge {
    const charge = chargeOf(work, priced, payment, {
      usage: ONE_HOUR,
      memberId: hour.memberId,
      apiKeyId: hour.apiKeyId,
      deploymentId: hour.deploymentId,
      replicaSlot: hour.slot,
      holdId,
      discountBps: this.discountBps(hour),
      tags: null,
      actor: hour.actor,
    });
    const keyDigest = hourKey(hour);
    work.addCharge({ charge, keyDigest, requestDigest: keyDigest });
    return charge;
  }

  private price(hour: PricedHour): Priced | Refused {
    const listed = rated({}, ONE_HOUR, this.instanceType(hour.instanceTypeId), hour.hourAt, this.catalog);
    if ('refusal' in listed) return listed;
    return { ...listed, rated: discounted(listed.rated, this.discountBps(hour)) };
  }

  private discountBps({ teamId, hourAt }: PricedHour): bigint {
    return discountAt(this.discounts.get(teamId), hourAt);
  }

  private instanceType(id: Uuid): CatalogModel {
    const type = this.catalog.modelById.get(id);
    assert(type, 'an instance type is in the catalogue');
    return type;
  }

  private work(teamId: Uuid): TeamWork {
    const work = this.works.get(teamId);
    assert(work, 'the wallet of the team was locked');
    return work;
  }
}

const NOTHING_POSTED = {
  debtNano: 0n,
  shortNano: 0n,
  fromHeldNano: 0n,
  heldAfter: [],
  fromSeq: null,
  toSeq: null,
} as const;

/** What makes an hour one thing: no two charges have it. Callers' keys have no NUL. */
function hourKey({ deploymentId, slot, instanceTypeId, hourAt }: Hour): string {
  return digest16(`\0hour|${deploymentId}|${slot}|${instanceTypeId}|${hourAt.getTime()}`);
}

function targetOf({ memberId, apiKeyId, instanceTypeId: modelId }: Hour): CapTarget {
  return { memberId, apiKeyId, modelId };
}

function openHold(work: TeamWork, holdId: Uuid | null): Hold | undefined {
  const hold = work.holds.get(holdId);
  return hold?.status === 'HELD' ? hold : undefined;
}

function counted(hold: Hold | undefined): CountedHold | undefined {
  return hold && { target: capTargetOf(hold), amountNano: openNano(hold) };
}

function billOf(hour: Hour, model: CatalogModel, amountNano: NanoCredits, hold: Hold | undefined): Bill {
  return {
    model,
    amountNano,
    held: hold?.draws ?? [],
    releasesRest: true,
    whenShort: 'REFUSE',
    occurredAtMs: hour.hourAt.getTime(),
    actor: hour.actor,
    isHour: true,
  };
}
