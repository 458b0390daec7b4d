import { randomBytes } from 'node:crypto';
import { type Actor, SYSTEM_ACTOR } from '../../src/actor.ts';
import { createInstanceType } from '../../src/catalog/instance-types.ts';
import { setSpendCap } from '../../src/charging/set-spend-cap.ts';
import { systemClock } from '../../src/clock.ts';
import { inTransaction, type Tx } from '../../src/db/client.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { type IssueGrant, issueGrant, voidGrant } from '../../src/grants/issue.ts';
import { entryId, newUuid, publicId, type Uuid } from '../../src/id.ts';
import { openLedger } from '../../src/ledger/post.ts';
import { parseCredits } from '../../src/money.ts';
import { type CreateApiKey, createApiKey, revokeApiKey } from '../../src/teams/keys.ts';
import { addMember, removeMember } from '../../src/teams/memberships.ts';
import { scopesFor } from '../../src/teams/permissions.ts';
import { createTeam } from '../../src/teams/teams.ts';
import { recordUser } from '../../src/teams/users.ts';
import { worldOn } from '../support/world.ts';
import { type RunningApp, userToken } from './app-over-http.ts';
import type { Payer, Purse } from './payer.ts';
import { type Attribution, INSTANCE_TYPE, MODEL, type Platform } from './platform.ts';

/** Somebody with credentials. */
export interface Asker {
  /** The id of the user or key. */
  readonly id: Uuid;
  readonly authorization: string;
}

const SYSTEM: Actor = { kind: 'SYSTEM' };

/** Makes what a test of many teams needs, by the product's own verbs. */
export class Tenants {
  constructor(readonly app: RunningApp) {}

  /** Runs a verb of the product, as the system. */
  do<T>(verb: (tx: Tx, now: Date) => Promise<T>): Promise<T> {
    return inTransaction(this.app.database.db, (tx) => verb(tx, systemClock.now()));
  }

  async user(name: string, email?: string): Promise<Asker> {
    const id = await this.do((tx, now) => recordUser(tx, { subject: name, name, email }, now));
    return { id, authorization: await userToken(name) };
  }

  async key(
    type: CreateApiKey['type'],
    name: string,
    teamId?: Uuid,
    scopes = scopesFor(type),
  ): Promise<Asker> {
    const input = { type, name, scopes, idempotencyKey: newUuid(), ...(teamId && { teamId }) };
    const { keyId, text } = await this.do((tx, now) => createApiKey(tx, input, SYSTEM, now));
    return { id: keyId, authorization: `Bearer ${text}` };
  }

  /** What all teams can use. */
  async catalog(): Promise<void> {
    await worldOn(this.app.database.db).model(MODEL, { REQUEST: '0.000001', OUTPUT_TOKEN: '1' });
    await this.instanceType(INSTANCE_TYPE, '0.000001');
  }

  async instanceType(key: string, hourlyPrice: string): Promise<void> {
    const spec = { kind: 'CPU', gpus: 0, vcpus: 1, memoryGb: 1 } as const;
    const type = { key, name: key, spec, hourlyPrice: parseDecimal(hourlyPrice) };
    await this.do((tx, now) => createInstanceType(tx, type, { actor: SYSTEM_ACTOR, reason: 'test', now }));
  }

  grant(teamId: Uuid, input: Partial<IssueGrant> = {}): Promise<Uuid> {
    const whole: IssueGrant = {
      teamId,
      kind: 'PROMOTIONAL',
      source: 'GOODWILL',
      amountNano: parseCredits('1'),
      reason: 'test',
      idempotencyKey: newUuid(),
      ...input,
    };
    return this.do(async (tx, now) => (await issueGrant(tx, whole, SYSTEM_ACTOR, now)).grantId);
  }

  async member(teamId: Uuid, name: string, role: 'OWNER' | 'ADMIN' | 'MEMBER'): Promise<Asker> {
    const user = await this.user(name);
    await this.do((tx, now) => addMember(tx, { teamId, userId: user.id, role }, SYSTEM, now));
    return user;
  }

