import type { CatalogModel } from '../catalog/catalog-cache.ts';
import type { Reader } from '../db/client.ts';
import type { ChargeTarget } from '../grants/drawdown.ts';
import type { Charge } from './charge.ts';
import { chargeEntries } from './charge-reads.ts';
import {
  type GrantStep,
  grantSteps,
  type PastGrant,
  pastApplicability,
  paymentSummary,
  unbilledSummary,
} from './explain-payment.ts';
import { balancesAt, grantsAsOf, heldAt, seqBefore } from './past-grants.ts';

/** Who paid for a charge, and why others did not. */
export interface ExplainedPayment {
  readonly summary: string;
  readonly steps: readonly GrantStep[];
}

/** Explains from the books of then: the charge's entries are the draws, and grants are judged by their terms at its posting. */
export async function explainPayment(
  reader: Reader,
  charge: Charge,
  model: CatalogModel,
): Promise<ExplainedPayment> {
  const target = { product: model.product, modelId: model.id, gpuType: model.gpuType };
  const [entries, past, seq] = await Promise.all([
    chargeEntries(reader, [charge]),
    grantsAsOf(reader, charge),
    seqBefore(reader, charge),
  ]);
  const grants = charge.status === 'UNBILLED' ? await withHeld(reader, charge, target, past, seq) : past;
  const steps = grantSteps({ charge, entries, target, grants });
  if (charge.status === 'CHARGED') return { steps, summary: paymentSummary(charge, steps) };
  const balances = await balancesAt(reader, charge.teamId, seq);
  const heldNano = applicable(grants, target, charge).reduce(
    (sum, grant) => sum + (grant.heldNano ?? 0n),
    0n,
  );
  return { steps, summary: unbilledSummary(charge, heldNano, balances?.unpaidNano ?? 0n) };
}

/** What grants held that drew nothing tells only their history; it matters where a part could have been paid. */
async function withHeld(
  reader: Reader,
  charge: Charge,
  target: ChargeTarget,
  past: readonly PastGrant[],
  seq: bigint,
): Promise<PastGrant[]> {
  const ids = applicable(past, target, charge).map(({ terms }) => terms.id);
  const held = await heldAt(reader, charge.teamId, ids, seq);
  return past.map((grant) => ({ ...grant, heldNano: held.get(grant.terms.id) ?? grant.heldNano }));
}

function applicable(grants: readonly PastGrant[], target: ChargeTarget, charge: Charge): PastGrant[] {
  return grants.filter((grant) => pastApplicability(grant, target, charge) === 'APPLICABLE');
}
