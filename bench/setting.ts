import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_ACTOR } from '../src/actor.ts';
import { Catalog } from '../src/catalog/catalog-cache.ts';
import { makePrice } from '../src/catalog/price.ts';
import { formatPrice } from '../src/catalog/price-json.ts';
import { models, priceVersions } from '../src/catalog/tables.ts';
import { Batcher } from '../src/charging/batcher.ts';
import type { ChargeRequest } from '../src/charging/charge.ts';
import { systemClock } from '../src/clock.ts';
import { arrayOf } from '../src/db/arrays.ts';
import { connect, type Db, inTransaction } from '../src/db/client.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { digest16 } from '../src/db/idempotency.ts';
import { migrateDatabase } from '../src/db/migrate.ts';
import { parseDecimal } from '../src/decimal.ts';
import { newUuid, type Uuid } from '../src/id.ts';
import { GENESIS_HASH } from '../src/ledger/entry.ts';
import type { GrantAccount } from '../src/ledger/grant-account.ts';
import { lockHeads, openBooks, writeBooks } from '../src/ledger/post.ts';
import { NANO_PER_CREDIT } from '../src/money.ts';

/** A database of its own, with teams that hold three mixed grants each, and the product's core on top. */
export interface Setting {
  readonly db: Db;
  readonly ownerDb: Db;
  readonly appUrl: string;
  readonly pid: number;
  readonly catalog: Catalog;
  readonly modelId: Uuid;
  readonly priceVersionId: Uuid;
  readonly teams: readonly Uuid[];
  readonly hotTeam: Uuid;
  /** As many for the baseline, which writes to the same tables without keeping their promises. */
  readonly baseline: { readonly teams: readonly Uuid[]; readonly hotTeam: Uuid };
  batcher(lanes?: number): Batcher;
  close(): Promise<void>;
}

export const MODEL = 'bench-model';

