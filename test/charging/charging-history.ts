import fc from 'fast-check';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import type { Charge } from '../../src/charging/charge.ts';
import { reverseCharge } from '../../src/charging/reverse-charge.ts';
import { inTransaction, type Tx } from '../../src/db/client.ts';
import { DomainError } from '../../src/domain-error.ts';
import { extendGrant, voidGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { GrantScope } from '../../src/ledger/grant-account.ts';
import { formatCredits } from '../../src/money.ts';
import type { MovableClock } from '../support/movable-clock.ts';
import { usage, type World } from '../support/world.ts';

const MINUTE = 60_000;

/** Something done to a team. Numbers named `pick` choose among what is there. */
export type Step = { readonly pause: number } & (
  | {
      readonly what: 'GRANT';
      readonly prepaid: boolean;
      readonly amountNano: bigint;
      readonly scope: keyof typeof SCOPES;
      readonly priority: number;
      readonly startsIn: number;
      readonly lasts: number | null;
    }
  | { readonly what: 'CHARGE'; readonly items: readonly Item[] }
  | { readonly what: 'REVERSE'; readonly pick: number }
  | { readonly what: 'VOID'; readonly pick: number }
  | { readonly what: 'EXTEND'; readonly pick: number; readonly lasts: number | null }
);

interface Item {
  readonly model: number;
  readonly amountNano: number;
  readonly afterTheFact: boolean;
}

const SCOPES = {
  ANYTHING: {},
  CHAT: { product: 'chat' },
  IMAGE: { product: 'image' },
  GPU: { gpuType: 'H100' },
};

const pick = fc.nat(1000);
const lasts = fc.constantFrom(null, 1, 3, 8, 20);
// Time stands still more often than not: what happens within a millisecond is the hard part.
const pause = fc.constantFrom(0, 0, 0, 1, 2, 5);

const grantStep = fc.record({
  what: fc.constant('GRANT' as const),
  pause,
  prepaid: fc.boolean(),
  amountNano: fc.bigInt({ min: 1n, max: 300n }),
  scope: fc.constantFrom<(keyof typeof SCOPES)[]>('ANYTHING', 'CHAT', 'IMAGE', 'GPU'),
  priority: fc.constantFrom(50, 50, 10),
  startsIn: fc.constantFrom(0, 0, 0, 2),
  lasts,
});
const item = fc.record({ model: fc.nat(2), amountNano: fc.nat(350), afterTheFact: fc.boolean() });
const chargeStep = fc.record({
  what: fc.constant('CHARGE' as const),
  pause,
  items: fc.array(item, { minLength: 1, maxLength: 3 }),
});

/** Random histories of a team in which charges are reversed while grants come, expire, are voided and extended. */
export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: grantStep },
    { weight: 4, arbitrary: chargeStep },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('REVERSE' as const), pause, pick }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('VOID' as const), pause, pick }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('EXTEND' as const), pause, pick, lasts }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** The terms of a grant as they were agreed, and in which step they changed. */
export interface AgreedGrant {
  readonly id: Uuid;
  readonly prepaid: boolean;
  readonly scope: Partial<GrantScope>;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly effectiveAtMs: number;
  readonly createdIn: number;
  voidedIn?: number;
  readonly expiries: { readonly since: number; readonly atMs: number | null }[];
}

/** A charge, the step that made it and the last entries of the stream before and after that step. */
export interface MadeCharge {
  readonly charge: Charge;
  readonly model: number;
  readonly step: number;
  readonly seqBefore: bigint;
  readonly seqAfter: bigint;
  /** Of the charges of the same step. */
  readonly earlier: readonly Charge[];
}

/** Plays steps by the product's verbs and remembers what was agreed, independent of what is stored. */
export class ChargingHistory {
  readonly grants: AgreedGrant[] = [];
  readonly charges: MadeCharge[] = [];
  readonly reversed = new Set<Uuid>();
  private step = 0;

  constructor(
    private readonly world: World,
    private readonly clock: MovableClock,
    private readonly models: readonly string[],
    readonly teamId: Uuid,
  ) {}

