/** The value below or at which `percent` per cent of the sorted values lie (nearest rank); 0 for none. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
