import type { GraphQLSchema } from 'graphql';
import { publicId, type Uuid } from '../../src/id.ts';
import { formatCredits } from '../../src/money.ts';
import {
  ACTORS,
  type ActorName,
  type Audience,
  BILLING,
  DEPLOYMENTS,
  expectedAnswer,
  MANAGE,
  MEMBERS,
  TEAM,
  USAGE,
} from './access-oracle.ts';
import { ask, type HttpAnswer, type RunningApp } from './app-over-http.ts';
import { FRESH, freshOfNobody } from './fresh.ts';
import type { Sampling } from './id-places.ts';
import { type Operation, OperationWriter, type Step, type WrittenOperation } from './operations.ts';
import { Payer } from './payer.ts';
import { Platform } from './platform.ts';
import { idsOf, type OfEach, type Tenant, Tenants, unknownIds, WORKERS, type Worker } from './tenants.ts';

/** How deep the operations of each kind ask. */
export const DEPTH = { Query: 4, Mutation: 3, Subscription: 4 } as const;

const ANONYMOUS = undefined;
const SENT = /[a-z]+_[0-9a-z]{26,39}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const PEOPLE: readonly ActorName[] = ['owner', 'admin', 'member', 'outsider', 'former'];

/** Two teams, and everybody who may ask about the first: its own, those of the second, and those of neither. */
export interface IsolationSetting {
  readonly tenants: Tenants;
  /** The team that is asked about. */
  readonly asked: Tenant;
  readonly other: Tenant;
  readonly platform: Platform;
  readonly payer: Payer;
  readonly credentials: ReadonlyMap<ActorName, string | undefined>;
}

export async function isolationSetting(app: RunningApp): Promise<IsolationSetting> {
  const tenants = new Tenants(app);
  await tenants.catalog();
  const { authorization } = await tenants.key('PLATFORM', 'gateway');
  const platform = new Platform(app, authorization);
  const platformPlain = await tenants.key('PLATFORM', 'plain gateway', undefined, []);
  const operator = await tenants.key('OPERATOR', 'operator');
  const payer = new Payer(app, operator.authorization);
  const asked = await tenants.team(platform, payer);
  const other = await tenants.team(platform, payer);
  const askers = {
    ...asked,
    ...{ platform, platformPlain, operator },
    ...{ outsider: other.owner, outsiderKey: other.teamKey },
  };
  const credentials = new Map(
    ACTORS.map((actor) => [actor, actor === 'anonymous' ? ANONYMOUS : askers[actor].authorization]),
  );
  return { tenants, asked, other, platform, payer, credentials };
}

/** The ids of a team as this actor would use them: of its charges, holds and runs, one of their own. */
export function samplingOf(
  setting: IsolationSetting,
  tenant: Tenant,
  actor: ActorName,
  instead?: Sampling['instead'],
): Sampling {
  const { suppliedModel, charges, holds, runs } = tenant;
  const own = isWorker(actor) && { charge: charges[actor], hold: holds[actor], run: runs[actor] };
  return {
    ids: { ...idsOf(tenant), ...own },
    suppliedModel,
    fresh: (what) => FRESH[what].make(setting, tenant),
    isKey: !PEOPLE.includes(actor),
    ...(instead && { instead }),
  };
}

/** Ids that nothing has, in all places. */
export function samplingOfNothing(actor: ActorName, instead?: Sampling['instead']): Sampling {
  const ids = unknownIds();
  return {
    ids,
    suppliedModel: 'model-of-nobody',
    fresh: async (what) => freshOfNobody(what, ids),
    isKey: !PEOPLE.includes(actor),
    ...(instead && { instead }),
  };
}

function isWorker(actor: ActorName): actor is Worker {
  return WORKERS.some((worker) => worker === actor);
}

/**
 * The same answer with every id and key that was sent as one word, and without the instant of a balance, so that answers
 * can be compared.
 */