  async play(step: Step): Promise<void> {
    this.step += 1;
    this.clock.advance(step.pause * MINUTE);
    if (step.what === 'GRANT') await this.grant(step);
    else if (step.what === 'CHARGE') await this.charge(step.items);
    else if (step.what === 'REVERSE') await this.reverse(step.pick);
    else if (step.what === 'VOID') await this.void(step.pick);
    else await this.extend(step.pick, step.lasts);
  }

  private get nowMs(): number {
    return this.clock.now().getTime();
  }

  private async grant(step: Step & { what: 'GRANT' }): Promise<void> {
    const { prepaid, priority } = step;
    const scope = prepaid ? {} : SCOPES[step.scope];
    const effectiveAtMs = this.nowMs + step.startsIn * MINUTE;
    const atMs = prepaid || step.lasts === null ? null : effectiveAtMs + step.lasts * MINUTE;
    const id = await this.world.grant(this.teamId, formatCredits(step.amountNano), {
      kind: prepaid ? 'PREPAID' : 'PROMOTIONAL',
      scope,
      priority,
      effectiveAt: new Date(effectiveAtMs),
      ...(atMs === null ? {} : { expiresAt: new Date(atMs) }),
    });
    const expiries = [{ since: this.step, atMs }];
    const created = { createdAtMs: this.nowMs, createdIn: this.step };
    this.grants.push({ id, prepaid, scope, priority, effectiveAtMs, ...created, expiries });
  }

  private async charge(items: readonly Item[]): Promise<void> {
    const seqBefore = await this.lastSeq();
    const requests = items.map(({ model, amountNano, afterTheFact }) =>
      usage(this.teamId, this.models[model] ?? '', { REQUEST: amountNano }, { afterTheFact }),
    );
    const results = await this.world.charge(...requests);
    const seqAfter = await this.lastSeq();
    const earlier: Charge[] = [];
    results.forEach((result, i) => {
      if (!result.ok) return;
      const { charge } = result;
      const model = items[i]?.model ?? 0;
      this.charges.push({ charge, model, step: this.step, seqBefore, seqAfter, earlier: [...earlier] });
      earlier.push(charge);
    });
  }

  private async reverse(pick: number): Promise<void> {
    const made = picked(this.charges, pick);
    if (!made) return;
    const input = { chargeId: made.charge.id, reason: 'test', idempotencyKey: newUuid() };
    const refused = await this.transaction((tx) => reverseCharge(tx, input, SYSTEM_ACTOR, this.clock.now()));
    const twice = this.reversed.has(made.charge.id);
    if (twice !== (refused?.code === 'CONFLICT')) throw new Error('a charge is reversed exactly once');
    this.reversed.add(made.charge.id);
  }

  private async void(pick: number): Promise<void> {
    const grant = picked(this.grants, pick);
    if (!grant) return;
    const refused = await this.transaction((tx) =>
      voidGrant(tx, this.change(grant), SYSTEM_ACTOR, this.clock.now()),
    );
    if (!refused) grant.voidedIn = this.step;
  }

  private async extend(pick: number, minutes: number | null): Promise<void> {
    const grant = picked(this.grants, pick);
    if (!grant) return;
    const present = grant.expiries.at(-1)?.atMs ?? 0;
    const atMs = minutes === null ? null : Math.max(present, this.nowMs) + minutes * MINUTE;
    const expiresAt = atMs === null ? null : new Date(atMs);
    const refused = await this.transaction((tx) =>
      extendGrant(tx, { ...this.change(grant), expiresAt }, SYSTEM_ACTOR, this.clock.now()),
    );
    if (!refused) grant.expiries.push({ since: this.step, atMs });
  }

  private change({ id }: AgreedGrant) {
    return { teamId: this.teamId, grantId: id, reason: 'test', idempotencyKey: newUuid() };
  }

  /** Runs a verb that may be refused. */
  private async transaction(work: (tx: Tx) => Promise<unknown>): Promise<DomainError | undefined> {
    try {
      await inTransaction(this.world.db, work);
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  }

  private async lastSeq(): Promise<bigint> {
    const [row] = await this.world.db.sql`select seq from wallets where team_id = ${this.teamId}`;
    return row?.seq;
  }
}

function picked<T>(among: readonly T[], pick: number): T | undefined {
  return among[pick % Math.max(1, among.length)];
}
