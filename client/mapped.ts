/** The same iterator with other values; like its source, it ends at once when it is told to. */
export function mapped<A, B>(
  source: AsyncIterableIterator<A>,
  change: (value: A) => B,
): AsyncIterableIterator<B> {
  return {
    next: async () => {
      const { done, value } = await source.next();
      return done ? { done, value: undefined } : { done: false, value: change(value) };
    },
    return: async () => {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
