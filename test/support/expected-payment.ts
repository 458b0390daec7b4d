import { type GrantThen, isRestricted, type StateThen } from './replayed-ledger.ts';

/** What is paid for: a model as the test made it. Unit prices are decimal texts. */
export interface PricedModel {
  readonly id: string;
  readonly product: string;
  readonly gpuType: string | null;
  readonly supplierTeamId: string | null;
  readonly unitPrices: Readonly<Record<string, string>>;
}

export interface ExpectedPayment {
  /** `grant: amount`, in the order of drawing. */
  readonly draws: readonly string[];
  readonly payable: bigint;
  readonly short: bigint;
}

/** Which grants have to pay an amount at an instant, by billing-rules §2, from the state and nothing else. */
export function expectedPayment(
  state: StateThen,
  model: PricedModel,
  amount: bigint,
  at: Date,
): ExpectedPayment {
  const paying = [...state.grants.values()].filter((grant) => mayPay(grant, model, at)).sort(inOrder);
  const draws: string[] = [];
  let left = amount;
  for (const { terms, remaining } of paying) {
    // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
    const drawn = remaining < left ? remaining : left;
    if (drawn > 0n) draws.push(`${terms.id}: ${drawn}`);
    left -= drawn;
  }
  return { draws, payable: paying.reduce((sum, { remaining }) => sum + remaining, 0n), short: left };
}

function mayPay({ terms, remaining, issued, voided, expiresAt }: GrantThen, model: PricedModel, at: Date) {
  if (!issued || voided || remaining === 0n || terms.effective_at > at) return false;
  if (expiresAt !== null && expiresAt <= at) return false;
  const { scope_product: product, scope_model_id: modelId, scope_gpu_type: gpuType } = terms;
  return (
    (product ?? model.product) === model.product &&
    (modelId ?? model.id) === model.id &&
    (gpuType === null || gpuType === model.gpuType)
  );
}

function inOrder(a: GrantThen, b: GrantThen): number {
  const [one, other] = [keysOf(a), keysOf(b)];
  for (const [i, key] of one.entries()) {
    const against = other[i] ?? '';
    if (key !== against) return key < against ? -1 : 1;
  }
  return 0;
}

/** The keys of the drawdown order as text that sorts. */
function keysOf({ terms, expiresAt }: GrantThen): string[] {
  const restrictions = [terms.scope_product, terms.scope_model_id, terms.scope_gpu_type].filter(
    Boolean,
  ).length;
  const shapes = [
    [terms.kind === 'PROMOTIONAL' && expiresAt !== null && isRestricted(terms), '1'],
    [terms.kind === 'PROMOTIONAL' && expiresAt !== null, '2'],
    [terms.kind === 'PROMOTIONAL' && isRestricted(terms), '3'],
    [terms.kind === 'PROMOTIONAL', '4'],
    [true, '5'],
  ] as const;
  return [
    shapes.find(([holds]) => holds)?.[1] ?? '',
    String(terms.priority).padStart(3, '0'),
    expiresAt?.toISOString() ?? 'never',
    String(3 - restrictions),
    terms.effective_at.toISOString(),
    terms.created_at.toISOString(),
    terms.id,
  ];
}

const PLACES = 40;

/** Σ quantity × unit price in nano-credits, exact, rounded once, half up. */
export function expectedAmount(
  unitPrices: Readonly<Record<string, string>>,
  quantities: Readonly<Record<string, string>>,
): bigint {
  let exact = 0n;
  for (const [meter, quantity] of Object.entries(quantities)) {
    const price = unitPrices[meter];
    if (price === undefined) throw new Error(`the test has no price for ${meter}`);
    exact += scaled(quantity) * scaled(price);
  }
  const nano = 10n ** BigInt(2 * PLACES - 9);
  return (2n * exact + nano) / (2n * nano);
}

/** A plain decimal text times 10^40. */
function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0'));
}
