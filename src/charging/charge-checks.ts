import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { ACCOUNT, ENTRY_KIND } from '../ledger/account.ts';
import type { Fragment, HealthCheck } from '../ledger/health-checks.ts';
import { CHARGE_STATUS } from './charge.ts';
import { HOLD_STATUS } from './hold.ts';

type Teams = Uuid | 'ALL';

/** What must hold between charges and the books of every team: the part of the audit that this room adds. */
export const CHARGE_CHECKS: readonly HealthCheck[] = [
  {
    name: 'charges-are-their-entries',
    promise: 'Each charge is the sum of its entries, and each entry of a charge belongs to one.',
    violations: (reader) => brokenCharges(reader, 'ALL'),
  },
  {
    name: 'reversals-are-their-entries',
    promise: 'Each reversal gives back its whole charge, by entries of its own.',
    violations: (reader) => brokenReversals(reader, 'ALL'),
  },
  {
    name: 'wallets-count-their-charges',
    promise: 'The wallet of a team counts its charges.',
    violations: (reader) => miscounted(reader, 'ALL'),
  },
  {
    name: 'held-is-the-sum-of-open-holds',
    promise: 'What is held of each grant is what open holds have set aside and not given yet.',
    violations: (reader) => brokenHolds(reader, 'ALL'),
  },
  {
    name: 'holds-are-their-entries',
    promise: 'What a hold set aside was paid by charges or returned: nothing of a resolved hold is left.',
    violations: (reader) => unbalancedHolds(reader, 'ALL'),
  },
  {
    name: 'runs-are-the-sum-of-their-charges',
    promise: 'What a run spent is the sum of its charges.',
    violations: (reader) => brokenRuns(reader, 'ALL'),
  },
];

function among({ sql }: Reader, teams: Teams): Fragment {
  return teams === 'ALL' ? sql`true` : sql`team_id = ${teams}`;
}

/** Charges, by `team_id` and `seq` of their first entry, whose amount, debt or range is not that of their entries. */
export function brokenCharges(reader: Reader, teams: Teams): Fragment {
  const { sql } = reader;
  const { CHARGED, UNBILLED } = CHARGE_STATUS;
  return sql`
    select coalesce(c.team_id, e.team_id) as team_id, coalesce(c.from_seq, e.first) as seq,
      format('charge %s of %s n, entries make %s', coalesce(c.id, e.id), c.amount_nano, e.amount) as detail
    from (select * from charges where ${among(reader, teams)}) c full join (
      select team_id, posting_id as id, sum(amount_nano) as amount, min(seq) as first, max(seq) as last,
        sum(amount_nano) filter (where debit_account = ${ACCOUNT.RECEIVABLE}) as debt
      from entries where kind = ${ENTRY_KIND.CHARGE} and ${among(reader, teams)} group by team_id, posting_id
    ) e on e.team_id = c.team_id and e.id = c.id
    where c.status not in (${CHARGED}, ${UNBILLED})
      or (case c.status when ${UNBILLED} then 0 else c.amount_nano end) <> coalesce(e.amount, 0)
      or (c.debt_nano, c.from_seq, c.to_seq) is distinct from (e.debt, e.first, e.last)`;
}

/** Reversals that are not what their entries make, or not their charge. */
export function brokenReversals(reader: Reader, teams: Teams): Fragment {
  const { sql } = reader;
  return sql`
    select coalesce(r.team_id, e.team_id) as team_id, coalesce(r.from_seq, e.first) as seq,
      format('reversal %s of %s n, entries make %s', coalesce(r.id, e.id), r.amount_nano, e.amount) as detail
    from (select * from reversals where ${among(reader, teams)}) r
    left join charges c on c.team_id = r.team_id and c.id = r.charge_id
    full join (
      select team_id, posting_id as id, sum(amount_nano) as amount, min(seq) as first, max(seq) as last
      from entries where kind = ${ENTRY_KIND.REVERSAL} and ${among(reader, teams)} group by team_id, posting_id
    ) e on e.team_id = r.team_id and e.id = r.id
    where r.id is null or c.id is null
      or r.amount_nano <> coalesce(e.amount, 0)
      or r.amount_nano <> (case when c.from_seq is null then 0 else c.amount_nano end)
      or (r.from_seq, r.to_seq) is distinct from (e.first, e.last)`;
}