  /** A team with people, keys, grants, payments and work in progress; all its names and amounts are found nowhere else. */
  async team(platform: Platform, payer: Payer): Promise<Tenant> {
    const mark = randomBytes(5).toString('hex');
    const amount = `.${(Number.parseInt(mark, 16) % 9_000_000) + 1_000_000}`;
    const owner = await this.user(`owner-${mark}`, `mail-${mark}@example.com`);
    const input = { name: `team-${mark}`, idempotencyKey: newUuid(), ownerSubject: `owner-${mark}` };
    const { teamId } = await this.do((tx, now) =>
      createTeam(tx, input, SYSTEM, now, (inner, id, at) => openLedger(inner, id, at, 0n)),
    );
    const askers = { owner, ...(await this.people(teamId, mark)), ...(await this.keys(teamId, mark)) };
    const suppliedModel = `model-supplied-by-${mark}`;
    await worldOn(this.app.database.db).model(
      suppliedModel,
      { REQUEST: '0.000001' },
      { supplierTeamId: teamId },
    );
    const grants = await this.grants(teamId, mark, amount);
    const capId = await this.cap(teamId, askers.member.id, parseCredits(`5${amount}`));
    const work = {
      charges: await ofEach(askers, (by) => platform.charge(teamId, by)),
      holds: await ofEach(askers, (by) => platform.hold(teamId, by)),
      runs: await ofEach(askers, (by) => platform.run(teamId, by)),
      deployments: await ofEach(askers, (by) => platform.started(teamId, by)),
      quote: await platform.quote(teamId),
    };
    const paid = `9${amount.slice(1, 5)}.${amount.slice(5, 7)}`;
    const purse = await payer.purse({ teamId, owner }, paid);
    return { teamId, mark, amount, paid, ...askers, suppliedModel, grants, capId, purse, ...work };
  }

  private async people(teamId: Uuid, mark: string) {
    const admin = await this.member(teamId, `admin-${mark}`, 'ADMIN');
    const member = await this.member(teamId, `member-${mark}`, 'MEMBER');
    const former = await this.member(teamId, `former-${mark}`, 'MEMBER');
    await this.do((tx, now) => removeMember(tx, { teamId, userId: former.id }, SYSTEM, now));
    return { admin, member, former };
  }

  private async keys(teamId: Uuid, mark: string) {
    const key = (type: 'TEAM' | 'PARTNER', name: string, scopes?: readonly string[]) =>
      this.key(type, `${name}-${mark}`, teamId, scopes);
    const teamKey = await key('TEAM', 'team-key');
    const teamKeyPlain = await key('TEAM', 'plain-key', []);
    const partner = await key('PARTNER', 'partner-key');
    const partnerPlain = await key('PARTNER', 'plain-partner-key', []);
    const revoked = await key('TEAM', 'revoked-key');
    await this.do((tx, now) => revokeApiKey(tx, { keyId: revoked.id, reason: mark }, SYSTEM, now));
    return { teamKey, teamKeyPlain, partner, partnerPlain, revoked };
  }

  private async grants(teamId: Uuid, mark: string, amount: string): Promise<Uuid[]> {
    const prepaid = { kind: 'PREPAID', source: 'PURCHASE', amountNano: parseCredits(`9${amount}`) } as const;
    const restricted = { amountNano: parseCredits(`3${amount}`), scope: { product: 'chat' } };
    const grants = [
      await this.grant(teamId, { ...prepaid, reason: mark }),
      await this.grant(teamId, { ...restricted, reason: mark }),
      await this.grant(teamId, { amountNano: parseCredits(`2${amount}`), reason: mark }),
    ];
    const change = { teamId, grantId: grants[2] ?? '', reason: mark, idempotencyKey: newUuid() };
    await this.do((tx, now) => voidGrant(tx, change, SYSTEM_ACTOR, now));
    return grants;
  }

  private async cap(teamId: Uuid, memberId: Uuid, limitNano: bigint): Promise<Uuid> {
    const input = { teamId, subject: 'MEMBER', subjectId: memberId, period: 'MONTH', limitNano } as const;
    const { cap } = await this.do((tx, now) => setSpendCap(tx, input, SYSTEM_ACTOR, now));
    if (!cap) throw new Error('a cap was set');
    return cap.id;
  }
}

