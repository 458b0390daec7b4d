import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { explainPayment } from '../../src/charging/explain-charge.ts';
import type { GrantOutcome, GrantStep } from '../../src/charging/explain-payment.ts';
import { covers, drawDown, inDrawdownOrder } from '../../src/grants/drawdown.ts';
import type { Uuid } from '../../src/id.ts';
import { ENTRY_KIND } from '../../src/ledger/account.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import { useDatabase } from '../support/database.ts';
import { movableClock } from '../support/movable-clock.ts';
import { type World, worldOn } from '../support/world.ts';
import { entriesOf, faultsOf, heldByGrant } from './books-audit.ts';
import {
  type AgreedGrant,
  ChargingHistory,
  histories,
  type MadeCharge,
  type Step,
} from './charging-history.ts';

const database = useDatabase();
const clock = movableClock();
const MODELS = [
  { key: 'chat', product: 'chat', gpuType: null },
  { key: 'image', product: 'image', gpuType: 'H100' },
  { key: 'supplied', product: 'chat', gpuType: null },
] as const;
let world: World;

beforeAll(async () => {
  world = worldOn(database.db, clock);
  const supplierTeamId = await world.team();
  for (const { key, product, gpuType } of MODELS) {
    await world.model(
      key,
      { REQUEST: '0.000000001' },
      {
        product,
        ...(gpuType && { gpuType }),
        ...(key === 'supplied' && { supplierTeamId }),
      },
    );
  }
});

async function played(steps: readonly Step[]): Promise<ChargingHistory> {
  const teamId = await world.team({ debtLimit: '0.0000004' });
  const history = new ChargingHistory(
    world,
    clock,
    MODELS.map(({ key }) => key),
    teamId,
  );
  for (const step of steps) await history.play(step);
  return history;
}

/** A grant as it was agreed by a step, with what it held after these entries. */
function asAgreed(grant: AgreedGrant, step: number, held: ReadonlyMap<Uuid, bigint>): GrantAccount {
  const expiry = grant.expiries.findLast(({ since }) => since < step);
  return {
    id: grant.id,
    kind: grant.prepaid ? 'PREPAID' : 'PROMOTIONAL',
    source: '',
    scope: { product: null, modelId: null, gpuType: null, ...grant.scope },
    priority: grant.priority,
    grantedNano: 0n,
    costBasisNano: 0n,
    effectiveAtMs: grant.effectiveAtMs,
    createdAtMs: grant.createdAtMs,
    actor: SYSTEM_ACTOR,
    reason: null,
    expiresAtMs: expiry?.atMs ?? null,
    remainingNano: held.get(grant.id) ?? 0n,
    spentNano: 0n,
    heldNano: 0n,
    expiredNano: 0n,
    voidedNano: 0n,
    refundedNano: 0n,
    disputedNano: 0n,
    freezingNano: 0n,
    status: (grant.voidedIn ?? step) < step ? 'VOIDED' : 'OPEN',
    closedAtMs: null,
    closedSeq: null,
  };
}

/** The entries before a charge was decided: what fell due in its transaction is among them, the charges before it too. */
function entriesBefore(made: MadeCharge, entries: readonly Entry[]): Entry[] {
  const previous = made.earlier.findLast(({ toSeq }) => toSeq !== null)?.toSeq;
  if (previous) return entries.slice(0, Number(previous));
  const posted = entries.slice(Number(made.seqBefore), Number(made.seqAfter));
  const due = posted.findIndex(({ kind }) => kind === ENTRY_KIND.CHARGE);
  return entries.slice(0, Number(made.seqBefore) + (due < 0 ? posted.length : due));
}

/** What must be said of a grant, judged from what was agreed and what it held. */
function expectedOutcomes(
  grant: GrantAccount,
  target: { product: string; modelId: string | null; gpuType: string | null },
  { charge }: MadeCharge,
  drawn: bigint | undefined,
): GrantOutcome[] {
  const atMs = charge.postedAt.getTime();
  if (charge.status === 'CHARGED' && drawn !== undefined) return ['PAID'];
  if (grant.status === 'VOIDED') return ['VOIDED'];
  if (grant.effectiveAtMs > atMs) return ['NOT_EFFECTIVE'];
  if (grant.expiresAtMs !== null && grant.expiresAtMs <= atMs) return ['EXPIRED'];
  if (!covers(grant.scope, target)) return ['OUT_OF_SCOPE'];
  if (charge.status === 'UNBILLED') return [grant.remainingNano > 0n ? 'ALL_OR_NOTHING' : 'EXHAUSTED'];
  // Whether a grant that was not needed had anything is not asked.
  return grant.remainingNano > 0n ? ['NOT_NEEDED'] : ['EXHAUSTED', 'NOT_NEEDED'];
}

