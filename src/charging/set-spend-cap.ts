import type { ActorRef } from '../actor.ts';
import type { Tx } from '../db/client.ts';
import { claimKey } from '../db/idempotency.ts';
import { badInput, DomainError, notFound } from '../domain-error.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { lockHeads, setCapped } from '../ledger/post.ts';
import { formatCredits, type NanoCredits } from '../money.ts';
import { audit } from '../teams/audit.ts';
import { checkIdempotencyKey } from '../teams/text.ts';
import { CAP_PERIOD, CAP_SUBJECT, type Cap, type CapPeriod, type CapSubject, periodStart } from './cap.ts';
import { heldNow, spentSince } from './cap-counters.ts';
import { capsOfTeams } from './cap-rows.ts';

export interface SetSpendCap {
  readonly teamId: Uuid;
  readonly subject: CapSubject;
  readonly subjectId: Uuid;
  readonly period: CapPeriod;
  /** Null removes the cap. */
  readonly limitNano: NanoCredits | null;
  readonly idempotencyKey?: string | undefined;
}

export interface SpendCapSet {
  /** As it is now; undefined when there is none. */
  readonly cap: Cap | undefined;
  readonly replayed: boolean;
}

/** Every charge of the team looks at all of them. */
const MAX_CAPS = 1_000;

/**
 * Limits what may be spent for a subject in a UTC day or month, changes that limit, or removes it. A new cap counts what
 * was charged in the present period before it was set, and what is held. Zero lets nothing be spent.
 * @throws DomainError NOT_FOUND and BAD_USER_INPUT naming the field, CONFLICT beyond 1,000 caps, IDEMPOTENCY_CONFLICT.
 */
export async function setSpendCap(
  tx: Tx,
  input: SetSpendCap,
  actor: ActorRef,
  now: Date,
): Promise<SpendCapSet> {
  const { limitNano } = input;
  if (limitNano !== null && limitNano < 0n)
    throw badInput('limit', 'must not be negative. Zero lets nothing be spent; null removes the cap.');
  const team = await lockTeam(tx, input.teamId, now);
  const present = team.caps.find((cap) => isOf(cap, input));
  const id = present?.id ?? newUuid(team.atMs);
  const first = await claim(tx, input, id, now);
  if (first !== undefined) return { cap: team.caps.find((cap) => cap.id === first), replayed: true };
  if (limitNano === null) return { cap: await remove(tx, team, present, actor), replayed: false };
  const cap = present
    ? await changeLimit(tx, present, limitNano, actor, team.atMs)
    : await addCap(tx, team, { ...input, limitNano }, id, actor);
  await setCapped(tx, input.teamId, true);
  await record(tx, cap, 'spend-cap.set', actor, team.atMs);
  return { cap, replayed: false };
}

/** The caps of a team whose wallet is locked. */
interface LockedTeam {
  readonly caps: readonly Cap[];
  /** When what is charged under this lock would be posted. */
  readonly atMs: number;
}

async function lockTeam(tx: Tx, teamId: Uuid, now: Date): Promise<LockedTeam> {
  const head = (await lockHeads(tx, [teamId])).get(teamId);
  if (!head) throw notFound('Team', publicId('team', teamId));
  const caps = (await capsOfTeams(tx, [teamId])).get(teamId) ?? [];
  return { caps, atMs: Math.max(now.getTime(), head.postedAtMs) };
}

function isOf(cap: Cap, { subject, subjectId, period }: SetSpendCap): boolean {
  return cap.subject === subject && cap.subjectId === subjectId && cap.period === period;
}

async function claim(tx: Tx, input: SetSpendCap, id: Uuid, now: Date): Promise<Uuid | undefined> {
  const { teamId, idempotencyKey, ...request } = input;
  if (idempotencyKey === undefined) return undefined;
  const key = checkIdempotencyKey(idempotencyKey);
  return claimKey(tx, { teamId, operation: 'setSpendCap', key, request }, id, now);
}