export function withoutIds({ text }: HttpAnswer, { variables }: Operation): string {
  const sent = JSON.stringify(variables).match(SENT) ?? [];
  return sent.reduce((answer, id) => answer.replaceAll(id, '(id)'), text.replace(/"asOf":"[^"]+",?/g, ''));
}

/** An operation that asks for everything that this actor should get through these steps. */
export function operationFor(
  schema: GraphQLSchema,
  steps: readonly Step[],
  actor: ActorName,
  sampling: Sampling,
  depth: number,
): Promise<WrittenOperation> {
  const wanted = (name: string) => expectedAnswer([name], actor) === 'YES';
  return new OperationWriter(schema, sampling, wanted).write(steps, depth);
}

export function send(
  { tenants, credentials }: IsolationSetting,
  actor: ActorName,
  { query, variables }: Operation,
): Promise<HttpAnswer> {
  return ask(tenants.app, credentials.get(actor), query, variables);
}

/** Calls a mutation with an input, for what it refuses. */
export function mutate(
  setting: IsolationSetting,
  actor: ActorName,
  name: string,
  type: string,
  input: object,
): Promise<HttpAnswer> {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code message path } } }`;
  return send(setting, actor, { query, variables: { input } });
}

/** YES, or the code of the first error. */
export function answerOf({ body }: HttpAnswer): string {
  const [error] = body.errors ?? [];
  if (error) return String(error.extensions.code);
  return body.data && Object.values(body.data).every((value) => value !== null) ? 'YES' : 'NOTHING';
}

/** Everything of the asked team that may not be in an answer to this actor. */
export async function secretsFrom({ tenants, asked }: IsolationSetting, actor: ActorName): Promise<string[]> {
  const [wallet] = await tenants.app.database.db.sql<{ available_nano: bigint; prepaid_nano: bigint }[]>`
    select available_nano, prepaid_nano from wallets where team_id = ${asked.teamId}`;
  const { mark } = asked;
  const money = [
    ...[wallet?.available_nano ?? 0n, wallet?.prepaid_nano ?? 0n].map(formatCredits),
    ...['9', '5', '3', '2'].map((whole) => `${whole}${asked.amount}`),
    ...asked.grants.map((id) => publicId('grant', id)),
    ...Object.values(asked.purse),
    asked.paid,
  ];
  const usage = [asked.charges, asked.holds, asked.runs];
  const secrets: [Audience, string[]][] = [
    [TEAM, Object.values(idsOf(asked)).concat(`team-${mark}`)],
    [MEMBERS, ['owner', 'admin', 'member', 'former'].map((who) => `${who}-${mark}`)],
    [MANAGE, ['team-key', 'plain-key', 'revoked-key'].map((key) => `${key}-${mark}`)],
    [MANAGE, await clientSecrets(tenants, asked.teamId)],
    [BILLING, money],
    [USAGE, usage.flatMap((ids) => Object.values(ids))],
    [DEPLOYMENTS, Object.values(asked.deployments)],
  ];
  const hidden = secrets.flatMap(([audience, texts]) => (audience[actor] === 'YES' ? [] : texts));
  return [...hidden, ...usage.flatMap((ids) => ofOthers(ids, actor))].filter(
    (text) => !isOwn(text, actor, mark),
  );
}

/** With these somebody could pay. */
async function clientSecrets({ app }: Tenants, teamId: Uuid): Promise<string[]> {
  const rows = await app.database.db.sql<{ secret: string }[]>`
    select client_secret as secret from top_ups where team_id = ${teamId} and client_secret is not null
    union all
    select client_secret from subscriptions where team_id = ${teamId} and client_secret is not null`;
  return rows.map(({ secret }) => secret);
}

/** What members and keys of the team may not see although they may see their own. */
function ofOthers(ids: OfEach, actor: ActorName): string[] {
  if (!isWorker(actor) || actor === 'owner') return [];
  return WORKERS.filter((worker) => worker !== actor).map((worker) => ids[worker]);
}

/** Everybody may see their own name. */
function isOwn(text: string, actor: ActorName, mark: string): boolean {
  const own: Partial<Record<ActorName, string>> = {
    former: 'former',
    teamKey: 'team-key',
    teamKeyPlain: 'plain-key',
  };
  return text === `${own[actor]}-${mark}`;
}