/** Those on whose behalf a team has work done. */
export const WORKERS = ['owner', 'member', 'teamKey', 'teamKeyPlain'] as const;
export type Worker = (typeof WORKERS)[number];

/** What each of them has one of, by its public id. */
export type OfEach = Readonly<Record<Worker, string>>;

async function ofEach(
  askers: Readonly<Record<Worker, Asker>>,
  make: (by: Attribution) => Promise<string>,
): Promise<OfEach> {
  const { owner, member, teamKey, teamKeyPlain } = askers;
  return {
    owner: await make({ memberId: owner.id }),
    member: await make({ memberId: member.id }),
    teamKey: await make({ apiKeyId: teamKey.id }),
    teamKeyPlain: await make({ apiKeyId: teamKeyPlain.id }),
  };
}

export interface Tenant {
  readonly teamId: Uuid;
  /** In all names and reasons of the team. */
  readonly mark: string;
  /** The places of all its amounts, and so of its balance. */
  readonly amount: string;
  /** What it has paid for a purchase, in dollars; no other amount is like it. */
  readonly paid: string;
  readonly owner: Asker;
  readonly admin: Asker;
  readonly member: Asker;
  /** Was a member. */
  readonly former: Asker;
  readonly teamKey: Asker;
  readonly teamKeyPlain: Asker;
  readonly partner: Asker;
  readonly partnerPlain: Asker;
  readonly revoked: Asker;
  /** The key of a model that it supplies. */
  readonly suppliedModel: string;
  readonly grants: readonly Uuid[];
  readonly capId: Uuid;
  readonly purse: Purse;
  readonly quote: string;
  readonly charges: OfEach;
  /** Open. */
  readonly holds: OfEach;
  /** Running, each with a charge and a hold. */
  readonly runs: OfEach;
  /** Running, each with a paid hour. */
  readonly deployments: OfEach;
}

/** The kinds of ids of what belongs to a team. */
export type IdName =
  | 'team'
  | 'user'
  | 'apiKey'
  | 'grant'
  | 'charge'
  | 'entry'
  | 'hold'
  | 'run'
  | 'quote'
  | 'cap'
  | 'deployment'
  | keyof Purse;

/** The public ids of a team's things, by what they are. */
export function idsOf(tenant: Tenant): Readonly<Record<IdName, string>> {
  return {
    team: publicId('team', tenant.teamId),
    user: publicId('user', tenant.member.id),
    apiKey: publicId('apiKey', tenant.revoked.id),
    grant: publicId('grant', tenant.grants[0] ?? ''),
    charge: tenant.charges.owner,
    entry: entryId(tenant.teamId, 1n),
    hold: tenant.holds.owner,
    run: tenant.runs.owner,
    quote: tenant.quote,
    cap: publicId('cap', tenant.capId),
    deployment: tenant.deployments.owner,
    ...tenant.purse,
  };
}

/** Ids that nothing has. */
export function unknownIds(): Readonly<Record<IdName, string>> {
  return {
    team: publicId('team', newUuid()),
    user: publicId('user', newUuid()),
    apiKey: publicId('apiKey', newUuid()),
    grant: publicId('grant', newUuid()),
    charge: publicId('charge', newUuid()),
    entry: entryId(newUuid(), 1n),
    hold: publicId('hold', newUuid()),
    run: publicId('run', newUuid()),
    quote: publicId('quote', newUuid()),
    cap: publicId('cap', newUuid()),
    deployment: publicId('deployment', newUuid()),
    paymentMethod: publicId('paymentMethod', newUuid()),
    askingCard: publicId('paymentMethod', newUuid()),
    topUp: publicId('topUp', newUuid()),
    payment: publicId('payment', newUuid()),
    refund: publicId('refund', newUuid()),
    dispute: publicId('dispute', newUuid()),
    subscription: publicId('subscription', newUuid()),
    mail: publicId('mail', newUuid()),
    rechargeAttempt: publicId('rechargeAttempt', newUuid()),
  };
}
