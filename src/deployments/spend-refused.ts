import type { ChargeRefusal } from '../charging/charge.ts';
import { DomainError, type ErrorCode, type ErrorDetails } from '../domain-error.ts';
import { formatCredits } from '../money.ts';

/** An hour that was to begin with a call was not paid: out of credits, a cap, no price. Everything is rolled back. */
export class SpendRefused extends DomainError {
  constructor(readonly refusal: ChargeRefusal) {
    super(codeOf(refusal), refusal.message, detailsOf(refusal));
  }
}

function codeOf({ code }: ChargeRefusal): ErrorCode {
  return code === 'OUT_OF_CREDITS' ? 'OUT_OF_CREDITS' : 'CONFLICT';
}

function detailsOf({ code, shortByNano, availableNano }: ChargeRefusal): ErrorDetails {
  return {
    reason: code,
    ...(shortByNano === undefined ? {} : { shortBy: formatCredits(shortByNano) }),
    ...(availableNano === undefined ? {} : { available: formatCredits(availableNano) }),
  };
}
