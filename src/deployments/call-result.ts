import type { Uuid } from '../id.ts';

/** What the idempotency key of a call stands for: the event it wrote, or the deployment when it changed nothing. */
export type CallResult =
  | { readonly kind: 'EVENT'; readonly seq: bigint }
  | { readonly kind: 'UNCHANGED'; readonly deploymentId: Uuid };

/** Ids begin with the time, so none begins like this. */
const EVENT_PREFIX = '00000000-0000-0000-';

/** A call's result as the id that is kept with its idempotency key. */
export function callResultId(result: CallResult): Uuid {
  if (result.kind === 'UNCHANGED') return result.deploymentId;
  const hex = result.seq.toString(16).padStart(16, '0');
  return `${EVENT_PREFIX}${hex.slice(0, 4)}-${hex.slice(4)}`;
}

/** The result that `callResultId` made this id of. */
export function callResultOf(id: Uuid): CallResult {
  if (!id.startsWith(EVENT_PREFIX)) return { kind: 'UNCHANGED', deploymentId: id };
  const hex = id.slice(EVENT_PREFIX.length).replace('-', '');
  return { kind: 'EVENT', seq: BigInt(`0x${hex}`) };
}
