/** What happened to a grant, in its simplest terms. */
export type GrantEvent =
  | { readonly what: 'DRAWN'; readonly atMs: number; readonly amountNano: bigint }
  | { readonly what: 'RETURNED'; readonly atMs: number; readonly amountNano: bigint }
  | { readonly what: 'VOIDED'; readonly atMs: number }
  | { readonly what: 'EXTENDED'; readonly atMs: number; readonly expiresAtMs: number | null };

/**
 * A second opinion on what remains of grants at any instant, made from what was done to them and from nothing else:
 * it knows no books, no entries and no order of booking.
 */
export class GrantModel {
  readonly events: GrantEvent[] = [];

  constructor(
    readonly terms: {
      readonly amountNano: bigint;
      readonly effectiveAtMs: number;
      readonly expiresAtMs: number | null;
    },
  ) {}

  /** What remains of the grant at an instant, of all that had been done by then. */
  remainingAt(atMs: number): bigint {
    const { remaining } = this.stateAt(atMs);
    return remaining;
  }

  private stateAt(atMs: number) {
    const { amountNano, effectiveAtMs } = this.terms;
    const state = {
      remaining: 0n,
      expired: 0n,
      started: false,
      voided: false,
      expiresAtMs: this.terms.expiresAtMs,
    };
    const passTime = (nowMs: number) => {
      if (!state.started && !state.voided && effectiveAtMs <= nowMs) {
        state.started = true;
        state.remaining = amountNano;
      }
      const over = state.expiresAtMs !== null && state.expiresAtMs <= nowMs;
      if (over) state.expired += state.remaining;
      if (over || state.voided) state.remaining = 0n;
    };
    for (const event of this.events.filter((one) => one.atMs <= atMs)) {
      passTime(event.atMs);
      if (event.what === 'DRAWN') state.remaining -= event.amountNano;
      else if (event.what === 'RETURNED') state.remaining += event.amountNano;
      else if (event.what === 'VOIDED') state.voided = true;
      else {
        state.expiresAtMs = event.expiresAtMs;
        state.remaining += state.expired;
        state.expired = 0n;
      }
      passTime(event.atMs);
    }
    passTime(atMs);
    return state;
  }
}
