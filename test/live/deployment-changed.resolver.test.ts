import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import type { Role } from '../../src/teams/permissions.ts';
import { useDatabase } from '../support/database.ts';
import { instanceType } from '../usage/hour-charges.ts';
import { addDeployment, writeEvents } from './deployment-log.ts';
import { liveServer } from './live-server.ts';
import { audienceOf, codeOf, ranges, start, take } from './subscribing.ts';

const database = useDatabase();
const deploymentId = (id: Uuid) => `, deploymentId: "${publicId('deployment', id)}"`;

/** A team with two deployments. */
async function setting() {
  const server = liveServer(database);
  const { world, db } = server;
  const typeId = await instanceType(world, database.ownerDb, '1.8');
  const teamId = await world.team();
  const [mine, other] = [await addDeployment(db, teamId, typeId), await addDeployment(db, teamId, typeId)];
  return { server, world, db, teamId, typeId, mine, other };
}

describe('deploymentChanged', () => {
  test('shows every event, complete, with the deployment as it is now', async () => {
    const { server, db, teamId, mine, other } = await setting();
    const source = `subscription { deploymentChanged(teamId: "${publicId('team', teamId)}", after: "0") {
      fromSeq seq kind events { seq kind status replicas instanceTypeKey deploymentId deployment { id status } } } }`;
    const events = take(await start(server, source), 1);
    await writeEvents(db, teamId, mine, other);
    const shown = (seq: string, id: Uuid) => ({
      seq,
      kind: 'SCALED',
      status: 'RUNNING',
      replicas: 2,
      instanceTypeKey: 'gpu-s',
      deploymentId: publicId('deployment', id),
      deployment: { id: publicId('deployment', id), status: 'CREATED' },
    });
    expect(await events).toEqual([
      {
        deploymentChanged: {
          fromSeq: '1',
          seq: '2',
          kind: 'CHANGE',
          events: [shown('1', mine), shown('2', other)],
        },
      },
    ]);
  });

  test('of one deployment leaves the events of others out, and counts their numbers all the same', async () => {
    const { server, db, teamId, mine, other } = await setting();
    await writeEvents(db, teamId, other, mine, other);
    const source = `subscription { deploymentChanged(teamId: "${publicId('team', teamId)}"${deploymentId(mine)}, after: "0") {
      fromSeq seq events { seq } } }`;
    const events = take(await start(server, source), 3);
    await writeEvents(db, teamId, other);
    await writeEvents(db, teamId, mine);
    const change = (fromSeq: string, seq: string, ...seqs: string[]) => ({
      deploymentChanged: { fromSeq, seq, events: seqs.map((one) => ({ seq: one })) },
    });
    expect(await events).toEqual([change('1', '3', '2'), change('4', '4'), change('5', '5', '5')]);
  });

  test('is refused before it begins to whom the deployments do not concern', async () => {
    const { server, world, teamId, typeId, mine } = await setting();
    const foreign = await addDeployment(server.db, await world.team(), typeId);
    const user: Actor = { kind: 'USER', userId: newUuid() };
    const key = (keyType: 'TEAM' | 'PARTNER', scopes: string[], of: Uuid): Actor => ({
      kind: 'KEY',
      keyId: newUuid(),
      keyType,
      scopes,
      teamId: of,
    });
    const open = (args = '', actor?: Actor, role?: Role) =>
      start(server, ranges(teamId, 'deploymentChanged', args), actor, role);
    const codes = [
      await open('', { kind: 'ANONYMOUS' }),
      await open('', user),
      await open('', key('TEAM', [], newUuid())),
      await open('', key('PARTNER', [], teamId)),
      await open(', after: "1"'),
      await open(deploymentId(foreign)),
      await open(deploymentId(newUuid())),
      await open(`, deploymentId: "${publicId('charge', mine)}"`),
      await start(server, ranges(newUuid(), 'deploymentChanged')),
      await open(deploymentId(mine)),
      await open('', user, 'MEMBER'),
      await open('', key('TEAM', [], teamId)),
      await open('', key('PARTNER', ['deployments:read'], teamId)),
    ].map(codeOf);
    const refused = [
      'UNAUTHENTICATED',
      'NOT_FOUND',
      'NOT_FOUND',
      'FORBIDDEN',
      'BAD_USER_INPUT',
      'NOT_FOUND',
      'NOT_FOUND',
      'BAD_USER_INPUT',
      'NOT_FOUND',
    ];
    expect(codes).toEqual([...refused, ...Array(4).fill('STARTED')]);
  });

  test('is shared by owners and by admins, and not by members: what a deployment costs one sees and another does not', async () => {
    const { server, teamId } = await setting();
    const user = (): Actor => ({ kind: 'USER', userId: newUuid() });
    const of = (role: Role) => audienceOf(server, 'deploymentChanged', teamId, user(), role);
    expect(await of('OWNER')).toBe(await of('OWNER'));
    expect(await of('OWNER')).not.toBe(await of('ADMIN'));
    expect(await of('MEMBER')).toBeUndefined();
  });
});
