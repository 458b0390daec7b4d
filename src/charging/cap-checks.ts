import type { Reader } from '../db/client.ts';
import type { Fragment, HealthCheck } from '../ledger/health-checks.ts';
import { CAP_PERIOD, CAP_SUBJECT } from './cap.ts';
import { CHARGE_STATUS } from './charge.ts';
import { HOLD_STATUS } from './hold.ts';

/** What must hold between caps, charges and holds of every team. */
export const CAP_CHECKS: readonly HealthCheck[] = [
  {
    name: 'caps-count-what-was-spent',
    promise:
      'Each cap counts the charges of its period that were not given back, and what open holds have set aside.',
    violations: miscountedCaps,
  },
];

type Column = 'member_id' | 'api_key_id' | 'model_id';

function miscountedCaps(reader: Reader): Fragment {
  const { sql } = reader;
  return sql`
    select s.team_id, format('cap %s counts %s n spent and %s n held, there are %s n and %s n',
      s.id, s.spent_nano, s.held_nano, coalesce(n.spent, 0), coalesce(n.held, 0)) as detail
    from spend_caps s left join (
      select id, sum(spent) as spent, sum(held) as held from (
        ${countedBy(reader, CAP_SUBJECT.MEMBER, 'member_id')} union all
        ${countedBy(reader, CAP_SUBJECT.API_KEY, 'api_key_id')} union all
        ${countedBy(reader, CAP_SUBJECT.MODEL, 'model_id')}
      ) as counted (id, spent, held) group by id
    ) n on n.id = s.id
    where (s.spent_nano, s.held_nano) is distinct from (coalesce(n.spent, 0), coalesce(n.held, 0))`;
}

/** What counts for caps of one kind of subject, which charges and holds name in `column`: cap, spent, held. */
function countedBy({ sql }: Reader, subject: number, column: Column): Fragment {
  return sql`
    select s.id, c.amount_nano, 0 from spend_caps s
    join charges c on c.team_id = s.team_id and c.${sql(column)} = s.subject_id
    left join reversals r on r.team_id = c.team_id and r.charge_id = c.id
    where s.subject = ${subject} and c.status = ${CHARGE_STATUS.CHARGED} and r.id is null
      and c.posted_at >= s.period_at and c.posted_at < s.period_at
        + case s.period when ${CAP_PERIOD.DAY} then interval '1 day' else interval '1 month' end
    union all
    select s.id, 0, (draw ->> 1)::int8 from spend_caps s
    join holds h on h.team_id = s.team_id and h.${sql(column)} = s.subject_id
    cross join jsonb_array_elements(h.draws) as draw
    where s.subject = ${subject} and h.status = ${HOLD_STATUS.HELD}`;
}
