import { SUBSCRIBING } from './plan-operations.ts';
import { PURCHASES, SAVING } from './purchase-operations.ts';
import { RETURNS } from './return-operations.ts';
import type { Operation } from './stage.ts';

/** The operations that need nothing but the process that is asked. */
export const KILLABLE: readonly Operation[] = [...SAVING, ...PURCHASES, ...RETURNS, ...SUBSCRIBING].filter(
  ({ acts }) => acts.every(({ happens }) => happens === undefined),
);
