/** Something that was reported is not what was worked out. The message names both. */
export class Difference extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Difference';
  }
}

/** @throws Difference that tells both when `reported` is not what was expected. */
export function expectSame(what: string, expected: string, reported: string | null): void {
  if (expected !== reported) throw new Difference(`${what}: ${expected} expected, ${reported} reported`);
}
