import { and, asc, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import type { ChargeRequest } from '../src/charging/charge.ts';
import { charges } from '../src/charging/tables.ts';
import { openPool } from '../src/db/pool.ts';
import { newUuid } from '../src/id.ts';
import { entries, grants, wallets } from '../src/ledger/tables.ts';
import type { Setting } from './setting.ts';

const AMOUNT = 1_782_000n;

/**
 * The usual way, on the same tables: for each charge one interactive transaction that locks the wallet, looks for the
 * key, reads the grants and writes row by row, through an ORM and a pool of 16.
 */
export function openBaseline(setting: Setting): {
  charge(request: ChargeRequest): Promise<void>;
  close(): Promise<void>;
} {
  const client = openPool(setting.appUrl, { max: 16, connection: { application_name: 'baseline' } });
  const orm = drizzle({ client, casing: 'snake_case' });
  return {
    close: () => client.end(),
    charge: (request) =>
      orm.transaction(async (tx) => {
        const { teamId } = request;
        const keyDigest = Buffer.from(request.keyDigest, 'hex');
        const [wallet] = await tx.select().from(wallets).where(eq(wallets.teamId, teamId)).for('update');
        const known = await tx
          .select({ id: charges.id })
          .from(charges)
          .where(and(eq(charges.teamId, teamId), eq(charges.keyDigest, keyDigest)));
        if (!wallet || known.length > 0) return;
        const open = await tx
          .select()
          .from(grants)
          .where(and(eq(grants.teamId, teamId), eq(grants.closed, false)))
          .orderBy(asc(grants.kind), asc(grants.expiresAt));
        let left = AMOUNT;
        let seq = wallet.seq;
        let available = wallet.availableNano;
        const at = new Date();
        const chargeId = newUuid();
        for (const grant of open) {
          if (left === 0n) break;
          const amountNano = grant.remainingNano < left ? grant.remainingNano : left;
          if (amountNano === 0n) continue;
          left -= amountNano;
          available -= amountNano;
          seq += 1n;
          await tx
            .update(grants)
            .set({ remainingNano: grant.remainingNano - amountNano, spentNano: grant.spentNano + amountNano })
            .where(and(eq(grants.teamId, teamId), eq(grants.id, grant.id)));
          await tx.insert(entries).values({
            teamId,
            seq,
            postingId: chargeId,
            kind: 2,
            debitAccount: 1,
            creditAccount: 21,
            debitRef: grant.id,
            amountNano,
            availableAfterNano: available,
            prepaidAfterNano: wallet.prepaidNano,
            unrestrictedAfterNano: wallet.unrestrictedNano,
            grantAfterNano: grant.remainingNano - amountNano,
            postedAt: at,
            occurredAt: at,
            actorKind: 0,
            hash: wallet.headHash,
          });
        }
        await tx
          .update(wallets)
          .set({ seq, availableNano: available, headPostedAt: at, chargeCount: wallet.chargeCount + 1n })
          .where(eq(wallets.teamId, teamId));
        await tx.insert(charges).values({
          teamId,
          id: chargeId,
          keyDigest,
          requestDigest: Buffer.from(request.requestDigest, 'hex'),
          status: 1,
          modelId: setting.modelId,
          priceVersionId: setting.priceVersionId,
          quantities: { INPUT_TOKEN: '374', OUTPUT_TOKEN: '44' },
          amountNano: AMOUNT,
          fromSeq: wallet.seq + 1n,
          toSeq: seq,
          occurredAt: at,
          postedAt: at,
          actorKind: 0,
        });
      }),
  };
}
