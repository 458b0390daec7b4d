import { randomInt } from 'node:crypto';
import { SYSTEM_ACTOR } from '../actor.ts';
import type { Catalog } from '../catalog/catalog-cache.ts';
import type { Meter } from '../catalog/meters.ts';
import type { Batcher } from '../charging/batcher.ts';
import type { ChargeRefusal } from '../charging/charge.ts';
import type { HoldRequest, HoldResult } from '../charging/hold.ts';
import { placeRequest, releaseRequest, reportRequest, settleRequest } from '../charging/hold-item.ts';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import type { Decimal } from '../decimal.ts';
import { issueGrant } from '../grants/issue.ts';
import { newUuid, publicId, type Uuid } from '../id.ts';
import { balanceOf } from '../ledger/balance.ts';
import { Loop, type LoopLog } from '../loop.ts';
import { parseCredits } from '../money.ts';
import { recordUsage } from '../usage/record-usage.ts';
import type { DemoTeam } from './demo-data.ts';
import { scaleDemoDeployment, startDemoDeployments } from './demo-deployments.ts';
import { DEMO_EMBEDDING, DEMO_MODEL } from './demo-grants.ts';

const REST_MS = 2_000;
const DAY_MS = 86_400_000;
const LOW_NANO = parseCredits('5');
const TOP_UP_NANO = parseCredits('10');
/** What a streamed answer may take at most: what is held for it. */
const LONGEST_ANSWER = 2_000;
const REPORTS = 4;
/** Steps. */
const SCALE_EVERY = 15;

export interface DemoTrafficServices {
  readonly db: Db;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly batcher: Batcher;
}

/** An answer that is being streamed: credit is held for it. */
interface Stream {
  readonly holdId: string;
  readonly tokens: number;
  readonly reports: number;
}

/** Lets the demo's team run deployments, and use its models every two seconds. @see DemoTraffic */
export function demoTraffic(services: DemoTrafficServices, team: DemoTeam, log: LoopLog): Loop {
  const traffic = new DemoTraffic(services, team);
  return new Loop(() => traffic.step(), { name: 'demo traffic', restMs: REST_MS, log });
}

/**
 * What the demo's team uses, as a gateway would report it: small requests, and one answer at a time that is streamed
 * under a hold. Its deployments are started at the first step, and one of them is scaled now and then. All that costs a
 * few credits an hour; when credit runs low, some is given, so that it never stops.
 */
export class DemoTraffic {
  private stream: Stream | undefined;
  private steps = 0;
  private scaledId: Uuid | undefined;
  private readonly teamId: string;
  private readonly memberId: string;

  constructor(
    private readonly services: DemoTrafficServices,
    private readonly team: DemoTeam,
  ) {
    this.teamId = publicId('team', team.teamId);
    this.memberId = publicId('user', team.userId);
  }

  /** One request, and the next of what an answer sends. Does nothing when there is no such team. */
  async step(): Promise<undefined> {
    if (!(await this.keepInCredit())) return;
    this.steps += 1;
    if (this.steps === 1) await this.deploy();
    if (this.steps % SCALE_EVERY === 0) await this.scale();
    await this.use();
    this.stream = this.stream ? await this.goOn(this.stream) : await this.begin();
  }

  /** Answers whether there is such a team. */
  private async keepInCredit(): Promise<boolean> {
    const { db, clock } = this.services;
    const { teamId } = this.team;
    const now = clock.now();
    const balance = await balanceOf(db, teamId, now);
    if (!balance) return false;
    if (balance.balances.unrestrictedNano >= LOW_NANO) return true;
    const grant = {
      teamId,
      kind: 'PROMOTIONAL',
      source: 'GOODWILL',
      amountNano: TOP_UP_NANO,
      expiresAt: new Date(now.getTime() + 30 * DAY_MS),
      reason: 'the demo goes on',
      idempotencyKey: `demo-traffic-${newUuid()}`,
    } as const;
    await inTransaction(db, (tx) => issueGrant(tx, grant, SYSTEM_ACTOR, now));
    return true;
  }

  private async deploy(): Promise<void> {
    this.scaledId = await startDemoDeployments(this.services.db, this.services, this.team);
  }

  private async scale(): Promise<void> {
    const { scaledId } = this;
    if (scaledId) await scaleDemoDeployment(this.services.db, this.services, this.team, scaledId);
  }

  private async use(): Promise<void> {
    const { teamId, memberId } = this;
    const isEmbedding = randomInt(4) === 0;
    const item = {
      idempotencyKey: `demo-${newUuid()}`,
      teamId,
      memberId,
      model: isEmbedding ? DEMO_EMBEDDING : DEMO_MODEL,
      quantities: isEmbedding
        ? [quantity('INPUT_TOKEN', randomInt(1_000, 8_000))]
        : [quantity('INPUT_TOKEN', randomInt(100, 600)), quantity('OUTPUT_TOKEN', randomInt(10, 90))],
      tags: [{ name: 'app', value: isEmbedding ? 'search' : 'assistant' }],
    };
    await recordUsage(this.services.batcher, [item], SYSTEM_ACTOR);
  }

  private async begin(): Promise<Stream | undefined> {
    const { teamId, memberId } = this;
    const item = {
      idempotencyKey: `demo-${newUuid()}`,
      teamId,
      memberId,
      model: DEMO_MODEL,
      quantities: [quantity('OUTPUT_TOKEN', LONGEST_ANSWER)],
      tags: [{ name: 'app', value: 'writer' }],
    };
    const placed = await this.ask(placeRequest(item, SYSTEM_ACTOR));
    return placed?.ok ? { holdId: publicId('hold', placed.hold.id), tokens: 0, reports: 0 } : undefined;
  }

  /** Reports some more tokens, and settles the hold in the end; now and then somebody does not wait for that. */
  private async goOn(stream: Stream): Promise<Stream | undefined> {
    const tokens = stream.tokens + randomInt(20, 120);
    const about = { teamId: this.teamId, holdId: stream.holdId };
    const usage = { ...about, quantities: [quantity('OUTPUT_TOKEN', tokens)] };
    if (stream.reports < REPORTS) {
      const told = await this.ask(reportRequest(usage, SYSTEM_ACTOR));
      const isOpen = told?.ok && !told.alreadyResolved;
      return isOpen ? { holdId: stream.holdId, tokens, reports: stream.reports + 1 } : undefined;
    }
    const settle = { ...usage, idempotencyKey: stream.holdId };
    await this.ask(
      randomInt(8) === 0 ? releaseRequest(about, SYSTEM_ACTOR) : settleRequest(settle, SYSTEM_ACTOR),
    );
    return undefined;
  }

  private async ask(request: HoldRequest | ChargeRefusal): Promise<HoldResult | undefined> {
    if (!('what' in request)) throw new Error(`The demo sends what has no form: ${request.message}`);
    const [result] = await this.services.batcher.holds([request]);
    return result;
  }
}

function quantity(meter: Meter, count: number): { meter: Meter; quantity: Decimal } {
  return { meter, quantity: { coefficient: BigInt(count), scale: 0 } };
}
