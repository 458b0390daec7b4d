import { expect, test } from 'vitest';
import { inTransaction } from '../../src/db/client.ts';
import type { Uuid } from '../../src/id.ts';
import { AccessWatch } from '../../src/teams/access-watch.ts';
import { revokeApiKey } from '../../src/teams/keys.ts';
import { removeMember, updateMemberRole } from '../../src/teams/memberships.ts';
import { useDatabase } from '../support/database.ts';
import { asUser, at, newKey, newTeam, SYSTEM } from './people.ts';

const database = useDatabase();

/** Who is connected, and what they were told. */
class Door {
  readonly told: string[] = [];
  constructor(
    readonly keys: Uuid[],
    readonly users: Uuid[],
  ) {}
  connectedKeys = () => this.keys;
  connectedUsers = () => this.users;
  revoke = (keyId: Uuid) => {
    this.told.push(`revoked ${keyId}`);
  };
  judgeAgain = async (userId: Uuid) => {
    this.told.push(`judged ${userId}`);
  };
}

/** Two connected keys and two connected users, in one team. */
async function connected() {
  const { teamId, owner, others } = await newTeam(database.db, 'ADMIN', 'MEMBER');
  const [admin = '', member = ''] = others;
  const [one, other] = [await newKey(database.db), await newKey(database.db)];
  return {
    teamId,
    owner,
    admin,
    member,
    key: one.keyId,
    door: new Door([one.keyId, other.keyId], [admin, member]),
  };
}

test('what this process changes is felt at once', async () => {
  const { teamId, owner, admin, key, door } = await connected();
  const watch = new AccessWatch(database.db, door);
  await inTransaction(database.db, (tx) => revokeApiKey(tx, { keyId: key }, SYSTEM, at));
  await inTransaction(database.db, (tx) => removeMember(tx, { teamId, userId: admin }, asUser(owner), at));
  expect(door.told).toEqual([`revoked ${key}`, `judged ${admin}`]);
  watch.close();
  await inTransaction(database.db, (tx) => revokeApiKey(tx, { keyId: door.keys[1] ?? '' }, SYSTEM, at));
  expect(door.told).toHaveLength(2);
});

test('what another process changes is found by looking, once', async () => {
  const { teamId, owner, admin, member, key, door } = await connected();
  const watch = new AccessWatch(database.db, door);
  await watch.look();
  // Who is new is judged once: a change may have come between their first judgement and this look.
  expect(door.told.splice(0).sort()).toEqual([`judged ${admin}`, `judged ${member}`].sort());
  await watch.look();
  expect(door.told).toEqual([]);

  const elsewhere = database.ownerDb;
  await inTransaction(elsewhere, (tx) => revokeApiKey(tx, { keyId: key }, SYSTEM, at));
  const demoted = { teamId, userId: admin, role: 'MEMBER' } as const;
  await inTransaction(elsewhere, (tx) => updateMemberRole(tx, demoted, asUser(owner), at));
  await inTransaction(elsewhere, (tx) => removeMember(tx, { teamId, userId: member }, asUser(owner), at));
  await watch.look();
  expect(door.told.splice(0).sort()).toEqual(
    [`judged ${admin}`, `judged ${member}`, `revoked ${key}`].sort(),
  );
  door.keys.splice(0);
  await watch.look();
  expect(door.told).toEqual([]);
  watch.close();
});

test('a revocation elsewhere is felt within a second while the watch runs', async () => {
  const { key, door } = await connected();
  const felt = Promise.withResolvers<number>();
  const watch = new AccessWatch(database.db, Object.assign(door, { revoke: () => felt.resolve(Date.now()) }));
  watch.start();
  const revokedAtMs = Date.now();
  await inTransaction(database.ownerDb, (tx) => revokeApiKey(tx, { keyId: key }, SYSTEM, at));
  expect((await felt.promise) - revokedAtMs).toBeLessThan(1000);
  watch.close();
});
