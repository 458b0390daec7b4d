/** What the API reported of a team, as far as a recomputation needs it. Amounts and numbers are the API's text. */
export interface ReportedTeam {
  readonly id: string;
  readonly grants: readonly ReportedGrant[];
  /** From number 1 on, in order. */
  readonly entries: readonly ReportedEntry[];
  readonly charges: readonly ReportedCharge[];
  readonly balance: ReportedBalance;
}

export interface ReportedGrant {
  readonly id: string;
  readonly kind: 'PROMOTIONAL' | 'PREPAID';
  readonly amount: string;
  readonly remaining: string;
  readonly priority: number;
  readonly scope: ReportedScope | null;
  readonly effectiveAt: string;
  readonly expiresAt: string | null;
  readonly createdAt: string;
}

/** `model` is the key of a model. */
export interface ReportedScope {
  readonly product: string | null;
  readonly model: string | null;
  readonly gpuType: string | null;
}

export interface ReportedEntry {
  readonly seq: string;
  readonly kind: string;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly amount: string;
  readonly availableAfter: string;
  readonly unpaidAfter: string;
  readonly grantAfter: string | null;
  readonly grantId: string | null;
  readonly postedAt: string;
}

export interface ReportedCharge {
  readonly id: string;
  readonly status: string;
  readonly amount: string;
  readonly debt: string;
  readonly modelKey: string;
  readonly quantities: readonly { readonly meter: string; readonly quantity: string }[];
  readonly params: readonly { readonly name: string; readonly value: string }[];
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly firstSeq: string | null;
  readonly lastSeq: string | null;
  readonly draws: readonly { readonly grantId: string; readonly amount: string }[] | null;
}

export interface ReportedBalance {
  readonly available: string;
  readonly unrestricted: string;
  readonly unpaid: string;
  readonly prepaid: string;
  readonly seq: string;
  readonly asOf: string;
}

/** A request that was refused for lack of credit, with the last entry and the time at which that was judged. */
export interface ReportedRefusal {
  readonly line: number;
  readonly seq: string;
  readonly at: string;
  readonly shortBy: string;
  readonly available: string;
}
