import { expect } from 'vitest';
import { CAP_CHECKS } from '../../src/charging/cap-checks.ts';
import { CHARGE_CHECKS } from '../../src/charging/charge-checks.ts';
import { verifyAllBooks } from '../../src/charging/verify-books.ts';
import type { Db } from '../../src/db/client.ts';
import { DEPLOYMENT_CHECKS } from '../../src/deployments/deployment-checks.ts';
import { checkpointKey } from '../../src/ledger/checkpoint.ts';
import { ledgerHealth } from '../../src/ledger/health.ts';
import { PAYMENT_CHECKS } from '../../src/refunds/payment-checks.ts';

const key = checkpointKey('00'.repeat(32));

/** The product's own audit of all books, and the proof of every team's: for the end of a test that moves money. */
export async function expectHealthy(db: Db): Promise<void> {
  const { checks } = await ledgerHealth(db, new Date(0), [
    ...CHARGE_CHECKS,
    ...CAP_CHECKS,
    ...DEPLOYMENT_CHECKS,
    ...PAYMENT_CHECKS,
  ]);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  for await (const { teamId, problems } of verifyAllBooks(db, { key })) {
    // Checkpoints in the database may be signed by any key.
    const own = problems.filter(({ fault }) => fault !== 'CHECKPOINT_FORGED');
    expect({ teamId, problems: own }).toEqual({ teamId, problems: [] });
  }
}
