/** Stripe's kinds of errors, as `error.type` says them. */
export type ProblemType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

/** What `error` holds beside its type and message. */
export interface ProblemDetails {
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  readonly declineCode?: string | undefined;
  /** Objects that Stripe puts beside them: `payment_intent`, `payment_method`, `charge` … */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * An answer of the API that is an error. What the request wrote is rolled back, unless it is a `card_error`: a card
 * that was declined leaves a charge, a state and events behind.
 */
export class StripeProblem extends Error {
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly declineCode: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    /** The HTTP status. */
    readonly status: number,
    readonly type: ProblemType,
    message: string,
    details: ProblemDetails = {},
  ) {
    super(message);
    this.name = 'StripeProblem';
    this.code = details.code;
    this.param = details.param;
    this.declineCode = details.declineCode;
    this.extra = details.extra ?? {};
  }

  /** Whether what the request wrote stays. */
  get commits(): boolean {
    return this.type === 'card_error';
  }

  /** The body: `{"error": {…}}`, without members that do not apply. */
  toBody(): Record<string, unknown> {
    const said = { code: this.code, decline_code: this.declineCode, param: this.param };
    const present = Object.entries(said).filter(([, value]) => value !== undefined);
    const doc = this.code
      ? { doc_url: `https://stripe.com/docs/error-codes/${this.code.replaceAll('_', '-')}` }
      : {};
    return {
      error: {
        ...Object.fromEntries(present),
        ...doc,
        message: this.message,
        ...this.extra,
        type: this.type,
      },
    };
  }
}

/** 400: the request cannot be served as it is. */
export function invalidRequest(message: string, details: ProblemDetails = {}): StripeProblem {
  return new StripeProblem(400, 'invalid_request_error', message, details);
}

/** 404 `resource_missing`. `what`: as Stripe names it, `customer`, `payment_intent` … */
export function resourceMissing(what: string, id: string, param: string): StripeProblem {
  return new StripeProblem(404, 'invalid_request_error', `No such ${what}: '${id}'`, {
    code: 'resource_missing',
    param,
  });
}

/** 400 `parameter_missing`. */
export function parameterMissing(param: string): StripeProblem {
  return invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

/** 400 `parameter_unknown`. */
export function parameterUnknown(param: string): StripeProblem {
  return invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
}
