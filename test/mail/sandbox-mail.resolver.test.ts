import type { GraphQLSchema } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/actor.ts';
import { inTransaction } from '../../src/db/client.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { publicId, type Uuid } from '../../src/id.ts';
import { writeMail } from '../../src/mail/outbox.ts';
import { mailNodes, SandboxMailResolver } from '../../src/mail/sandbox-mail.resolver.ts';
import { ask } from '../charging/charge-api.ts';
import { key, member, operator } from '../grants/credit-api.ts';
import { useDatabase } from '../support/database.ts';
import { at, newTeam } from '../teams/people.ts';

const database = useDatabase();
const none = { enqueue: async () => undefined };
let teams: Uuid[];
let sandbox: GraphQLSchema;

function schema(isSandbox: boolean): GraphQLSchema {
  const services = { db: database.db, isSandbox };
  const instances = new Map<ResolverClass, object>([
    [SandboxMailResolver, new SandboxMailResolver(services)],
    [NodeResolver, new NodeResolver(mailNodes(services))],
  ]);
  return buildAppSchema([SandboxMailResolver, NodeResolver], instances);
}

beforeAll(async () => {
  teams = [(await newTeam(database.db)).teamId, (await newTeam(database.db)).teamId];
  sandbox = schema(true);
  for (const subject of ['one', 'two', 'three']) {
    for (const teamId of teams) {
      await inTransaction(database.db, (tx) =>
        writeMail(tx, { teamId, to: ['a@example.com'], subject, text: subject }, { jobs: none, now: at }),
      );
    }
  }
});

interface Listed {
  sandboxMail: {
    edges: { node: { id: string; subject: string; teamId: string } }[];
    pageInfo: { endCursor: string };
  };
}
const LIST = `query ($teamId: ID, $first: Int, $after: Cursor) {
  sandboxMail(teamId: $teamId, first: $first, after: $after) {
    edges { node { id subject teamId to text html status attachmentCount createdAt sentAt attempts error } } pageInfo { endCursor }
  } }`;
const list = (actor: Actor, variables: object, on = sandbox) =>
  ask<Listed>(on, database.db, actor, LIST, { ...variables });
const first = () => teams[0] ?? '';
const subjects = (data: Listed | null) => data?.sandboxMail.edges.map(({ node }) => node.subject);

describe('the mail of the sandbox', () => {
  test('is listed newest first, page by page, of one team or of all', async () => {
    const teamId = publicId('team', first());
    const page = await list(operator, { teamId, first: 2 });
    expect(subjects(page.data)).toEqual(['three', 'two']);
    const after = page.data?.sandboxMail.pageInfo.endCursor;
    expect(subjects((await list(operator, { teamId, first: 2, after })).data)).toEqual(['one']);
    expect(subjects((await list(operator, {})).data)).toEqual(['three', 'three', 'two', 'two', 'one', 'one']);
  });

  test('is shown to those who may see the billing of its team, and to nobody else', async () => {
    const teamId = publicId('team', first());
    const { db } = database;
    const may = [await member(db, first(), 'OWNER'), key('TEAM', ['billing:read'], first())];
    const other = teams[1] ?? '';
    const mayNot = [
      [await member(db, first(), 'MEMBER'), 'FORBIDDEN'],
      [key('TEAM', [], first()), 'FORBIDDEN'],
      [await member(db, other, 'OWNER'), 'NOT_FOUND'],
      [key('TEAM', ['billing:read'], other), 'NOT_FOUND'],
      [{ kind: 'ANONYMOUS' }, 'UNAUTHENTICATED'],
    ] as const;
    const { data } = await list(operator, { teamId });
    const id = data?.sandboxMail.edges[0]?.node.id;
    const node = (actor: Actor) =>
      ask<{ node: object | null }>(sandbox, db, actor, 'query ($id: ID!) { node(id: $id) { id } }', { id });
    for (const actor of may) {
      expect(subjects((await list(actor, { teamId })).data)).toEqual(['three', 'two', 'one']);
      expect((await list(actor, {})).errors).toEqual({ sandboxMail: 'FORBIDDEN' });
      expect((await node(actor)).data?.node).toEqual({ id });
    }
    for (const [actor, code] of mayNot) {
      expect((await list(actor, { teamId })).errors).toEqual({ sandboxMail: code });
      expect((await node(actor)).data?.node).toBeNull();
    }
  });

  test('is not there outside of sandbox mode', async () => {
    const { errors } = await list(operator, { teamId: publicId('team', first()) }, schema(false));
    expect(errors).toEqual({ sandboxMail: 'CONFLICT' });
  });
});