async function explained(made: MadeCharge): Promise<readonly GrantStep[]> {
  return (await explainPayment(database.db, made.charge, await world.catalog.fresh())).steps;
}

async function checkExplanation(
  made: MadeCharge,
  history: ChargingHistory,
  entries: readonly Entry[],
): Promise<void> {
  const { charge, step, model } = made;
  const held = heldByGrant(entriesBefore(made, entries));
  const known = history.grants
    .filter(({ createdIn }) => createdIn < step)
    .map((grant) => asAgreed(grant, step, held));
  const ordered = inDrawdownOrder(known);
  const target = { modelId: charge.modelId, ...(MODELS[model] ?? MODELS[0]) };
  const { draws } = drawDown(ordered, target, charge.amountNano, charge.postedAt.getTime());
  const steps = await explained(made);
  const stored = entries.filter(
    ({ postingId, grantAfterNano }) => postingId === charge.id && grantAfterNano !== null,
  );
  const payers = steps
    .filter(({ outcome }) => outcome === 'PAID')
    .map(({ grant, paidNano }) => [grant.id, paidNano]);
  expect(payers).toEqual(stored.map(({ debitRef, amountNano }) => [debitRef, amountNano]));
  if (charge.status === 'CHARGED') {
    expect(payers).toEqual(draws.map(({ grant, amountNano }) => [grant.id, amountNano]));
  }
  expect(steps.map(({ grant }) => grant.id)).toEqual(ordered.map(({ id }) => id));
  steps.forEach(({ outcome }, i) => {
    const grant = ordered[i];
    if (!grant) throw new Error('the lists are of the same length');
    const drawn = draws.find((draw) => draw.grant.id === grant.id)?.amountNano;
    expect(expectedOutcomes(grant, target, made, drawn)).toContain(outcome);
  });
}

/** A charge is paid in full or not at all, and given back in full. */
function checkAmounts({ charge }: MadeCharge, reversed: ReadonlySet<Uuid>, entries: readonly Entry[]): void {
  const sum = (list: readonly Entry[]) => list.reduce((total, { amountNano }) => total + amountNano, 0n);
  const own = entries.filter(({ postingId }) => postingId === charge.id);
  const paid = charge.status === 'CHARGED' ? charge.amountNano : 0n;
  expect(sum(own)).toBe(paid);
  const earners = new Set(own.map(({ creditAccount, creditRef }) => `${creditAccount} ${creditRef}`));
  expect(earners.size).toBeLessThanOrEqual(1);
  const corrected = new Set(own.map(({ seq }) => seq));
  const returned = entries.filter(({ correctsSeq }) => correctsSeq !== null && corrected.has(correctsSeq));
  if (!reversed.has(charge.id)) expect(returned).toEqual([]);
  else if (charge.debtNano === 0n) expect(sum(returned)).toBe(paid);
}

describe('random histories of charges, reversals, voids, expiries and extensions', () => {
  test('leave books in which every sum is right', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const history = await played(steps);
        expect(await faultsOf(database.db, history.teamId)).toEqual([]);
        const entries = await entriesOf(database.db, history.teamId);
        for (const made of history.charges) checkAmounts(made, history.reversed, entries);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('leave charges that are explained as they were decided', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const history = await played(steps);
        const entries = await entriesOf(database.db, history.teamId);
        for (const made of history.charges) await checkExplanation(made, history, entries);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('reverse a charge in a way that leaves nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const history = await played(steps);
        const teamId = history.teamId;
        for (const pick of history.charges.keys()) {
          if (!history.reversed.has(history.charges[pick]?.charge.id ?? '')) {
            await history.play({ what: 'REVERSE', pause: 0, pick });
          }
        }
        expect(await faultsOf(database.db, teamId)).toEqual([]);
        const [figures] = await database.db.sql`
          select w.unpaid_nano, (select coalesce(sum(spent_nano), 0)::int8 from grants where team_id = ${teamId}) as spent
          from wallets w where team_id = ${teamId}`;
        expect(figures).toEqual({ unpaid_nano: 0n, spent: 0n });
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
