/**
 * Waits for statements that one transaction sent without waiting for each other, given in the order in which they were
 * sent. Answers their results when all have succeeded.
 * @throws what the first of them failed with: those behind it fail only because their transaction is over, and which of
 * the failures is noticed first is chance.
 */
export async function sentTogether<const T extends readonly Promise<unknown>[]>(
  statements: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const outcomes = await Promise.allSettled(statements);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return Promise.all(statements);
}
