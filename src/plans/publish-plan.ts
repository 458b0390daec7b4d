import type { ActorRef } from '../actor.ts';
import { checkDiscount } from '../catalog/entitlement-terms.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, DomainError } from '../domain-error.ts';
import { newUuid, type Uuid } from '../id.ts';
import { INSTALLATION } from '../teams/audit.ts';
import { checkIdempotencyKey, checkReason } from '../teams/text.ts';
import { familyOf, isFree, type PlanTerms } from './plan.ts';
import { insertPlan, newestPlan, newestPlans } from './plan-rows.ts';
import { keepCommon } from './seed-plans.ts';

export interface PublishPlan extends PlanTerms {
  readonly reason: string;
  readonly idempotencyKey: string;
}

const LOCK = 727_231_011;
const LEAST_CENTS = 100n;
const MOST_CENTS = 99_999_999n;
const MOST_CREDIT_NANO = 9_000_000_000_000_000n;

/**
 * Publishes a version of a plan, which holds for who subscribes from now on. Whoever is subscribed keeps the version, and
 * so the price, until they change their plan themselves; a plan that costs nothing holds in its newest version for all.
 * @throws DomainError BAD_USER_INPUT naming the field; CONFLICT when the plan that costs nothing would begin to cost
 * something or the reverse, or a family would have two of them; IDEMPOTENCY_CONFLICT.
 */
export async function publishPlan(
  tx: Tx,
  input: PublishPlan,
  actor: ActorRef,
  now: Date,
): Promise<{ planId: Uuid; replayed: boolean }> {
  const { idempotencyKey, reason, ...terms } = input;
  checkTerms(terms);
  const why = checkReason(reason) ?? '';
  await tx.sql`select pg_advisory_xact_lock(${LOCK})`;
  const id = newUuid(now.getTime());
  const request = { ...terms, reason: why };
  const key = checkIdempotencyKey(idempotencyKey);
  const first = await claimKey(tx, { teamId: INSTALLATION, operation: 'publishPlan', key, request }, id, now);
  if (first !== undefined) return { planId: first, replayed: true };
  const before = await newestPlan(tx, terms.code);
  await demandOneFree(tx, terms, before);
  await insertPlan(tx, terms, (before?.version ?? 0) + 1, { id, actor, reason: why, now });
  if (isFree(terms)) await keepCommon(tx, terms, now);
  return { planId: id, replayed: false };
}

/** What teams without a subscription are on must not become something that has to be paid, nor disappear. */
async function demandOneFree(tx: Tx, terms: PlanTerms, before: PlanTerms | undefined): Promise<void> {
  if (before && isFree(before) !== isFree(terms))
    throw conflict('A plan that costs nothing stays free, and another cannot become so.');
  if (!isFree(terms)) return;
  if (terms.retired) throw conflict('The plan that costs nothing cannot be retired: teams are on it.');
  const family = familyOf(terms.code);
  const other = (await newestPlans(tx)).find(
    (plan) => plan.family === family && isFree(plan) && plan.code !== terms.code,
  );
  if (other) throw conflict(`The family has a plan that costs nothing already: ${other.code}.`);
}

function conflict(message: string): DomainError {
  return new DomainError('CONFLICT', message, { field: 'monthlyPrice' });
}

function checkTerms(terms: PlanTerms): void {
  const { code, name, rank, monthlyCents, monthlyCreditNano, benefits, entitlements } = terms;
  if (familyOf(code) === undefined || !/^[a-z]+(-[a-z0-9]+)+$/.test(code) || code.length > 60)
    throw badInput('code', 'must begin with "platform-" or "workflow-" and go on in small letters.');
  checkLine(name, 'name');
  if (!Number.isInteger(rank) || rank < 0 || rank > 1000) throw badInput('rank', 'must be from 0 to 1000.');
  if (monthlyCents !== 0n && (monthlyCents < LEAST_CENTS || monthlyCents > MOST_CENTS))
    throw badInput('monthlyPrice', 'must be 0, or from 1 to 999999.99 US dollars.');
  if (monthlyCreditNano < 0n || monthlyCreditNano > MOST_CREDIT_NANO)
    throw badInput('monthlyCredit', 'must be from 0 to 9000000 credits.');
  if (monthlyCents === 0n && monthlyCreditNano > 0n)
    throw badInput('monthlyCredit', 'must be 0: credit of a plan is granted for what was paid.');
  if (benefits.length > 30) throw badInput('benefits', 'must be at most 30.');
  for (const [i, line] of benefits.entries()) checkLine(line, `benefits.${i}`);
  checkDiscount(entitlements.computeDiscountBps, 'entitlements.computeDiscount');
}

function checkLine(text: string, field: string): void {
  if (
    text.trim() === text &&
    text !== '' &&
    text.length <= 200 &&
    !/\p{Cc}/u.test(text) &&
    text.isWellFormed()
  )
    return;
  throw badInput(field, 'must have 1 to 200 characters, without spaces around it and control characters.');
}