/** Wallets that count another number of charges than there are. */
export function miscounted(reader: Reader, teams: Teams): Fragment {
  return reader.sql`
    select w.team_id, null::int8 as seq,
      format('wallet counts %s charges, there are %s', w.charge_count, coalesce(c.charges, 0)) as detail
    from (select * from wallets where ${among(reader, teams)}) w left join (
      select team_id, count(*) as charges from charges where ${among(reader, teams)} group by team_id
    ) c on c.team_id = w.team_id
    where w.charge_count <> coalesce(c.charges, 0)`;
}

/** Grants of which something else is held than what open holds say. */
export function brokenHolds(reader: Reader, teams: Teams): Fragment {
  const { sql } = reader;
  return sql`
    select coalesce(g.team_id, h.team_id) as team_id, null::int8 as seq,
      format('%s is held of grant %s, open holds say %s', coalesce(g.held_nano, 0), coalesce(g.id, h.id), coalesce(h.held, 0))
        as detail
    from (select team_id, id, held_nano from grants where held_nano <> 0 and ${among(reader, teams)}) g full join (
      select team_id, (draw ->> 0)::uuid as id, sum((draw ->> 1)::int8) as held
      from holds cross join lateral jsonb_array_elements(draws) draw
      where status = ${HOLD_STATUS.HELD} and ${among(reader, teams)} group by 1, 2
    ) h on h.team_id = g.team_id and h.id = g.id
    where g.held_nano is distinct from h.held`;
}

/** Holds whose entries do not make what was set aside, or that have something left although they are resolved. */
export function unbalancedHolds(reader: Reader, teams: Teams): Fragment {
  const { sql } = reader;
  const { HELD } = HOLD_STATUS;
  return sql`
    select coalesce(h.team_id, e.team_id) as team_id, e.first as seq,
      format('hold %s of %s n, entries set %s aside', coalesce(h.id, e.id), h.amount_nano, coalesce(e.amount, 0)) as detail
    from (select * from holds where ${among(reader, teams)}) h full join (
      select team_id, posting_id as id, sum(amount_nano) as amount, min(seq) as first
      from entries where kind = ${ENTRY_KIND.HOLD} and ${among(reader, teams)} group by team_id, posting_id
    ) e on e.team_id = h.team_id and e.id = h.id
    where h.amount_nano is distinct from coalesce(e.amount, 0)
      or (h.status = ${HELD}) <> (h.resolved_at is null)
      or (h.status <> ${HELD} and h.draws <> '[]')
      or (h.status = ${HELD} and h.amount_nano - h.drawn_nano <> coalesce(
        (select sum((draw ->> 1)::int8) from jsonb_array_elements(h.draws) draw), 0))`;
}

/** Runs whose figures are not those of their charges. */
export function brokenRuns(reader: Reader, teams: Teams): Fragment {
  const { sql } = reader;
  return sql`
    select coalesce(r.team_id, c.team_id) as team_id, null::int8 as seq,
      format('run %s spent %s n in %s charges, its charges make %s n', coalesce(r.id, c.id), r.spent_nano, r.charge_count,
        c.spent) as detail
    from (select * from runs where ${among(reader, teams)}) r full join (
      select team_id, run_id as id, count(*) as charges,
        coalesce(sum(amount_nano) filter (where status = ${CHARGE_STATUS.CHARGED}), 0) as spent
      from charges where run_id is not null and ${among(reader, teams)} group by team_id, run_id
    ) c on c.team_id = r.team_id and c.id = r.id
    where (r.spent_nano, r.charge_count) is distinct from (coalesce(c.spent, 0), coalesce(c.charges, 0))`;
}