async function remove(tx: Tx, team: LockedTeam, cap: Cap | undefined, actor: ActorRef): Promise<undefined> {
  if (!cap) return;
  await tx.sql`delete from spend_caps where team_id = ${cap.teamId} and id = ${cap.id}`;
  await setCapped(tx, cap.teamId, team.caps.length > 1);
  await record(tx, cap, 'spend-cap.removed', actor, team.atMs);
}

async function changeLimit(
  tx: Tx,
  cap: Cap,
  limitNano: NanoCredits,
  actor: ActorRef,
  atMs: number,
): Promise<Cap> {
  await tx.sql`
    update spend_caps set limit_nano = ${limitNano}, updated_at = ${new Date(atMs).toISOString()}::timestamptz,
      actor_kind = ${actor.kind}, actor_id = ${actor.id}
    where team_id = ${cap.teamId} and id = ${cap.id}`;
  return { ...cap, limitNano, actor };
}

async function addCap(
  tx: Tx,
  { caps, atMs }: LockedTeam,
  input: SetSpendCap & { readonly limitNano: NanoCredits },
  id: Uuid,
  actor: ActorRef,
): Promise<Cap> {
  if (caps.length >= MAX_CAPS)
    throw new DomainError('CONFLICT', `A team has at most ${MAX_CAPS} caps. Remove one first.`);
  await demandSubject(tx, input);
  const { teamId, subject, subjectId, period, limitNano } = input;
  const periodAtMs = periodStart(period, atMs);
  const spentNano = await spentSince(tx, input, periodAtMs);
  const heldNano = await heldNow(tx, input);
  const createdAt = new Date(atMs);
  const cap = { teamId, id, subject, subjectId, period, limitNano, spentNano, periodAtMs, heldNano };
  await tx.sql`insert into spend_caps ${tx.sql({
    team_id: teamId,
    id,
    subject: CAP_SUBJECT[subject],
    subject_id: subjectId,
    period: CAP_PERIOD[period],
    limit_nano: limitNano,
    spent_nano: spentNano,
    period_at: new Date(periodAtMs).toISOString(),
    held_nano: heldNano,
    created_at: createdAt.toISOString(),
    updated_at: createdAt.toISOString(),
    actor_kind: actor.kind,
    actor_id: actor.id,
  })}`;
  return { ...cap, createdAt, actor };
}

/** Each kind of subject: the field that names it, and how it is looked for. */
const SUBJECTS = {
  MEMBER: {
    field: 'memberId',
    message: 'must be a member of the team.',
    find: ({ sql }: Tx, { teamId, subjectId }: SetSpendCap) =>
      sql`select 1 from memberships where team_id = ${teamId} and user_id = ${subjectId}`,
  },
  API_KEY: {
    field: 'apiKeyId',
    message: 'must be a key of the team.',
    find: ({ sql }: Tx, { teamId, subjectId }: SetSpendCap) =>
      sql`select 1 from api_keys where team_id = ${teamId} and id = ${subjectId}`,
  },
  MODEL: {
    field: 'model',
    message: 'must be the key of a model or an instance type.',
    find: ({ sql }: Tx, { subjectId }: SetSpendCap) => sql`select 1 from models where id = ${subjectId}`,
  },
} as const;

async function demandSubject(tx: Tx, input: SetSpendCap): Promise<void> {
  const { find } = SUBJECTS[input.subject];
  if ((await find(tx, input)).length === 0) throw noSubject(input.subject);
}

/** There is nothing of the team that a cap could be about, under the id or key that was given. */
export function noSubject(subject: CapSubject): DomainError {
  const { field, message } = SUBJECTS[subject];
  const path = `subject.${field}`;
  return new DomainError('NOT_FOUND', `${path}: ${message}`, { field: path });
}

async function record(
  tx: Tx,
  cap: Cap,
  action: 'spend-cap.set' | 'spend-cap.removed',
  actor: ActorRef,
  atMs: number,
): Promise<void> {
  const { teamId, id, subject, subjectId, period, limitNano } = cap;
  const details = { capId: publicId('cap', id), subject, subjectId, period, limit: formatCredits(limitNano) };
  await audit(tx, { teamId, action, actor, details, at: new Date(atMs) });
}
