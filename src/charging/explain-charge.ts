import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import type { Reader } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import type { ChargeTarget } from '../grants/drawdown.ts';
import type { Uuid } from '../id.ts';
import { ACCOUNT } from '../ledger/account.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Charge } from './charge.ts';
import { chargeEntries } from './charge-reads.ts';
import {
  type GrantStep,
  grantSteps,
  type PastGrant,
  type PaymentFacts,
  pastApplicability,
  paymentSummary,
  unbilledSummary,
} from './explain-payment.ts';
import { balancesAt, grantsAsOf, heldAt, momentOfCharge, seqBefore } from './past-grants.ts';
import { placementOf } from './past-hold.ts';

/** Who paid for a charge, and why others did not. */
export interface ExplainedPayment {
  readonly summary: string;
  readonly steps: readonly GrantStep[];
  /** When the order of the grants was judged. */
  readonly judgedAt: Date;
}

/**
 * Explains from the books of then: the charge's entries are the draws, and grants are judged by their terms at its
 * posting, or, when a hold paid all, at the placing of the hold. `catalog`: no older than the charge.
 */
export async function explainPayment(
  reader: Reader,
  charge: Charge,
  catalog: CatalogSnapshot,
): Promise<ExplainedPayment> {
  const facts = await factsOf(reader, charge, catalog);
  const judgedAt = new Date(facts.judgedAtMs);
  if (charge.status === 'UNBILLED') return { ...(await explainUnbilled(reader, facts)), judgedAt };
  const steps = grantSteps(facts);
  return { steps, summary: paymentSummary(facts, steps), judgedAt };
}

async function factsOf(reader: Reader, charge: Charge, catalog: CatalogSnapshot): Promise<PaymentFacts> {
  const entries = await chargeEntries(reader, [charge]);
  const placement = await placementOf(reader, charge, entries);
  const asOfHold = placement !== undefined && isPaidByHold(charge, entries);
  const moment = asOfHold ? placement.moment : momentOfCharge(charge);
  const target = targetOf(charge.modelId, catalog);
  return {
    charge,
    entries,
    target,
    hold: placement?.hold,
    asOfHold,
    targets: asOfHold ? placement.modelIds.map((modelId) => targetOf(modelId, catalog)) : [target],
    judgedAtMs: moment.at.getTime(),
    grants: await grantsAsOf(reader, moment),
  };
}

/** Nothing was drawn, owed or left unpaid beside what had been set aside. */
function isPaidByHold({ shortNano }: Charge, entries: readonly Entry[]): boolean {
  return shortNano === 0n && entries.every(({ debitAccount }) => debitAccount === ACCOUNT.HELD);
}

function targetOf(modelId: Uuid, { modelById }: CatalogSnapshot): ChargeTarget {
  const model = modelById.get(modelId);
  assert(model, 'a charge names a model of the catalogue');
  return { product: model.product, modelId, gpuType: model.gpuType };
}

/** What grants had that drew nothing tells only their history; it matters where a part could have been paid. */
async function explainUnbilled(
  reader: Reader,
  facts: PaymentFacts,
): Promise<Pick<ExplainedPayment, 'steps' | 'summary'>> {
  const { charge } = facts;
  const seq = await seqBefore(reader, charge);
  const ids = applicable(facts, facts.grants).map(({ terms }) => terms.id);
  const [held, balances] = await Promise.all([
    heldAt(reader, charge.teamId, ids, seq),
    balancesAt(reader, charge.teamId, seq),
  ]);
  const grants = facts.grants.map((grant) => ({
    ...grant,
    heldNano: held.get(grant.terms.id) ?? grant.heldNano,
  }));
  const heldNano = applicable(facts, grants).reduce((sum, grant) => sum + (grant.heldNano ?? 0n), 0n);
  const summary = unbilledSummary(charge, heldNano, balances?.unpaidNano ?? 0n);
  return { steps: grantSteps({ ...facts, grants }), summary };
}

function applicable(
  { targets, judgedAtMs }: PaymentFacts,
  grants: readonly PastGrant[],
): readonly PastGrant[] {
  return grants.filter((grant) => pastApplicability(grant, targets, judgedAtMs) === 'APPLICABLE');
}
