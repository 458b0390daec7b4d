import { Difference, expectSame } from './difference.ts';
import {
  type ExpectedDraw,
  type ExpectedGrant,
  expectedDraws,
  expectedGrant,
  spendable,
  type Target,
  worthNano,
} from './expected-grants.ts';
import { creditsOf } from './fraction.ts';
import type {
  ReportedBalance,
  ReportedCharge,
  ReportedEntry,
  ReportedGrant,
  ReportedRefusal,
} from './reported.ts';

/** A charge with the price that was worked out for it. */
export interface PricedCharge {
  readonly charge: ReportedCharge;
  readonly target: Target;
  readonly costNano: bigint;
}

/** The books of a team, worked out anew: grants are drawn by the rules, and each reported entry is held against that. */
export class ExpectedBooks {
  /** Charges and draws that agreed with what was reported. */
  charges = 0;
  draws = 0;
  private readonly grants: ReadonlyMap<string, ExpectedGrant>;
  private readonly pending: ExpectedDraw[] = [];
  private postedMs = 0;
  private seq = 0n;

  constructor(
    grants: readonly ReportedGrant[],
    /** By the number of the first entry. */
    private readonly chargesBySeq: ReadonlyMap<string, PricedCharge>,
  ) {
    this.grants = new Map(grants.map((grant) => [grant.id, expectedGrant(grant)]));
  }

  /** Takes in the next entry. @throws Difference when it is not what the rules make of all before it. */
  apply(entry: ReportedEntry): void {
    const where = `entry ${entry.seq}`;
    expectSame(`${where}, its number`, String(this.seq + 1n), entry.seq);
    const atMs = Date.parse(entry.postedAt);
    if (atMs < this.postedMs) throw new Difference(`${where} was posted before the one in front of it`);
    this.seq += 1n;
    this.postedMs = atMs;
    const grant = this.grants.get(entry.grantId ?? '');
    if (!grant) throw new Difference(`${where} is of no grant of the team`);
    const amountNano = this.amountOf(entry, grant, atMs);
    expectSame(`${where}, its amount`, creditsOf(amountNano), entry.amount);
    if (entry.kind === 'ISSUE') grant.isIssued = true;
    grant.remainingNano += entry.kind === 'ISSUE' ? amountNano : -amountNano;
    expectSame(`${where}, what remains of the grant`, creditsOf(grant.remainingNano), entry.grantAfter);
    expectSame(`${where}, the team's credit`, creditsOf(this.total()), entry.availableAfter);
    expectSame(`${where}, the team's debt`, '0', entry.unpaidAfter);
  }

  /** Holds a refusal against what the team could spend at that point. @throws Difference when it should have been paid. */
  refuse(refused: Target & { readonly costNano: bigint }, atMs: number, reported: ReportedRefusal): void {
    const available = spendable([...this.grants.values()], refused, atMs);
    const where = `the refusal of line ${reported.line} after entry ${this.seq}`;
    expectSame(`${where}, the credit for it`, creditsOf(available), reported.available);
    expectSame(`${where}, what it is short by`, creditsOf(refused.costNano - available), reported.shortBy);
    if (refused.costNano <= available) throw new Difference(`${where}: the credit was enough`);
  }

  /** Holds the balance and what remains of each grant against the books. Grants that are due by then are worth nothing. */
  close(balance: ReportedBalance, reported: readonly ReportedGrant[]): void {
    if (this.pending.length > 0) throw new Difference(`the charge of entry ${this.seq} is not complete`);
    expectSame('the last number', String(this.seq), balance.seq);
    const asOfMs = Date.parse(balance.asOf);
    const all = [...this.grants.values()];
    const worth = (grants: readonly ExpectedGrant[]) =>
      creditsOf(grants.reduce((sum, grant) => sum + worthNano(grant, asOfMs), 0n));
    expectSame('available credit', worth(all), balance.available);
    expectSame(
      'unrestricted credit',
      worth(all.filter(({ restrictions }) => restrictions === 0)),
      balance.unrestricted,
    );
    expectSame('prepaid credit', worth(all.filter(({ isPrepaid }) => isPrepaid)), balance.prepaid);
    expectSame('debt', '0', balance.unpaid);
    for (const { id, remaining } of reported) {
      const grant = this.grants.get(id);
      expectSame(`what remains of ${id}`, worth(grant ? [grant] : []), remaining);
    }
  }

  private amountOf(entry: ReportedEntry, grant: ExpectedGrant, atMs: number): bigint {
    const accounts = `${entry.debitAccount} → ${entry.creditAccount}`;
    const where = `entry ${entry.seq}, its accounts`;
    switch (entry.kind) {
      case 'ISSUE':
        expectSame(where, `${grant.isPrepaid ? 'CASH' : 'PROMO_EXPENSE'} → GRANT`, accounts);
        if (grant.effectiveMs > atMs) throw new Difference(`entry ${entry.seq} opens a grant too early`);
        if (grant.isIssued) throw new Difference(`entry ${entry.seq} opens a grant a second time`);
        return grant.amountNano;
      case 'EXPIRY':
        expectSame(where, 'GRANT → BREAKAGE', accounts);
        if (grant.expiresMs > atMs) throw new Difference(`entry ${entry.seq} ends a grant too early`);
        return grant.remainingNano;
      case 'CHARGE':
        expectSame(where, 'GRANT → REVENUE', accounts);
        return this.nextDraw(entry, grant, atMs);
      default:
        throw new Difference(`entry ${entry.seq} is of a kind that a replay does not make: ${entry.kind}`);
    }
  }

  /** What the rules have the next grant pay: of the charge that begins here, or of the one under way. */
  private nextDraw(entry: ReportedEntry, grant: ExpectedGrant, atMs: number): bigint {
    const begins = this.chargesBySeq.get(entry.seq);
    if (begins) this.begin(begins, entry, atMs);
    const draw = this.pending.shift();
    if (!draw) throw new Difference(`entry ${entry.seq} belongs to no charge`);
    expectSame(`entry ${entry.seq}, the grant that pays`, draw.grant.id, grant.id);
    this.draws += 1;
    return draw.amountNano;
  }

  private begin({ charge, target, costNano }: PricedCharge, entry: ReportedEntry, atMs: number): void {
    if (this.pending.length > 0) throw new Difference(`the charge before entry ${entry.seq} is not complete`);
    this.pending.push(...expectedDraws([...this.grants.values()], target, costNano, atMs));
    const drawn = this.pending.map(({ grant, amountNano }) => `${creditsOf(amountNano)} of ${grant.id}`);
    const reported = charge.draws?.map(({ grantId, amount }) => `${amount} of ${grantId}`);
    expectSame(`the draws of ${charge.id}`, drawn.join(', '), reported?.join(', ') ?? '');
    const lastSeq = BigInt(entry.seq) + BigInt(this.pending.length) - 1n;
    expectSame(`the last entry of ${charge.id}`, String(lastSeq), charge.lastSeq);
    this.charges += 1;
  }

  private total(): bigint {
    return [...this.grants.values()].reduce((all, { remainingNano }) => all + remainingNano, 0n);
  }
}
