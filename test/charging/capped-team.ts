import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type Cap, capUsedAt } from '../../src/charging/cap.ts';
import { CAP_CHECKS } from '../../src/charging/cap-checks.ts';
import { capsOfTeams } from '../../src/charging/cap-rows.ts';
import type { PlaceHold, SettleHold } from '../../src/charging/hold.ts';
import { type SetSpendCap, type SpendCapSet, setSpendCap } from '../../src/charging/set-spend-cap.ts';
import type { Clock } from '../../src/clock.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { canonicalJson, digest16 } from '../../src/db/idempotency.ts';
import { parseDecimal } from '../../src/decimal.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { parseCredits } from '../../src/money.ts';
import { type World, worldOn } from '../support/world.ts';
import { newKey, newTeam } from '../teams/people.ts';

export const ONE = parseCredits('1');

/** A team with credit, whose member uses its key for a model that costs a credit a request. */
export interface CappedTeam {
  readonly world: World;
  readonly teamId: Uuid;
  readonly memberId: Uuid;
  readonly apiKeyId: Uuid;
  readonly model: string;
  readonly modelId: Uuid;
  set(cap: Partial<SetSpendCap>): Promise<SpendCapSet>;
  /** Those of a day first. */
  caps(): Promise<Cap[]>;
  /** Its only cap. */
  cap(): Promise<Cap>;
  /** What counts against its only cap now. */
  used(): Promise<bigint>;
}

export async function cappedTeam(db: Db, clock: Clock, credits = '1000'): Promise<CappedTeam> {
  const world = worldOn(db, clock);
  const { teamId, owner: memberId } = await newTeam(db);
  const { keyId: apiKeyId } = await newKey(db, { type: 'TEAM', teamId });
  const model = `model-${newUuid()}`;
  const modelId = await world.model(model, { REQUEST: '1' });
  await world.grant(teamId, credits);
  const caps = async () => {
    const found = (await capsOfTeams(db, [teamId])).get(teamId) ?? [];
    return found.sort((a, b) => (a.period < b.period ? -1 : 1));
  };
  const cap = async () => {
    const [only] = await caps();
    if (!only) throw new Error('the team has no cap');
    return only;
  };
  return {
    world,
    teamId,
    memberId,
    apiKeyId,
    model,
    modelId,
    set: (input) => {
      const of = { subject: 'MEMBER', subjectId: memberId, period: 'DAY', limitNano: 20n * ONE } as const;
      const full: SetSpendCap = { teamId, ...of, ...input };
      return inTransaction(db, (tx) => setSpendCap(tx, full, SYSTEM_ACTOR, clock.now()));
    },
    caps,
    cap,
    used: async () => capUsedAt(await cap(), clock.now().getTime()),
  };
}

/** What the product's own audit finds wrong with the caps of the team. */
export async function capFaults({ world: { db }, teamId }: CappedTeam): Promise<unknown[]> {
  const found = CAP_CHECKS.map(
    ({ violations }) => db.sql`select * from (${violations(db)}) as v where v.team_id = ${teamId}`,
  );
  return (await Promise.all(found)).flat();
}

type Attribution = Pick<PlaceHold, 'memberId' | 'apiKeyId'>;

/** A hold of so many requests to the team's model. */
export function placeHold(team: CappedTeam, requests: number, attribution: Attribution): PlaceHold {
  return {
    what: 'PLACE_HOLD',
    teamId: team.teamId,
    ...keyed({ requests }),
    modelKey: team.model,
    quantities: new Map([['REQUEST', parseDecimal(String(requests))]]),
    params: new Map(),
    lifeMs: 900_000,
    actor: SYSTEM_ACTOR,
    ...attribution,
  };
}

/** Settles a hold for so many requests. */
export function settleHold({ teamId }: CappedTeam, holdId: Uuid, requests: number): SettleHold {
  return {
    what: 'SETTLE_HOLD',
    teamId,
    holdId,
    ...keyed({ requests }),
    quantities: new Map([['REQUEST', parseDecimal(String(requests))]]),
    params: new Map(),
    whenShort: 'TAKE_AVAILABLE',
    actor: SYSTEM_ACTOR,
  };
}

function keyed(request: object) {
  return { keyDigest: digest16(newUuid()), requestDigest: digest16(canonicalJson(request)) };
}
