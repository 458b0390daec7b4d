import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import { ACCOUNT, ENTRY_KIND } from './account.ts';

/** A promise of the books, and how to look for what breaks it in all teams at once. */
export interface HealthCheck {
  readonly name: string;
  /** What holds, for people. */
  readonly promise: string;
  /** Selects `team_id` and `detail` of each violation, by one statement: so nothing posted meanwhile is seen in part. */
  readonly violations: (reader: Reader) => Fragment;
}

/** A part of a statement, made by `reader.sql`. */
export type Fragment = ReturnType<Reader['sql']>;

const { GRANT, HELD, DISPUTED, RECEIVABLE } = ACCOUNT;
const { ISSUE, CHARGE, EXPIRY, VOID, REVERSAL, EXTENSION, DEBT_PAYMENT } = ENTRY_KIND;
const { REFUND, REFUND_RETURN, DISPUTE_LOST } = ENTRY_KIND;

/** What must hold in the books of every team. */
export const LEDGER_CHECKS: readonly HealthCheck[] = [
  {
    name: 'entries-are-double',
    promise: 'Each entry moves a positive amount from one account to another: debits equal credits.',
    violations: ({ sql }) => sql`
      select team_id, concat('entry ', seq) as detail from entries
      where amount_nano <= 0
        or (debit_account = credit_account and debit_ref is not distinct from credit_ref)
        or not (debit_account = any(${ACCOUNTS}::int2[]) and credit_account = any(${ACCOUNTS}::int2[]))`,
  },
  {
    name: 'streams-have-no-gap',
    promise: 'The entries of a team are numbered 1, 2, 3 … up to the number in its wallet.',
    violations: ({ sql }) => sql`
      select coalesce(w.team_id, e.team_id) as team_id,
        format('wallet at %s, %s entries up to %s', w.seq, e.entries, e.last) as detail
      from wallets w full join (
        select team_id, count(*) as entries, min(seq) as first, max(seq) as last from entries group by team_id
      ) e on e.team_id = w.team_id
      where w.seq is distinct from coalesce(e.last, 0) or e.entries <> e.last or e.first <> 1`,
  },
  {
    name: 'wallets-are-their-last-entry',
    promise: 'A wallet has the hash and the balances of the last entry of its team.',
    violations: ({ sql }) => sql`
      select w.team_id, concat('entry ', w.seq) as detail
      from wallets w left join entries e on e.team_id = w.team_id and e.seq = w.seq
      where w.head_posted_at < e.posted_at
        or w.head_hash is distinct from coalesce(e.hash, decode(repeat('00', 32), 'hex'))
        or (w.available_nano, w.prepaid_nano, w.unrestricted_nano, w.held_nano, w.disputed_nano, w.unpaid_nano)
          is distinct from (coalesce(e.available_after_nano, 0), coalesce(e.prepaid_after_nano, 0),
            coalesce(e.unrestricted_after_nano, 0), coalesce(e.held_after_nano, 0), coalesce(e.disputed_after_nano, 0),
            coalesce(e.unpaid_after_nano, 0))`,
  },
  {
    name: 'wallets-are-the-sum-of-entries',
    promise: 'Available, held, disputed and unpaid are the sums of all entries on their accounts.',
    violations: walletSums,
  },
  {
    name: 'wallets-are-the-sum-of-grants',
    promise:
      'Available is what open grants have left; held and disputed are what is so of them; the next due time is theirs.',
    violations: ({ sql }) => sql`
      select w.team_id, format('available %s, open grants %s', w.available_nano, g.available) as detail
      from wallets w left join (
        select team_id, sum(remaining_nano) as available, sum(held_nano) as held, sum(disputed_nano) as disputed,
          sum(remaining_nano) filter (where kind = 'PREPAID') as prepaid,
          sum(remaining_nano) filter (where num_nonnulls(scope_product, scope_model_id, scope_gpu_type) = 0) as unrestricted,
          min(case status when 'SCHEDULED' then effective_at when 'OPEN' then expires_at end) as due
        from grants group by team_id
      ) g on g.team_id = w.team_id
      where (w.available_nano, w.prepaid_nano, w.unrestricted_nano, w.held_nano, w.disputed_nano, w.next_due_at)
        is distinct from (coalesce(g.available, 0), coalesce(g.prepaid, 0), coalesce(g.unrestricted, 0),
          coalesce(g.held, 0), coalesce(g.disputed, 0), g.due)`,
  },
  {
    name: 'grants-keep-their-bounds',
    promise: 'No grant is below zero or above what was granted, and what became of it makes the whole.',
    violations: ({ sql }) => sql`
      select team_id, format('grant %s is %s', id, status) as detail from grants
      where least(remaining_nano, spent_nano, held_nano, expired_nano, voided_nano, refunded_nano, disputed_nano,
          freezing_nano) < 0
        or remaining_nano + spent_nano + held_nano + expired_nano + voided_nano + refunded_nano + disputed_nano not in
          (granted_nano, case when status in ('SCHEDULED', 'VOIDED') then 0 else granted_nano end)
        or (remaining_nano > 0 and status <> 'OPEN')
        or (remaining_nano + held_nano = 0 and status = 'OPEN')
        or closed = (status in ('OPEN', 'SCHEDULED') or held_nano > 0)`,
  },
  {
    name: 'grants-are-the-sum-of-entries',
    promise:
      'What remains of a grant, is held or disputed, was spent, paid back, expired or was voided is the sum of its entries.',
    violations: grantSums,
  },
];

