import { CHARGE_STATUS } from '../charging/charge.ts';
import { HOLD_STATUS } from '../charging/hold.ts';
import type { Reader } from '../db/client.ts';
import type { Fragment, HealthCheck } from '../ledger/health-checks.ts';

/** What must hold of the deployments of every team and of their hours: the part of the audit that this room adds. */
export const DEPLOYMENT_CHECKS: readonly HealthCheck[] = [
  {
    name: 'deployment-events-have-no-gap',
    promise: 'The events of the deployments of a team are numbered 1, 2, 3 … up to the number in its head.',
    violations: ({ sql }) => sql`
      select coalesce(h.team_id, v.team_id) as team_id,
        format('head at %s, %s events up to %s', h.event_seq, v.events, v.last) as detail
      from deployment_heads h full join (
        select team_id, count(*) as events, min(seq) as first, max(seq) as last from deployment_events group by team_id
      ) v on v.team_id = h.team_id
      where h.event_seq is distinct from coalesce(v.last, 0) or v.events <> v.last or v.first <> 1`,
  },
  {
    name: 'hours-are-charged-once',
    promise:
      'No two charged hours of a slot on one instance type overlap, but for those that were given back.',
    violations: overlappingHours,
  },
  {
    name: 'paid-hours-are-charges',
    promise: 'The paid hour of a slot is a charge of that slot, type and time that was not given back.',
    violations: ({ sql }) => sql`
      select s.team_id, format('deployment %s slot %s from %s', s.deployment_id, s.slot, s.hour_at) as detail
      from deployment_slots s
      left join charges c on c.team_id = s.team_id and c.id = s.charge_id
      left join reversals r on r.team_id = s.team_id and r.charge_id = s.charge_id
      where num_nulls(s.paid_until, s.charge_id) = 1
        or (s.charge_id is not null and r.charge_id is null and (
          (c.deployment_id, c.replica_slot, c.model_id, c.occurred_at, c.status) is distinct from
            (s.deployment_id, s.slot, s.instance_type_id, s.hour_at, ${CHARGE_STATUS.CHARGED}::int2)
          or s.paid_until is distinct from s.hour_at + interval '1 hour'))`,
  },
  {
    name: 'held-hours-belong-to-active-slots',
    promise: 'Each open hold for an hour is that of a slot whose next hour is wanted.',
    violations: ({ sql }) => sql`
      select coalesce(h.team_id, s.team_id) as team_id,
        format('hold %s, deployment %s slot %s', coalesce(h.id, s.hold_id), s.deployment_id, s.slot) as detail
      from (select * from holds where deployment_id is not null and status = ${HOLD_STATUS.HELD}) h
      full join (select * from deployment_slots where hold_id is not null) s
        on s.team_id = h.team_id and s.hold_id = h.id
      where s.hold_id is null or not s.active
        or (h.id is not null and (h.deployment_id, h.replica_slot, h.model_id) is distinct from
          (s.deployment_id, s.slot, s.instance_type_id))`,
  },
  {
    name: 'slots-follow-their-deployment',
    promise:
      'A deployment that runs has as many active slots as replicas, all of its type; no other has any.',
    violations: ({ sql }) => sql`
      select d.team_id, format('deployment %s is %s with %s slots', d.id, d.status, coalesce(s.active, 0)) as detail
      from deployments d left join (
        select s.team_id, s.deployment_id, count(*) as active, count(distinct s.instance_type_id) as types,
          min(s.instance_type_id::text) as type, bool_and(s.due_at is not null and s.paid_until is not null) as due
        from deployment_slots s where s.active group by s.team_id, s.deployment_id
      ) s on s.team_id = d.team_id and s.deployment_id = d.id
      where coalesce(s.active, 0) <> (case d.status when 'RUNNING' then d.replicas else 0 end)
        or s.types > 1 or s.type <> d.instance_type_id::text or not s.due`,
  },
  {
    name: 'deployments-are-looked-at-in-time',
    promise: 'The loop looks at a team no later than anything is due for its deployments.',
    violations: ({ sql }) => sql`
      select h.team_id, format('next at %s, due at %s', h.next_due_at, least(s.due, d.due)) as detail
      from deployment_heads h
      left join (select team_id, min(due_at) as due from deployment_slots group by team_id) s on s.team_id = h.team_id
      left join (select team_id, min(schedule_due_at) as due from deployments group by team_id) d on d.team_id = h.team_id
      where least(s.due, d.due) < coalesce(h.next_due_at, 'infinity') - interval '1 minute'`,
  },
];

/** A charged hour that begins before the one before it has ended. What nobody paid counts as none. */
function overlappingHours({ sql }: Reader): Fragment {
  return sql`
    select team_id, format('deployment %s slot %s from %s', deployment_id, replica_slot, occurred_at) as detail
    from (
      select c.*, lag(c.occurred_at) over (
        partition by c.team_id, c.deployment_id, c.replica_slot, c.model_id order by c.occurred_at
      ) as before_at
      from charges c left join reversals r on r.team_id = c.team_id and r.charge_id = c.id
      where c.deployment_id is not null and c.status = ${CHARGE_STATUS.CHARGED} and r.charge_id is null
    ) hour
    where occurred_at < before_at + interval '1 hour'`;
}
