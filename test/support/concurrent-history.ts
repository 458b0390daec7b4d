import type { ChargeRequest, ChargeResult } from '../../src/charging/charge.ts';
import type { ChangeGrant } from '../../src/grants/issue.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import type { KeyedUsage, Step, Terms } from './concurrent-steps.ts';
import type { PricedModel } from './expected-payment.ts';
import type { Deed, Done, Poster } from './poster.ts';
import type { TermsChange } from './replayed-ledger.ts';
import { usage } from './world.ts';

/** One request that was answered. */
export interface Answer {
  readonly request: ChargeRequest;
  readonly result: ChargeResult;
  readonly model: PricedModel;
  /** The newest entry of the team that anybody had been told of when the request was sent. */
  readonly knownSeq: bigint;
}

/** What became of a deed; sent twice, both answers. */
export interface DeedAnswer {
  readonly deed: Deed;
  readonly done: readonly (Done | { readonly code: string })[];
}

export interface Setting {
  readonly posters: readonly Poster[];
  /** The time on the clock of each poster. */
  readonly clocks: number[];
  readonly teams: readonly Uuid[];
  /** Key and price of each model. */
  readonly models: readonly (PricedModel & { readonly key: string })[];
}

const SECOND = 1000;

/** Plays the steps of clients against several processes at the same time, and keeps what they were told. */
export class ConcurrentHistory {
  readonly answers: Answer[] = [];
  readonly deeds: DeedAnswer[] = [];
  readonly changes = new Map<Uuid, TermsChange[]>();
  private readonly seqs = new Map<Uuid, bigint>();
  private readonly grants = new Map<Uuid, Uuid[]>();
  private readonly expiring = new Map<Uuid, Uuid[]>();
  private readonly charges = new Map<Uuid, Uuid[]>();

  constructor(private readonly setting: Setting) {}

  async play(clients: readonly (readonly Step[])[]): Promise<void> {
    await Promise.all(clients.map((steps, client) => this.playOne(steps, client)));
  }

  private async playOne(steps: readonly Step[], client: number): Promise<void> {
    for (const step of steps) await this.act(step, client % this.setting.posters.length);
  }

  private async act(step: Step, index: number): Promise<void> {
    const poster = this.poster(index);
    if (step.what === 'SWEEP') return poster.sweep();
    if (step.what === 'ADVANCE') {
      await poster.advance(step.seconds * SECOND);
      this.setting.clocks[index] = this.nowMs(index) + step.seconds * SECOND;
      return;
    }
    if (step.what === 'CHARGE') return this.charge(poster, step.team, step.usages);
    const teamId = at(this.setting.teams, step.team);
    const deed = this.deedOf(step, teamId, index);
    if (deed) await this.perform(deed, step.twice ? [index, index + 1] : [index]);
  }

  private async charge(poster: Poster, team: number, usages: readonly KeyedUsage[]): Promise<void> {
    const sent = usages.map((one) => {
      const model = at(this.setting.models, one.key);
      const teamId = at(this.setting.teams, team + one.further);
      const knownSeq = this.seqs.get(teamId) ?? 0n;
      return { model, knownSeq, request: requestOf(teamId, model.key, one) };
    });
    const results = await poster.charge(sent.map(({ request }) => request));
    results.forEach((result, i) => {
      const { request, model, knownSeq } = at(sent, i);
      this.answers.push({ request, result, model, knownSeq });
      if (result.ok) push(this.charges, request.teamId, result.charge.id);
      this.learn(request.teamId, result.balance?.seq ?? 0n);
    });
  }

  private deedOf(step: DeedStep, teamId: Uuid, index: number): Deed | undefined {
    const common = { teamId, idempotencyKey: newUuid(), reason: 'history' };
    if (step.what === 'ISSUE')
      return { what: 'ISSUE', input: { ...common, ...this.termsOf(step.terms, index) } };
    if (step.what === 'EXTEND') return this.extensionOf(step, common, index);
    if (step.what === 'REVERSE') {
      const chargeId = pick(this.charges.get(teamId), step.pick);
      return chargeId ? { what: 'REVERSE', teamId, input: { ...common, chargeId } } : undefined;
    }
    const grantId = pick(this.grants.get(teamId), step.pick);
    return grantId ? { what: 'VOID', input: { ...common, grantId } } : undefined;
  }