/** Starts PostgreSQL with fsync and synchronous_commit on, and fills it. */
export async function openSetting(teamCount: number): Promise<Setting> {
  const dataDir = mkdtempSync(join(tmpdir(), 'drawdown-bench-'));
  chmodSync(dataDir, 0o711);
  const server = await startEmbedded({ dataDir, settings: { max_connections: '60' } });
  await migrateDatabase(server.ownerUrl);
  const db = connect({ url: server.appUrl, poolSize: 12, role: 'drawdown_app' });
  const ownerDb = connect({ url: server.ownerUrl, poolSize: 4 });
  const { modelId, priceVersionId } = await addModel(db);
  const catalog = new Catalog(db);
  const all = Array.from({ length: 2 * teamCount + 2 }, () => newUuid());
  for (let i = 0; i < all.length; i += 500) await addTeams(db, all.slice(i, i + 500), modelId);
  const [hotTeam = '', baselineHot = ''] = all.slice(-2);
  return {
    db,
    ownerDb,
    appUrl: server.appUrl,
    pid: server.pid,
    catalog,
    modelId,
    priceVersionId,
    teams: all.slice(0, teamCount),
    hotTeam,
    baseline: { teams: all.slice(teamCount, 2 * teamCount), hotTeam: baselineHot },
    batcher: (lanes = 2) =>
      new Batcher(
        db,
        { catalog, clock: systemClock, window: { pastMs: 35 * 86_400_000, aheadMs: 300_000 } },
        { lanes, batchSize: 512, queueLimit: 100_000 },
      ),
    async close() {
      await Promise.all([db.close(), ownerDb.close()]);
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A charge of two quantities with a key of its own. */
export function request(teamId: Uuid): ChargeRequest {
  const idempotencyKey = newUuid();
  return {
    what: 'CHARGE',
    teamId,
    idempotencyKey,
    keyDigest: digest16(idempotencyKey),
    requestDigest: digest16(`${teamId}|usage|${idempotencyKey}`),
    modelKey: MODEL,
    quantities: new Map([
      ['INPUT_TOKEN', { coefficient: 374n, scale: 0 }],
      ['OUTPUT_TOKEN', { coefficient: 44n, scale: 0 }],
    ]),
    params: new Map(),
    afterTheFact: false,
    actor: SYSTEM_ACTOR,
  };
}

async function addModel(db: Db): Promise<{ modelId: Uuid; priceVersionId: Uuid }> {
  const modelId = newUuid();
  const priceVersionId = newUuid();
  const createdAt = new Date(systemClock.now());
  const component = (meter: 'INPUT_TOKEN' | 'OUTPUT_TOKEN', unitPrice: string) => ({
    meter,
    unitPrice: parseDecimal(unitPrice),
    conditions: {},
  });
  const components = [component('INPUT_TOKEN', '3e-6'), component('OUTPUT_TOKEN', '15e-6')];
  await db.orm.insert(models).values({
    id: modelId,
    key: MODEL,
    name: MODEL,
    product: 'chat',
    supplierLabel: 'bench',
    createdAt,
  });
  await db.orm.insert(priceVersions).values({
    id: priceVersionId,
    modelId,
    version: 1,
    effectiveAt: new Date(0),
    components: formatPrice(makePrice({ components, multipliers: [] })),
    createdAt,
    actorKind: 0,
  });
  return { modelId, priceVersionId };
}

async function addTeams(db: Db, ids: readonly Uuid[], modelId: Uuid): Promise<void> {
  const nowMs = systemClock.now().getTime();
  await inTransaction(db, async (tx) => {
    const list = arrayOf(ids);
    await tx.sql`insert into teams (id, name, created_at) select id, 'bench', now() from unnest(${list}::uuid[]) as t (id)`;
    await tx.sql`insert into wallets (team_id, head_hash, head_posted_at)
      select id, decode(${GENESIS_HASH}, 'hex'), now() - interval '1 hour' from unnest(${list}::uuid[]) as t (id)`;
    const books = await openBooks(tx, await lockHeads(tx, ids), nowMs);
    for (const book of books.values()) {
      for (const grant of mixedGrants(modelId, nowMs))
        book.issue(grant, { id: grant.id, actor: SYSTEM_ACTOR });
    }
    await writeBooks(tx, books.values());
  });
}

/** A scoped grant that is too small for one charge and expires, an unscoped one, and prepaid credit. */
function mixedGrants(modelId: Uuid, nowMs: number): GrantAccount[] {
  const day = 86_400_000;
  return [
    grant(
      { amount: 1n, scope: { product: null, modelId, gpuType: null }, expiresAtMs: nowMs + 30 * day },
      nowMs,
    ),
    grant({ amount: 1n, expiresAtMs: nowMs + 60 * day }, nowMs),
    grant({ amount: 1_000_000n, kind: 'PREPAID' }, nowMs),
  ];
}

function grant(
  terms: { amount: bigint; kind?: 'PREPAID'; scope?: GrantAccount['scope']; expiresAtMs?: number },
  nowMs: number,
): GrantAccount {
  return {
    id: newUuid(nowMs),
    kind: terms.kind ?? 'PROMOTIONAL',
    source: terms.kind ? 'PURCHASE' : 'GOODWILL',
    scope: terms.scope ?? { product: null, modelId: null, gpuType: null },
    priority: 50,
    grantedNano: terms.amount * NANO_PER_CREDIT,
    costBasisNano: 0n,
    effectiveAtMs: nowMs,
    createdAtMs: nowMs,
    actor: SYSTEM_ACTOR,
    reason: null,
    expiresAtMs: terms.expiresAtMs ?? null,
    remainingNano: 0n,
    spentNano: 0n,
    heldNano: 0n,
    expiredNano: 0n,
    voidedNano: 0n,
    refundedNano: 0n,
    disputedNano: 0n,
    freezingNano: 0n,
    status: 'SCHEDULED',
    closedAtMs: null,
    closedSeq: null,
  };
}
