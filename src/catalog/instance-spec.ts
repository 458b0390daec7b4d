import { badInput } from '../domain-error.ts';

/** What kind of machine an instance type is. */
export type InstanceKind = 'GPU' | 'CPU';

/** What one machine of an instance type is like. The type of its GPUs is the model's `gpuType`. */
export interface InstanceSpec {
  readonly kind: InstanceKind;
  /** 0 for CPU. */
  readonly gpus: number;
  /** Memory of each GPU, where it has any. */
  readonly gpuMemoryGb?: number;
  readonly vcpus: number;
  /** Main memory. */
  readonly memoryGb: number;
}

const MAX_GPUS = 1024;
const MAX_VCPUS = 65_536;
const MAX_MEMORY_GB = 1_048_576;

/**
 * A checked description of a machine.
 * @throws DomainError BAD_USER_INPUT naming the field: a number that is not whole or out of range, GPUs of a CPU type,
 * a GPU type without GPUs or without their type.
 */
export function makeInstanceSpec(spec: InstanceSpec, gpuType: string | undefined): InstanceSpec {
  const { kind, gpus, gpuMemoryGb, vcpus, memoryGb } = spec;
  const isGpu = kind === 'GPU';
  if (isGpu && !gpuType) throw badInput('gpuType', 'must say which GPUs a GPU instance type has.');
  if (!isGpu && gpuType) throw badInput('gpuType', 'must be absent: a CPU instance type has no GPUs.');
  checkWhole(gpus, isGpu ? 1 : 0, isGpu ? MAX_GPUS : 0, 'gpus');
  if (gpuMemoryGb !== undefined)
    checkWhole(gpuMemoryGb, isGpu ? 1 : 0, isGpu ? MAX_MEMORY_GB : 0, 'gpuMemoryGb');
  checkWhole(vcpus, 1, MAX_VCPUS, 'vcpus');
  checkWhole(memoryGb, 1, MAX_MEMORY_GB, 'memoryGb');
  return { kind, gpus, ...(isGpu && gpuMemoryGb !== undefined ? { gpuMemoryGb } : {}), vcpus, memoryGb };
}

function checkWhole(value: number, min: number, max: number, field: string): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw badInput(field, min === max ? `must be ${min}.` : `must be a whole number from ${min} to ${max}.`);
}
