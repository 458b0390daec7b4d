import { isNotNull } from 'drizzle-orm';
import { SYSTEM_ACTOR } from '../actor.ts';
import { type Db, inTransaction, type Reader, type Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../decimal.ts';
import { newUuid, type Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { type CatalogChange, createModel, lockCatalog } from './catalog.ts';
import { modelByKey } from './catalog-reads.ts';
import { priceOfHour } from './instance-price.ts';
import { type InstanceSpec, makeInstanceSpec } from './instance-spec.ts';
import { models } from './tables.ts';

/** The product that instance types belong to: grants may be restricted to it. */
export const COMPUTE_PRODUCT = 'compute';
const SUPPLIER = 'platform';

export interface CreateInstanceType {
  /** The name callers use, unique among models, too: `gpu-s`. */
  readonly key: string;
  readonly name: string;
  readonly spec: InstanceSpec;
  /** Of GPU types. */
  readonly gpuType?: string;
  /** Credits for each hour begun. */
  readonly hourlyPrice: Decimal;
  /** A repeat with the same input answers the first result. Without it, a repeat is a CONFLICT. */
  readonly idempotencyKey?: string;
}

/**
 * Adds an instance type with its first hourly price: a model of the product `compute` that is priced by INSTANCE_HOUR.
 * @throws DomainError CONFLICT when a model or an instance type has the key, BAD_USER_INPUT naming the field,
 * IDEMPOTENCY_CONFLICT.
 */
export async function createInstanceType(
  tx: Tx,
  input: CreateInstanceType,
  change: CatalogChange,
): Promise<{ modelId: Uuid; replayed: boolean }> {
  await lockCatalog(tx);
  const { idempotencyKey, spec, hourlyPrice, ...rest } = input;
  const instance = makeInstanceSpec(spec, input.gpuType);
  const id = newUuid(change.now.getTime());
  if (idempotencyKey !== undefined) {
    const request = { ...rest, instance, hourlyPrice: formatDecimal(hourlyPrice), reason: change.reason };
    const claim = {
      teamId: INSTALLATION,
      operation: 'createInstanceType',
      key: checkIdempotencyKey(idempotencyKey),
      request,
    };
    const first = await claimKey(tx, claim, id, change.now);
    if (first !== undefined) return { modelId: first, replayed: true };
  }
  const model = { ...rest, id, product: COMPUTE_PRODUCT, supplierLabel: SUPPLIER, instance };
  const { modelId } = await createModel(tx, { ...model, price: priceOfHour(hourlyPrice) }, change);
  return { modelId, replayed: false };
}

/** What an installation starts with. Operators change the prices and add types; these are never added again. */
const FIRST_TYPES: readonly CreateInstanceType[] = [
  gpu('gpu-s', 'GPU S', 'L4', { gpus: 1, gpuMemoryGb: 24, vcpus: 8, memoryGb: 32 }, '0.60'),
  gpu('gpu-m', 'GPU M', 'A100-80GB', { gpus: 1, gpuMemoryGb: 80, vcpus: 16, memoryGb: 128 }, '1.80'),
  gpu('gpu-l', 'GPU L', 'A100-80GB', { gpus: 2, gpuMemoryGb: 80, vcpus: 32, memoryGb: 256 }, '3.50'),
  cpu('cpu-s', 'CPU S', { vcpus: 2, memoryGb: 8 }, '0.08'),
  cpu('cpu-m', 'CPU M', { vcpus: 4, memoryGb: 16 }, '0.16'),
  cpu('cpu-l', 'CPU L', { vcpus: 8, memoryGb: 32 }, '0.32'),
];

/** Adds the first instance types unless there has ever been one. Any number of processes may do so at once. */
export async function seedInstanceTypes(db: Db, now: Date): Promise<void> {
  if (await hasInstanceTypes(db)) return;
  await inTransaction(db, async (tx) => {
    await lockCatalog(tx);
    if (await hasInstanceTypes(tx)) return;
    const change = { actor: SYSTEM_ACTOR, reason: 'the first instance types', now };
    for (const type of FIRST_TYPES) {
      // A model of a price list may have taken the key: that must not keep a server from starting.
      if (!(await modelByKey(tx, type.key))) await createInstanceType(tx, type, change);
    }
  });
}

async function hasInstanceTypes(reader: Reader): Promise<boolean> {
  const rows = await reader.orm
    .select({ id: models.id })
    .from(models)
    .where(isNotNull(models.instance))
    .limit(1);
  return rows.length > 0;
}

function gpu(
  key: string,
  name: string,
  gpuType: string,
  machine: Omit<InstanceSpec, 'kind'>,
  hourly: string,
): CreateInstanceType {
  return { key, name, gpuType, spec: { kind: 'GPU', ...machine }, hourlyPrice: parseDecimal(hourly) };
}

function cpu(
  key: string,
  name: string,
  machine: Pick<InstanceSpec, 'vcpus' | 'memoryGb'>,
  hourly: string,
): CreateInstanceType {
  return { key, name, spec: { kind: 'CPU', gpus: 0, ...machine }, hourlyPrice: parseDecimal(hourly) };
}
