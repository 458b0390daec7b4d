import { Difference, expectSame } from './difference.ts';
import { ExpectedBooks, type PricedCharge } from './expected-books.ts';
import { expectedPriceNano, type PricedRequest } from './expected-price.ts';
import { creditsOf } from './fraction.ts';
import { type PriceFields, readPriceList } from './listed-prices.ts';
import type { ReportedCharge, ReportedRefusal, ReportedTeam } from './reported.ts';

/** A request as it was reported to the API. */
export interface SentRequest extends PricedRequest {
  readonly line: number;
  readonly team: number;
  readonly model: string;
}

export interface RecomputeInput {
  readonly traceText: string;
  readonly pricesText: string;
  readonly requests: readonly SentRequest[];
  /** In the order in which requests number them. */
  readonly teams: readonly ReportedTeam[];
  /** What was answered: the charge of each line that was charged … */
  readonly chargeByLine: ReadonlyMap<number, string>;
  /** … and what was refused for lack of credit. */
  readonly refusals: readonly ReportedRefusal[];
}

/** What agreed, and the first thing that did not. */
export interface Recomputed {
  readonly charges: number;
  readonly draws: number;
  readonly refusals: number;
  readonly teams: number;
  readonly totalNano: bigint;
  readonly difference?: string;
}

/** The name of the tag that tells the line of the trace. */
export const LINE_TAG = 'trace-line';

/**
 * Works out everything that was charged from the trace, the price list, the grants and the order of the entries, with
 * code of its own: each price, what each grant paid of it, each balance in between and at the end, each refusal.
 */
export function recompute(input: RecomputeInput): Recomputed {
  const recomputation = new Recomputation(input);
  try {
    recomputation.run();
    return recomputation.agreed();
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    return { ...recomputation.agreed(), difference: error.message };
  }
}

interface Expected extends SentRequest {
  readonly costNano: bigint;
  readonly product: string;
}

class Recomputation {
  private readonly expected: ReadonlyMap<number, Expected>;
  private readonly prices: ReadonlyMap<string, PriceFields>;
  private readonly chargeByLine = new Map<number, string>();
  private readonly count = { charges: 0, draws: 0, refusals: 0, teams: 0 };
  private totalNano = 0n;

  constructor(private readonly input: RecomputeInput) {
    this.prices = readPriceList(input.pricesText);
    const lines = input.traceText.split('\n');
    this.expected = new Map(
      input.requests.map((request) => [request.line, this.expect(request, lines[request.line - 1] ?? '')]),
    );
  }

  run(): void {
    const refusals = this.refusalsByTeam();
    for (const [index, team] of this.input.teams.entries()) {
      try {
        this.checkTeam(index, team, refusals.get(index) ?? []);
      } catch (error) {
        throw error instanceof Difference ? new Difference(`${team.id}: ${error.message}`) : error;
      }
    }
    for (const [line, id] of this.input.chargeByLine) {
      const reported = this.chargeByLine.get(line) ?? 'none';
      if (reported !== id)
        throw new Difference(`line ${line} was answered with ${id}, the list has ${reported}`);
    }
  }

  agreed(): Recomputed {
    return { ...this.count, totalNano: this.totalNano };
  }

  private expect(request: SentRequest, traceLine: string): Expected {
    const fields = this.prices.get(request.model) ?? new Map();
    const [, context, generated] = traceLine.trim().split(',').map(Number);
    const tokens = { input: 0, output: 0 };
    for (const [meter, quantity] of request.quantities) {
      tokens[/OUTPUT|REASONING/.test(meter) ? 'output' : 'input'] += quantity;
    }
    if (tokens.input !== context || tokens.output !== generated) {
      throw new Error(`Line ${request.line} was planned with other tokens than the trace has: ${traceLine}`);
    }
    return { ...request, costNano: expectedPriceNano(fields, request), product: fields.get('mode') ?? '' };
  }

  private refusalsByTeam(): Map<number, ReportedRefusal[]> {
    const byTeam = Map.groupBy(this.input.refusals, ({ line }) => this.expected.get(line)?.team ?? -1);
    for (const refusals of byTeam.values()) {
      refusals.sort((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)) || Date.parse(a.at) - Date.parse(b.at));
    }
    return byTeam;
  }

  private checkTeam(index: number, team: ReportedTeam, refusals: readonly ReportedRefusal[]): void {
    const charges = team.charges.map((charge) => this.checkCharge(index, charge));
    const posted = charges.filter(({ charge }) => charge.firstSeq !== null);
    const books = new ExpectedBooks(
      team.grants,
      new Map(posted.map((charge) => [charge.charge.firstSeq ?? '', charge])),
    );
    let next = 0;
    const refuseUpTo = (seq: bigint) => {
      for (let one = refusals[next]; one && BigInt(one.seq) <= seq; one = refusals[++next]) {
        this.checkRefusal(books, one);
      }
    };
    for (const entry of team.entries) {
      refuseUpTo(BigInt(entry.seq) - 1n);
      books.apply(entry);
    }
    refuseUpTo(BigInt(team.balance.seq));
    if (next < refusals.length)
      throw new Difference('a refusal names a number that the team has not reached');
    if (books.charges !== posted.length) throw new Difference('a charge has no entries');
    books.close(team.balance, team.grants);
    this.count.draws += books.draws;
    this.count.teams += 1;
  }

  private checkCharge(index: number, charge: ReportedCharge): PricedCharge {
    const line = Number(charge.tags.find(({ name }) => name === LINE_TAG)?.value);
    const expected = this.expected.get(line);
    if (!expected) throw new Difference(`${charge.id} is of no request that was sent`);
    const first = this.chargeByLine.get(line);
    if (first !== undefined)
      throw new Difference(`line ${line} was charged twice: ${first} and ${charge.id}`);
    this.chargeByLine.set(line, charge.id);
    const where = `${charge.id} of line ${line}`;
    expectSame(`${where}, the team`, String(expected.team), String(index));
    expectSame(`${where}, the model`, expected.model, charge.modelKey);
    expectSame(`${where}, what was used`, textOf(expected.quantities), textOf(quantitiesOf(charge)));
    expectSame(`${where}, its parameters`, textOf(expected.params), textOf(paramsOf(charge)));
    expectSame(`${where}, the amount`, creditsOf(expected.costNano), charge.amount);
    expectSame(`${where}, the status and debt`, 'CHARGED 0', `${charge.status} ${charge.debt}`);
    this.count.charges += 1;
    this.totalNano += expected.costNano;
    return { charge, target: expected, costNano: expected.costNano };
  }

  private checkRefusal(books: ExpectedBooks, refusal: ReportedRefusal): void {
    const expected = this.expected.get(refusal.line);
    if (!expected) throw new Difference(`line ${refusal.line} was refused and not sent`);
    const charged = this.chargeByLine.get(refusal.line);
    if (charged !== undefined)
      throw new Difference(`line ${refusal.line} was refused, and charged as ${charged}`);
    books.refuse(expected, Date.parse(refusal.at), refusal);
    this.count.refusals += 1;
  }
}

function quantitiesOf({ quantities }: ReportedCharge): Map<string, string> {
  return new Map(quantities.map(({ meter, quantity }) => [meter, quantity]));
}

function paramsOf({ params }: ReportedCharge): Map<string, string> {
  return new Map(params.map(({ name, value }) => [name, value]));
}

function textOf(pairs: ReadonlyMap<string, string | number>): string {
  return [...pairs]
    .map(([name, value]) => `${name} ${value}`)
    .sort()
    .join(', ');
}
