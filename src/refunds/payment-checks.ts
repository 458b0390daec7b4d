import type { Reader } from '../db/client.ts';
import { NANO_PER_CENT } from '../gateway/payment.ts';
import { ACCOUNT } from '../ledger/account.ts';
import type { Fragment, HealthCheck } from '../ledger/health-checks.ts';

/** What must hold between payments, what was taken back of them, and the books of every team. */
export const PAYMENT_CHECKS: readonly HealthCheck[] = [
  {
    name: 'payments-have-one-top-up',
    promise: 'Every payment but those of plans has exactly one top-up, which is paid, and the reverse.',
    violations: ({ sql }) => sql`
      select coalesce(p.team_id, t.team_id) as team_id,
        format('payment %s, top-up %s is %s', p.id, coalesce(t.id, p.top_up_id), t.status) as detail
      from (select * from payments where kind <> 'SUBSCRIPTION') p full join (
        select * from top_ups where status in ('SUCCEEDED', 'REFUNDED', 'DISPUTED') or payment_id is not null
      ) t on t.team_id = p.team_id and t.id = p.top_up_id
      where p.id is null or t.id is null or t.payment_id is distinct from p.id
        or t.status not in ('SUCCEEDED', 'REFUNDED', 'DISPUTED')
        or t.payment_intent is distinct from p.payment_intent`,
  },
  {
    name: 'payments-gave-their-credit-once',
    promise: 'A purchase gave exactly its worth in prepaid credit, and no grant belongs to two payments.',
    violations: ({ sql }) => sql`
      select p.team_id, format('payment %s of %s cents, grant %s of %s n', p.id, p.amount_cents, g.id, g.granted_nano) as detail
      from payments p left join grants g on g.team_id = p.team_id and g.id = p.grant_id
      where (p.kind <> 'SUBSCRIPTION' and g.granted_nano is distinct from p.amount_cents * ${NANO_PER_CENT})
        or (g.id is not null and g.kind <> 'PREPAID')
        or (p.grant_id is not null and exists (
          select 1 from payments o where o.team_id = p.team_id and o.grant_id = p.grant_id and o.id <> p.id))`,
  },
  {
    name: 'payments-are-taken-back-once',
    promise: 'Refunds and disputes together take back no more of a payment than was paid.',
    violations: takenBack,
  },
  {
    name: 'grants-lost-what-was-taken-back',
    promise: 'What a grant lost to refunds and disputes, or may lose, is what those say.',
    violations: grantsTakenBack,
  },
  {
    name: 'refunds-wait-for-their-payment',
    promise:
      'What waits in the account of refunds is what was approved and is not paid yet, and prepaid credit that was voided.',
    violations: waitingRefunds,
  },
  {
    name: 'top-ups-tell-what-was-taken-back',
    promise:
      'A top-up is REFUNDED when all of it was paid back, DISPUTED while a bank has or may get a part.',
    violations: topUpStates,
  },
  {
    name: 'one-recharge-at-a-time',
    promise: 'A team has at most one attempt to recharge in flight, and each has come as far as its top-up.',
    violations: ({ sql }) => sql`
      select a.team_id, format('attempt %s is %s, its top-up %s', a.id, a.status, t.status) as detail
      from recharge_attempts a left join top_ups t on t.team_id = a.team_id and t.id = a.top_up_id
      where t.id is null or (a.finished_at is null) <> (t.status in ('PENDING', 'ACTION_REQUIRED'))
        or (a.finished_at is null and exists (
          select 1 from recharge_attempts o where o.team_id = a.team_id and o.finished_at is null and o.id <> a.id))`,
  },
];

function takenBack({ sql }: Reader): Fragment {
  return sql`
    select p.team_id, format('payment %s of %s cents: %s refunded, refunds make %s; %s disputed, disputes make %s', p.id,
      p.amount_cents, p.refunded_cents, r.cents, p.disputed_cents, d.cents) as detail
    from payments p
    left join (
      select team_id, payment_id, sum(amount_cents) as cents from refunds
      where status in ('PENDING', 'SUCCEEDED') group by team_id, payment_id
    ) r on r.team_id = p.team_id and r.payment_id = p.id
    left join (
      select team_id, payment_id, sum(reversed_cents) as cents from disputes
      where status in ('OPEN', 'LOST') group by team_id, payment_id
    ) d on d.team_id = p.team_id and d.payment_id = p.id
    where p.refunded_cents <> coalesce(r.cents, 0) or p.disputed_cents <> coalesce(d.cents, 0)
      or least(p.refunded_cents, p.disputed_cents) < 0 or p.refunded_cents + p.disputed_cents > p.amount_cents`;
}

function grantsTakenBack({ sql }: Reader): Fragment {
  return sql`
    select g.team_id, format('grant %s: %s n refunded, payments say %s; %s n disputed, disputes say %s', g.id,
      g.refunded_nano, coalesce(t.gone, 0), g.disputed_nano + g.freezing_nano, coalesce(t.asked, 0)) as detail
    from grants g left join (
      select p.team_id, p.grant_id, sum(part.gone) as gone, sum(part.asked) as asked
      from payments p join (
        select team_id, payment_id, credit_nano as gone, 0 as asked from refunds where status in ('PENDING', 'SUCCEEDED')
        union all
        select team_id, payment_id, case status when 'LOST' then frozen_nano else 0 end,
          case status when 'OPEN' then asked_nano else 0 end from disputes
      ) part on part.team_id = p.team_id and part.payment_id = p.id
      where p.grant_id is not null group by p.team_id, p.grant_id
    ) t on t.team_id = g.team_id and t.grant_id = g.id
    where (g.refunded_nano, g.disputed_nano + g.freezing_nano) is distinct from (coalesce(t.gone, 0), coalesce(t.asked, 0))`;
}

function waitingRefunds({ sql }: Reader): Fragment {
  const { REFUNDS } = ACCOUNT;
  return sql`
    select w.team_id, format('%s n wait, refunds say %s', coalesce(e.waiting, 0), coalesce(x.waiting, 0)) as detail
    from wallets w
    left join (
      select team_id, sum(case when credit_account = ${REFUNDS} then amount_nano else -amount_nano end) as waiting
      from entries where ${REFUNDS} in (debit_account, credit_account) group by team_id
    ) e on e.team_id = w.team_id
    left join (
      select team_id, sum(waiting) as waiting from (
        select team_id, credit_nano as waiting from refunds where status = 'PENDING'
        union all select team_id, -voided_nano from refunds where status = 'SUCCEEDED'
        union all select team_id, -voided_nano from disputes where status = 'LOST'
        union all select team_id, voided_nano from grants where kind = 'PREPAID' and voided_nano <> 0
      ) part group by team_id
    ) x on x.team_id = w.team_id
    where coalesce(e.waiting, 0) <> coalesce(x.waiting, 0)`;
}

function topUpStates({ sql }: Reader): Fragment {
  return sql`
    select t.team_id, format('top-up %s is %s', t.id, t.status) as detail
    from top_ups t join payments p on p.team_id = t.team_id and p.id = t.payment_id
    left join (
      select team_id, payment_id, sum(amount_cents) as cents from refunds
      where status = 'SUCCEEDED' group by team_id, payment_id
    ) r on r.team_id = p.team_id and r.payment_id = p.id
    where t.status <> case
      when exists (select 1 from disputes d where d.team_id = p.team_id and d.payment_id = p.id and d.status <> 'WON')
        then 'DISPUTED'
      when coalesce(r.cents, 0) = p.amount_cents then 'REFUNDED' else 'SUCCEEDED' end`;
}
