import type { Answer, DeedAnswer } from './concurrent-history.ts';
import { expectedAmount, expectedPayment } from './expected-payment.ts';
import { figuresOf } from './ledger-audit.ts';
import type { StateThen } from './replayed-ledger.ts';
import type { ChargeRecord, TeamRecord } from './team-record.ts';

/** Whether what clients were told is what the books say, and was true when they were told it. */
export function faultsOfAnswers(
  record: TeamRecord,
  states: readonly StateThen[],
  answers: readonly Answer[],
): string[] {
  const stored = new Map(record.charges.map((charge) => [charge.key_digest.toString('hex'), charge]));
  const own = answers.filter(({ request }) => request.teamId === record.teamId);
  const faults = own.flatMap((answer) => {
    const found = faultsOfAnswer(
      answer,
      states,
      stored.get(answer.request.keyDigest),
      record.wallet.debt_limit_nano,
    );
    return found.map((fault) => `${answer.request.idempotencyKey}: ${fault}`);
  });
  return [...faults, ...faultsOfFirstAnswers(record.charges, own)];
}

function faultsOfAnswer(
  { request, result, model, knownSeq }: Answer,
  states: readonly StateThen[],
  charge: ChargeRecord | undefined,
  debtLimit: bigint,
): string[] {
  const { balance } = result;
  if (!balance) return ['was answered without a balance'];
  const state = states[Number(balance.seq)];
  if (!state) return [`was answered with entry ${balance.seq}, which does not exist`];
  const faults = faultsOfBalance(balance, state);
  if (balance.seq < knownSeq)
    faults.push(`was judged on entry ${balance.seq} although ${knownSeq} had been told`);
  const quantities = Object.fromEntries(
    [...request.quantities].map(([meter, { coefficient }]) => [meter, `${coefficient}`]),
  );
  const amount = expectedAmount(model.unitPrices, quantities);
  const payment = expectedPayment(state, model, amount, new Date(balance.asOfMs));
  if (result.ok) {
    if (charge?.id !== result.charge.id)
      faults.push('the charge that was told is not the one that is stored');
    if (charge?.amount_nano !== result.charge.amountNano)
      faults.push('another amount was told than is stored');
    if (result.charge.amountNano !== amount) faults.push('another amount was told than the usage costs');
    if (result.replayed || result.charge.status === 'CHARGED') return faults;
    const fits = payment.short > 0n && state.unpaid + payment.short > debtLimit;
    return fits ? faults : [...faults, 'is unbilled although it could be billed'];
  }
  const { code, shortByNano, availableNano } = result.refusal;
  if (code === 'IDEMPOTENCY_CONFLICT') return charge ? faults : [...faults, 'conflicts with nothing'];
  if (code !== 'OUT_OF_CREDITS') return [...faults, `was refused for ${code}`];
  if (charge?.to_seq && charge.to_seq <= balance.seq) faults.push('was refused after it had been charged');
  if (payment.short !== shortByNano || payment.payable !== availableNano)
    faults.push(
      `lacks ${payment.short} beyond ${payment.payable}, not ${shortByNano} beyond ${availableNano}`,
    );
  return payment.short > 0n ? faults : [...faults, 'was refused although there was credit'];
}

function faultsOfBalance(balance: NonNullable<Answer['result']['balance']>, state: StateThen): string[] {
  const right = figuresOf(state);
  const { balances } = balance;
  const told = {
    available: balances.availableNano,
    prepaid: balances.prepaidNano,
    unrestricted: balances.unrestrictedNano,
    held: balances.heldNano,
    disputed: balances.disputedNano,
    unpaid: balances.unpaidNano,
  };
  const wrong = (Object.keys(right) as (keyof typeof right)[]).filter((name) => told[name] !== right[name]);
  const late = [...state.grants.values()].filter(
    ({ remaining, expiresAt }) =>
      remaining > 0n && expiresAt !== null && expiresAt.getTime() <= balance.asOfMs,
  );
  return [
    ...wrong.map((name) => `was told ${told[name]} ${name} after entry ${balance.seq}, it is ${right[name]}`),
    ...late.map(({ terms }) => `was told of credit of grant ${terms.id} that had expired`),
  ];
}

/** Every stored charge was told once as the first, and all other answers of its key name it. */
function faultsOfFirstAnswers(charges: readonly ChargeRecord[], answers: readonly Answer[]): string[] {
  return charges.flatMap(({ id, key_digest }) => {
    const told = answers.filter(({ request }) => request.keyDigest === key_digest.toString('hex'));
    const firsts = told.filter(({ result }) => result.ok && !result.replayed);
    return firsts.length === 1
      ? []
      : [`charge ${id} was told ${firsts.length} times as the first of its key`];
  });
}

const REFUSALS = new Set(['BAD_USER_INPUT', 'CONFLICT']);

/** Whether deeds were done once, however often they were sent, and left what they say. */
export function faultsOfDeeds(records: readonly TeamRecord[], deeds: readonly DeedAnswer[]): string[] {
  const stored = new Set(
    records.flatMap(({ grants, reversals }) => [
      ...grants.map(({ id }) => id),
      ...reversals.map(({ charge_id }) => charge_id),
    ]),
  );
  return deeds.flatMap(({ deed, done }) => {
    const codes = done.flatMap((one) => ('code' in one ? [one.code] : []));
    const did = done.flatMap((one) => ('code' in one ? [] : [one]));
    const ids = new Set(
      did.map(({ grantId }) => grantId ?? (deed.what === 'REVERSE' && deed.input.chargeId)),
    );
    const faults = codes.filter((code) => !REFUSALS.has(code)).map((code) => `failed with ${code}`);
    if (ids.size > 1) faults.push('was answered with two results');
    // One process may have found an instant in the past that was still ahead for the other, which then did it.
    if (did.length > 0 && codes.includes('CONFLICT')) faults.push('was done, and is said to conflict');
    if (did.length > 0 && did.filter(({ replayed }) => !replayed).length !== 1) faults.push('was done twice');
    for (const id of ids) if (!id || !stored.has(id)) faults.push(`left no ${id}`);
    return faults.map((fault) => `${deed.what} ${deed.input.idempotencyKey}: ${fault}`);
  });
}
