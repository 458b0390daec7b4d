import type { Deployment } from './deployment.ts';
import { nextChangeAt } from './schedule.ts';

/**
 * When the schedule of a deployment may next change it after `atMs`; null for never. That of one that was not started,
 * was stopped, or was paused by what a schedule does not end, has nothing to do.
 */
export function scheduleDueAfter(deployment: Deployment, timeZone: string, atMs: number): Date | null {
  if (!obeysSchedule(deployment)) return null;
  const dueMs = nextChangeAt(deployment.schedule, timeZone, atMs);
  return dueMs === undefined ? null : new Date(dueMs);
}

function obeysSchedule({ status, pauseReason, resumeOnTopUp }: Deployment): boolean {
  if (status === 'RUNNING' || pauseReason === 'SCHEDULE') return true;
  return pauseReason === 'OUT_OF_CREDITS' && resumeOnTopUp;
}
