import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { lockPayments } from '../../src/gateway/payment-heads.ts';
import type { Uuid } from '../../src/id.ts';
import { changeTopUp } from '../../src/payments/change-top-up.ts';
import { startTopUp } from '../../src/payments/start-top-up.ts';
import type { TopUp } from '../../src/payments/top-up.ts';
import { T0 } from '../support/books.ts';

/** What only who may pay is told. */
export const CLIENT_SECRET = 'pi_1_secret_2';

/** A purchase is asked for: one event. */
export function begin(db: Db, teamId: Uuid, amountCents = 1000n): Promise<TopUp> {
  const wanted = {
    kind: 'PURCHASE',
    flow: 'CHECKOUT',
    bonusNano: 0n,
    paymentMethodId: null,
    returnUrl: null,
    actor: SYSTEM_ACTOR,
  } as const;
  return inTransaction(db, (tx) => startTopUp(tx, { ...wanted, teamId, amountCents }, new Date(T0)));
}

/** Its payer has to do something: one event. */
export function wait(db: Db, topUp: TopUp): Promise<TopUp> {
  const actionUrl = 'https://bank.example/confirm';
  return change(db, topUp, { status: 'ACTION_REQUIRED', actionUrl, clientSecret: CLIENT_SECRET });
}

/** It has failed: one event. */
export function fail(db: Db, topUp: TopUp): Promise<TopUp> {
  return change(db, topUp, { status: 'FAILED', failureCode: 'card_declined', failureMessage: 'Declined.' });
}

function change(db: Db, topUp: TopUp, changes: Parameters<typeof changeTopUp>[2]): Promise<TopUp> {
  return inTransaction(db, async (tx) => {
    await lockPayments(tx, topUp.teamId);
    return changeTopUp(tx, topUp, changes, new Date(T0 + 1_000));
  });
}
