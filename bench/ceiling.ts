import { createHash } from 'node:crypto';
import { SYSTEM_ACTOR } from '../src/actor.ts';
import type { KeyedCharge } from '../src/charging/charge.ts';
import { insertCharges } from '../src/charging/charge-rows.ts';
import { systemClock } from '../src/clock.ts';
import { connect, inTransaction } from '../src/db/client.ts';
import { newUuid } from '../src/id.ts';
import { ACCOUNT, ENTRY_KIND } from '../src/ledger/account.ts';
import type { Entry } from '../src/ledger/entry.ts';
import { insertEntries } from '../src/ledger/post.ts';
import type { Setting } from './setting.ts';

export const CEILING_ROWS = 128;

/**
 * The ceiling: the bytes of a charge (its row and one entry, with all indexes) inserted by multi-row statements of 128
 * rows, one commit a statement pair, without reading, locking, deciding or updating anything.
 */
export async function openCeiling(
  setting: Setting,
): Promise<{ insert(): Promise<void>; close(): Promise<void> }> {
  await setting.ownerDb.sql.unsafe(`
    create schema if not exists ceiling;
    create table if not exists ceiling.charges (like public.charges including all);
    create table if not exists ceiling.entries (like public.entries including all);
    grant usage on schema ceiling to drawdown_app;
    grant select, insert on all tables in schema ceiling to drawdown_app`);
  const url = new URL(setting.appUrl);
  url.searchParams.set('search_path', 'ceiling');
  const db = connect({ url: url.toString(), poolSize: 4, role: 'drawdown_app' });
  return {
    close: () => db.close(),
    insert: () =>
      inTransaction(db, async (tx) => {
        const rows = Array.from({ length: CEILING_ROWS }, () => charge(setting));
        await Promise.all([
          insertEntries(
            tx,
            rows.map((row, i) => entryOf(row, i)),
          ),
          insertCharges(tx, rows),
        ]);
      }),
  };
}

function charge(setting: Setting): KeyedCharge {
  const at = systemClock.now();
  const keyDigest = createHash('sha256').update(newUuid()).digest('hex').slice(0, 32);
  const id = newUuid();
  const teamId = setting.teams[Math.floor(Math.random() * setting.teams.length)] ?? setting.hotTeam;
  const seq = BigInt(Math.floor(Math.random() * 1e15));
  return {
    keyDigest,
    requestDigest: keyDigest,
    charge: {
      teamId,
      id,
      status: 'CHARGED',
      modelId: setting.modelId,
      priceVersionId: setting.priceVersionId,
      quantities: { INPUT_TOKEN: '374', OUTPUT_TOKEN: '44' },
      params: null,
      amountNano: 1_782_000n,
      debtNano: 0n,
      fromSeq: seq,
      toSeq: seq,
      occurredAt: at,
      postedAt: at,
      memberId: null,
      apiKeyId: null,
      deploymentId: null,
      runId: null,
      holdId: null,
      runStep: null,
      replicaSlot: null,
      shortNano: 0n,
      priorNano: 0n,
      discountBps: 0n,
      tags: null,
      actor: SYSTEM_ACTOR,
    },
  };
}

function entryOf({ charge, keyDigest }: KeyedCharge, index: number): Entry {
  const nowMs = charge.postedAt.getTime();
  return {
    teamId: charge.teamId,
    seq: (charge.fromSeq ?? 0n) + BigInt(index),
    postingId: charge.id,
    kind: ENTRY_KIND.CHARGE,
    debitAccount: ACCOUNT.GRANT,
    debitRef: charge.id,
    creditAccount: ACCOUNT.REVENUE,
    creditRef: null,
    amountNano: charge.amountNano,
    after: {
      availableNano: 1_000_000_000n,
      prepaidNano: 1_000_000_000n,
      unrestrictedNano: 1_000_000_000n,
      heldNano: 0n,
      disputedNano: 0n,
      unpaidNano: 0n,
    },
    grantAfterNano: 1_000_000_000n,
    postedAtMs: nowMs,
    occurredAtMs: nowMs,
    actor: charge.actor,
    reason: null,
    correctsSeq: null,
    hash: keyDigest + keyDigest,
  };
}