const ACCOUNTS = arrayOf(Object.values(ACCOUNT));

function walletSums({ sql }: Reader): Fragment {
  return sql`
    select w.team_id, format('available %s, entries make %s', w.available_nano, e.available) as detail
    from wallets w left join (
      select team_id, sum(case when account = ${GRANT} then amount else 0 end) as available,
        sum(case when account = ${HELD} then amount else 0 end) as held,
        sum(case when account = ${DISPUTED} then amount else 0 end) as disputed,
        -sum(case when account = ${RECEIVABLE} then amount else 0 end) as unpaid
      from (
        select team_id, debit_account as account, -sum(amount_nano) as amount from entries group by team_id, debit_account
        union all
        select team_id, credit_account, sum(amount_nano) from entries group by team_id, credit_account
      ) side group by team_id
    ) e on e.team_id = w.team_id
    where (w.available_nano, w.held_nano, w.disputed_nano, w.unpaid_nano) is distinct from
      (coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.disputed, 0), coalesce(e.unpaid, 0))`;
}

function grantSums({ sql }: Reader): Fragment {
  const spending = arrayOf([CHARGE, DEBT_PAYMENT, REVERSAL]);
  const expiring = arrayOf([EXPIRY, EXTENSION]);
  const returning = arrayOf([REFUND, REFUND_RETURN, DISPUTE_LOST]);
  return sql`
    select coalesce(g.team_id, e.team_id) as team_id,
      format('grant %s has %s, entries make %s', coalesce(g.id, e.id), g.remaining_nano, e.remaining) as detail
    from grants g full join (
      select team_id, id, sum(change) filter (where account = ${GRANT}) as remaining,
        sum(change) filter (where account = ${HELD}) as held,
        sum(change) filter (where account = ${DISPUTED}) as disputed,
        sum(change) filter (where kind = ${ISSUE}) as issued,
        -sum(change) filter (where kind = any(${spending}::int2[])) as spent,
        -sum(change) filter (where kind = any(${expiring}::int2[])) as expired,
        -sum(change) filter (where kind = ${VOID}) as voided,
        -sum(change) filter (where kind = any(${returning}::int2[])) as refunded
      from (
        select team_id, kind, debit_account as account, debit_ref as id, -amount_nano as change
        from entries where debit_account in (${GRANT}, ${HELD}, ${DISPUTED})
        union all
        select team_id, kind, credit_account, credit_ref, amount_nano
        from entries where credit_account in (${GRANT}, ${HELD}, ${DISPUTED})
      ) move group by team_id, id
    ) e on e.team_id = g.team_id and e.id = g.id
    where (g.remaining_nano, g.held_nano, g.disputed_nano, g.spent_nano, g.expired_nano, g.voided_nano, g.refunded_nano)
        is distinct from (coalesce(e.remaining, 0), coalesce(e.held, 0), coalesce(e.disputed, 0), coalesce(e.spent, 0),
          coalesce(e.expired, 0), coalesce(e.voided, 0), coalesce(e.refunded, 0))
      or e.issued <> g.granted_nano
      or (e.id is null and g.status not in ('SCHEDULED', 'VOIDED'))`;
}
