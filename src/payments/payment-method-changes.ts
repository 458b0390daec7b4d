import { inTransaction, type Reader, type Tx } from '../db/client.ts';
import { DomainError, notFound } from '../domain-error.ts';
import { lockPayments } from '../gateway/payment-heads.ts';
import { publicId, type Uuid } from '../id.ts';
import type { StoredMethod } from './payment-method.ts';
import { markDefault, markRemoved, settleDefault } from './payment-method-rows.ts';
import { type MethodDeps, syncPaymentMethods } from './payment-method-sync.ts';
import { watchMethods } from './payment-method-watch.ts';
import { methodsOfTeam, usableMethods } from './payment-methods.ts';

/** Which method of which team. */
export interface MethodRef {
  readonly teamId: Uuid;
  readonly id: Uuid;
}

/** For how long Stripe is asked what became of a change. */
const WATCHED_MS = 2 * 60_000;

/**
 * Makes a method the default of its team, and of subscriptions. Holds from now on, also while Stripe is out of reach,
 * which is told when it is back. Harmless to repeat.
 * @throws DomainError NOT_FOUND for one that is removed or another team's.
 */
export async function setDefaultMethod(deps: MethodDeps, ref: MethodRef): Promise<StoredMethod> {
  await change(deps, ref, async (tx, method) => {
    if (method.removedAt) throw unknown(ref.id);
    await markDefault(tx, ref.teamId, ref.id);
  });
  return demandMethod(deps.db, ref);
}

/**
 * Takes a method from its team, for good: no payment uses it from now on, and Stripe forgets it as soon as it is in
 * reach. If it was the default, the newest other one becomes it. Harmless to repeat.
 * @throws DomainError NOT_FOUND for another team's; CONFLICT, PAYMENT_METHOD_IN_USE, when auto-recharge could charge
 * nothing without it.
 */
export async function removeMethod(deps: MethodDeps, ref: MethodRef): Promise<StoredMethod> {
  const { clock } = deps;
  await change(deps, ref, async (tx, method) => {
    if (method.removedAt) return;
    await demandUnneeded(tx, ref);
    await markRemoved(tx, ref.teamId, ref.id, clock.now());
    await settleDefault(tx, ref.teamId, method.isDefault);
  });
  return demandMethod(deps.db, ref);
}

/** What is decided here is committed, with the note that Stripe is to be told, before Stripe is asked for anything. */
async function change(
  deps: MethodDeps,
  ref: MethodRef,
  decide: (tx: Tx, method: StoredMethod) => Promise<void>,
): Promise<void> {
  const { db, clock } = deps;
  await inTransaction(db, async (tx) => {
    await lockPayments(tx, ref.teamId);
    await decide(tx, await demandMethod(tx, ref));
    await watchMethods(tx, ref.teamId, clock.now(), WATCHED_MS);
  });
  await unlessAway(() => syncPaymentMethods(deps, ref.teamId));
}

/** What Stripe is to be told now or later: that it is out of reach is no reason to refuse. */
export async function unlessAway(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNAVAILABLE') throw error;
  }
}

async function demandUnneeded(tx: Tx, { teamId, id }: MethodRef): Promise<void> {
  const [recharge] = await tx.sql<{ payment_method_id: Uuid | null }[]>`
    select payment_method_id from auto_recharges where team_id = ${teamId} and enabled`;
  if (!recharge) return;
  const isNamed = recharge.payment_method_id === id;
  const isLast = (await usableMethods(tx, teamId)).every((other) => other.id === id);
  if (!isNamed && !(isLast && recharge.payment_method_id === null)) return;
  const message = isNamed
    ? 'Auto-recharge charges this payment method: give it another one, or turn it off first.'
    : 'Auto-recharge has no other payment method to charge: save another one, or turn it off first.';
  throw new DomainError('CONFLICT', message, { reason: 'PAYMENT_METHOD_IN_USE', field: 'paymentMethodId' });
}

async function demandMethod(reader: Reader, { teamId, id }: MethodRef): Promise<StoredMethod> {
  const [found] = await methodsOfTeam(reader, teamId, [id]);
  if (!found) throw unknown(id);
  return found;
}

function unknown(id: Uuid): DomainError {
  return notFound('PaymentMethod', publicId('paymentMethod', id), 'paymentMethodId');
}
