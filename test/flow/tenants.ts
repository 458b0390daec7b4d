import { randomBytes } from 'node:crypto';
import type { Actor } from '../../src/actor.ts';
import { systemClock } from '../../src/clock.ts';
import { inTransaction, type Tx } from '../../src/db/client.ts';
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
import { ask, type RunningApp, userToken } from './app-over-http.ts';

/** Somebody with credentials. */
export interface Asker {
  /** The id of the user or key. */
  readonly id: Uuid;
  readonly authorization: string;
}

export const MODEL = 'model-of-all';
const SYSTEM: Actor = { kind: 'SYSTEM' };
const NO_ACTOR = { kind: 0, id: null } as const;

/** Makes what a test of many teams needs, by the product's own verbs. */
export class Tenants {
  constructor(readonly app: RunningApp) {}

  /** Runs a verb of the product, as the system. */
  do<T>(verb: (tx: Tx, now: Date) => Promise<T>): Promise<T> {
    return inTransaction(this.app.database.db, (tx) => verb(tx, systemClock.now()));
  }

  async user(name: string): Promise<Asker> {
    const id = await this.do((tx, now) => recordUser(tx, { subject: name, name }, now));
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

  async model(): Promise<Uuid> {
    return worldOn(this.app.database.db).model(MODEL, { REQUEST: '0.000001', OUTPUT_TOKEN: '1' });
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
    return this.do(async (tx, now) => (await issueGrant(tx, whole, NO_ACTOR, now)).grantId);
  }

  async member(teamId: Uuid, name: string, role: 'OWNER' | 'ADMIN' | 'MEMBER'): Promise<Asker> {
    const user = await this.user(name);
    await this.do((tx, now) => addMember(tx, { teamId, userId: user.id, role }, SYSTEM, now));
    return user;
  }

  /** Usage of one request, named for a member or key; the public id of its charge. */
  async charge(
    platform: Asker,
    teamId: Uuid,
    by: { memberId?: Uuid; apiKeyId?: Uuid } = {},
  ): Promise<string> {
    const item = {
      idempotencyKey: newUuid(),
      teamId: publicId('team', teamId),
      model: MODEL,
      quantities: [{ meter: 'REQUEST', quantity: 1 }],
      ...(by.memberId && { memberId: publicId('user', by.memberId) }),
      ...(by.apiKeyId && { apiKeyId: publicId('apiKey', by.apiKeyId) }),
      tags: [{ name: 'project', value: `of-${by.memberId ?? by.apiKeyId ?? teamId}` }],
    };
    const { body, text } = await ask(
      this.app,
      platform.authorization,
      'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { results { charge { id } } } }',
      { input: { items: [item] } },
    );
    const id = /"id":"(charge_[0-9a-z]+)"/.exec(text)?.[1];
    if (!id) throw new Error(`not charged: ${JSON.stringify(body)}`);
    return id;
  }

  /** Makes something that a mutation may use up. */
  async fresh({ teamId }: Tenant, platform: Asker, what: Fresh): Promise<string> {
    const name = `fresh-${newUuid()}`;
    if (what === 'newcomer') return publicId('user', (await this.user(name)).id);
    if (what === 'removable') return publicId('user', (await this.member(teamId, name, 'ADMIN')).id);
    if (what === 'teamKey') return publicId('apiKey', (await this.key('TEAM', name, teamId)).id);
    if (what === 'charge') return this.charge(platform, teamId);
    const expiresAt = new Date(systemClock.now().getTime() + 86_400_000);
    return publicId('grant', await this.grant(teamId, { expiresAt }));
  }

  /** A team with people, keys, grants and charges; all its names and amounts are found nowhere else. */
  async team(platform: Asker): Promise<Tenant> {
    const mark = randomBytes(5).toString('hex');
    const owner = await this.user(`owner-${mark}`);
    const input = { name: `team-${mark}`, idempotencyKey: newUuid(), ownerSubject: `owner-${mark}` };
    const { teamId } = await this.do((tx, now) =>
      createTeam(tx, input, SYSTEM, now, (inner, id, at) => openLedger(inner, id, at, 0n)),
    );
    const admin = await this.member(teamId, `admin-${mark}`, 'ADMIN');
    const member = await this.member(teamId, `member-${mark}`, 'MEMBER');
    const former = await this.member(teamId, `former-${mark}`, 'MEMBER');
    await this.do((tx, now) => removeMember(tx, { teamId, userId: former.id }, SYSTEM, now));
    const key = (type: 'TEAM' | 'PARTNER', name: string, scopes?: readonly string[]) =>
      this.key(type, `${name}-${mark}`, teamId, scopes);
    const teamKey = await key('TEAM', 'team-key');
    const teamKeyPlain = await key('TEAM', 'plain-key', []);
    const partner = await key('PARTNER', 'partner-key');
    const partnerPlain = await key('PARTNER', 'plain-partner-key', []);
    const revoked = await key('TEAM', 'revoked-key');
    await this.do((tx, now) => revokeApiKey(tx, { keyId: revoked.id, reason: mark }, SYSTEM, now));
    const amount = (Number.parseInt(mark, 16) % 9_000_000) + 1_000_000;
    const grants = [
      await this.grant(teamId, {
        kind: 'PREPAID',
        source: 'PURCHASE',
        amountNano: parseCredits(`9.${amount}`),
        reason: mark,
      }),
      await this.grant(teamId, {
        amountNano: parseCredits(`3.${amount}`),
        reason: mark,
        scope: { product: 'chat' },
      }),
    ];
    const voided = await this.grant(teamId, { amountNano: parseCredits(`2.${amount}`), reason: mark });
    const change = { teamId, grantId: voided, reason: mark, idempotencyKey: newUuid() };
    await this.do((tx, now) => voidGrant(tx, change, NO_ACTOR, now));
    const charges = {
      owner: await this.charge(platform, teamId, { memberId: owner.id }),
      member: await this.charge(platform, teamId, { memberId: member.id }),
      teamKey: await this.charge(platform, teamId, { apiKeyId: teamKey.id }),
      teamKeyPlain: await this.charge(platform, teamId, { apiKeyId: teamKeyPlain.id }),
    };
    const people = { owner, admin, member, former };
    const keys = { teamKey, teamKeyPlain, partner, partnerPlain, revoked };
    return { teamId, mark, amount: `.${amount}`, ...people, ...keys, grants: [...grants, voided], charges };
  }
}

export interface Tenant {
  readonly teamId: Uuid;
  /** In all names and reasons of the team. */
  readonly mark: string;
  /** The places of all its amounts, and so of its balance. */
  readonly amount: string;
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
  readonly grants: readonly Uuid[];
  /** A charge that each of them made. */
  readonly charges: Readonly<Record<'owner' | 'member' | 'teamKey' | 'teamKeyPlain', string>>;
}

/** Something of a team that nothing has been done to yet, by its public id. */
export type Fresh = 'newcomer' | 'removable' | 'teamKey' | 'grant' | 'charge';

/** The public ids of a team's things, by what they are. */
export function idsOf(tenant: Tenant): Readonly<Record<IdName, string>> {
  return {
    team: publicId('team', tenant.teamId),
    user: publicId('user', tenant.member.id),
    apiKey: publicId('apiKey', tenant.revoked.id),
    grant: publicId('grant', tenant.grants[0] ?? ''),
    charge: tenant.charges.owner,
    entry: entryId(tenant.teamId, 1n),
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
  };
}

/** The kinds of ids of what belongs to a team. */
export type IdName = 'team' | 'user' | 'apiKey' | 'grant' | 'charge' | 'entry';