  private extensionOf(
    { pick: nth, bySeconds }: Extract<Step, { what: 'EXTEND' }>,
    common: Omit<ChangeGrant, 'grantId'>,
    index: number,
  ): Deed | undefined {
    const grantId = pick(this.expiring.get(common.teamId), nth);
    const expiresAt = bySeconds === null ? null : new Date(this.nowMs(index) + bySeconds * SECOND);
    return grantId ? { what: 'EXTEND', input: { ...common, grantId, expiresAt } } : undefined;
  }

  private termsOf(terms: Terms, index: number) {
    const amountNano = BigInt(terms.amount) * 1_000_000n + 7n;
    if (terms.prepaid) return { kind: 'PREPAID', source: 'PURCHASE', amountNano } as const;
    const startMs = this.nowMs(index) + terms.startsInSeconds * SECOND;
    const { product, gpuType, priority, model, lastsSeconds } = terms;
    const modelId = model === null ? null : at(this.setting.models, model).id;
    return {
      kind: 'PROMOTIONAL',
      source: 'GOODWILL',
      amountNano,
      priority,
      scope: { product, modelId, gpuType },
      ...(terms.startsInSeconds > 0 && { effectiveAt: new Date(startMs) }),
      ...(lastsSeconds !== null && { expiresAt: new Date(startMs + lastsSeconds * SECOND) }),
    } as const;
  }

  private async perform(deed: Deed, posters: readonly number[]): Promise<void> {
    const done = await Promise.all(posters.map((index) => this.poster(index).perform(deed).catch(codeOf)));
    this.deeds.push({ deed, done });
    const teamId = deed.what === 'REVERSE' ? deed.teamId : deed.input.teamId;
    for (const one of done) {
      if ('code' in one) continue;
      this.learn(teamId, one.afterSeq);
      if (one.replayed) continue;
      if (deed.what === 'ISSUE' && one.grantId) {
        push(this.grants, teamId, one.grantId);
        if (deed.input.expiresAt) push(this.expiring, teamId, one.grantId);
      }
      if (deed.what !== 'EXTEND') continue;
      const { grantId, expiresAt } = deed.input;
      push(this.changes, teamId, { grantId, expiresAt, afterSeq: one.afterSeq });
    }
  }

  private learn(teamId: Uuid, seq: bigint): void {
    if (seq > (this.seqs.get(teamId) ?? 0n)) this.seqs.set(teamId, seq);
  }

  private poster(index: number): Poster {
    return at(this.setting.posters, index);
  }

  private nowMs(index: number): number {
    return at(this.setting.clocks, index);
  }
}

type DeedStep = Exclude<Step, { what: 'CHARGE' | 'ADVANCE' | 'SWEEP' }>;

/** The same key is the same usage, so that any two clients may send the same request; `other` is another usage. */
function requestOf(teamId: Uuid, modelKey: string, { key, other }: KeyedUsage): ChargeRequest {
  const quantities = { REQUEST: 1 + (key % 3), INPUT_TOKEN: (key * 37) % 1000, OUTPUT_TOKEN: other ? 1 : 0 };
  return usage(teamId, modelKey, quantities, { idempotencyKey: `key-${key}`, afterTheFact: key % 5 === 0 });
}

function codeOf(error: unknown): { code: string } {
  if (error instanceof Error && 'code' in error && error.code !== 'DEFECT')
    return { code: String(error.code) };
  throw error;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}

function pick<T>(list: readonly T[] | undefined, index: number): T | undefined {
  return list && list.length > 0 ? list[index % list.length] : undefined;
}

function push<T>(lists: Map<Uuid, T[]>, teamId: Uuid, value: T): void {
  const list = lists.get(teamId);
  if (list) list.push(value);
  else lists.set(teamId, [value]);
}
