/** A grant as the rules see it. Instants are milliseconds. */
export interface Grant {
  readonly id: string;
  readonly isPrepaid: boolean;
  readonly product: string | null;
  readonly gpuType: string | null;
  readonly priority: number;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly granted: bigint;
  remaining: bigint;
  held: bigint;
  spent: bigint;
  expired: bigint;
  hasExpired: boolean;
}

/** What a grant has set aside. */
export interface Part {
  readonly grantId: string;
  readonly amount: bigint;
}

/** The credit of a team. */
export type Credit = Grant[];

const PRODUCT = 'compute';

/** Takes out of the books what has expired. What is held stays for what it is held for. */
export function expire(credit: Credit, now: number): void {
  for (const grant of credit) {
    if (grant.expiresAt === null || grant.expiresAt > now) continue;
    grant.hasExpired = true;
    lose(grant);
  }
}

function lose(grant: Grant): void {
  grant.expired += grant.remaining;
  grant.remaining = 0n;
}

/** Sets an amount aside; undefined, and nothing, when there is not enough for machines with this GPU. */
export function hold(credit: Credit, amount: bigint, gpuType: string | null): Part[] | undefined {
  const parts = partsFor(credit, amount, gpuType);
  for (const { grantId, amount: part } of parts ?? []) {
    const grant = grantOf(credit, grantId);
    grant.remaining -= part;
    grant.held += part;
  }
  return parts;
}

/** Gives back what was set aside; to a grant that has expired meanwhile it comes too late. */
export function release(credit: Credit, parts: readonly Part[]): void {
  for (const { grantId, amount } of parts) {
    const grant = grantOf(credit, grantId);
    grant.held -= amount;
    grant.remaining += amount;
    if (grant.hasExpired) lose(grant);
  }
}

/** Pays an amount with what is held for it, then with other credit, or not at all. The rest of what is held returns. */
export function pay(
  credit: Credit,
  amount: bigint,
  gpuType: string | null,
  held: readonly Part[] = [],
): boolean {
  const used: Part[] = [];
  const rest: Part[] = [];
  let left = amount;
  for (const { grantId, amount: part } of held) {
    const taken = least(part, left);
    left -= taken;
    used.push({ grantId, amount: taken });
    rest.push({ grantId, amount: part - taken });
  }
  const more = partsFor(credit, left, gpuType);
  if (!more) return false;
  for (const { grantId, amount: part } of used) {
    const grant = grantOf(credit, grantId);
    grant.held -= part;
    grant.spent += part;
  }
  for (const { grantId, amount: part } of more) {
    const grant = grantOf(credit, grantId);
    grant.remaining -= part;
    grant.spent += part;
  }
  release(credit, rest);
  return true;
}

function partsFor(credit: Credit, amount: bigint, gpuType: string | null): Part[] | undefined {
  const parts: Part[] = [];
  let left = amount;
  for (const { id, remaining } of credit.filter((grant) => covers(grant, gpuType)).sort(inOrder)) {
    const part = least(remaining, left);
    if (part > 0n) parts.push({ grantId: id, amount: part });
    left -= part;
  }
  return left === 0n ? parts : undefined;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function covers(grant: Grant, gpuType: string | null): boolean {
  return (grant.product ?? PRODUCT) === PRODUCT && (grant.gpuType ?? gpuType) === gpuType;
}

/** Gifts that expire before others, restricted ones before others, what was bought last; then what expires first. */
function inOrder(a: Grant, b: Grant): number {
  const keys = (grant: Grant) => {
    const restrictions = [grant.product, grant.gpuType].filter((name) => name !== null).length;
    const expires = grant.expiresAt ?? Number.MAX_SAFE_INTEGER;
    const shape = grant.isPrepaid ? 4 : (grant.expiresAt === null ? 2 : 0) + (restrictions > 0 ? 0 : 1);
    return [shape, grant.priority, expires, -restrictions, grant.issuedAt];
  };
  const [mine, yours] = [keys(a), keys(b)];
  const differing = mine.findIndex((key, i) => key !== yours[i]);
  if (differing < 0) return a.id < b.id ? -1 : 1;
  return (mine[differing] ?? 0) - (yours[differing] ?? 0);
}

function grantOf(credit: Credit, id: string): Grant {
  const found = credit.find((grant) => grant.id === id);
  if (!found) throw new Error(`there is no grant ${id}`);
  return found;
}
