import { call } from './expected-call.ts';
import { comeUp, meter } from './expected-pass.ts';
import type { ExpectedEvent, ExpectedHour, Server, Team, Work } from './expected-server.ts';
import { isOpen } from './expected-windows.ts';
import type { Deed, DoneStep, DoneTopUp, Journal, JournalTeam, Position } from './journal.ts';
import type { StoredDays, StoredEvent, StoredPrice } from './stored-days.ts';

/** What has to have become of a team, by the rules and what was done to it. */
export interface ExpectedTeam {
  readonly id: string;
  readonly team: Team;
  readonly hours: readonly ExpectedHour[];
  /** In the order in which they were written. */
  readonly events: readonly ExpectedEvent[];
  /** Answers to calls, and resumptions, that were not as they have to be. */
  readonly faults: readonly string[];
}

/**
 * A second metering, written from the rules and without code of the product: it goes through all that was done to a team
 * and says which hours have to be charged, out of which grants, and what has to be told. Prices, and the instants at
 * which the loops noticed new credit, are taken from what is stored.
 */
export function recomputeDays(journal: Journal, stored: StoredDays): ExpectedTeam[] {
  const prices = pricesOf(stored.prices);
  return journal.teams.map((team) => new Recomputation(team, stored, prices).through(journal.steps));
}

interface Price {
  readonly version: string;
  readonly nano: bigint;
  readonly createdAt: number;
  readonly effectiveAt: number;
}

/** Credit came, and a server that waited for it came back. */
interface Return extends Position {
  readonly what: 'RETURN';
  readonly id: string;
}

class Recomputation {
  private team: Team;
  private readonly hours: ExpectedHour[] = [];
  private readonly events: ExpectedEvent[] = [];
  private readonly faults: string[] = [];
  private readonly returns: readonly StoredEvent[];
  private readonly returned: ReadonlySet<string>;

  constructor(
    private readonly known: JournalTeam,
    private readonly stored: StoredDays,
    private readonly prices: ReadonlyMap<string, readonly Price[]>,
  ) {
    this.team = { zone: known.zone, servers: [], credit: [] };
    this.returns = stored.events.filter(
      ({ team, kind, bySystem }) => team === known.id && kind === 'RESUMED' && bySystem,
    );
    this.returned = new Set(this.returns.map(({ server, at }) => returnKey(server, at.getTime())));
  }

  through(steps: readonly DoneStep[]): ExpectedTeam {
    for (const step of steps) {
      const deeds = step.deeds.get(this.known.id) ?? [];
      for (const deed of inOrder([...deeds, ...this.returnsAt(step.at)])) this.follow(deed, step.at);
      if (!step.stillDue.has(this.known.id)) this.pass(step.at);
    }
    const last = steps.at(-1)?.at ?? 0;
    for (const { id } of this.team.servers) {
      if (this.isKeptWaiting(id, last)) this.faults.push(`deployment ${id} waits for credit that has come`);
    }
    const { team, hours, events, faults } = this;
    return { id: this.known.id, team, hours, events, faults };
  }

  private follow(deed: Deed | Return, now: number): void {
    if (deed.what === 'CALL') {
      const outcome = this.transaction(now, (work) => {
        meter(work);
        return call(work, deed.id, deed.call);
      });
      if (outcome !== deed.outcome) this.fault(deed, now, `was ${deed.outcome}, not ${outcome}`);
    } else if (deed.what === 'TOP_UP') {
      if (!deed.beforePass) this.pass(now);
      this.team.credit.push(grantOf(deed, now));
    } else {
      this.pass(now);
      if (!this.hasTold(deed.id, now)) this.comeBack(deed, now);
    }
  }

  private pass(now: number): void {
    this.transaction(now, (work) => {
      meter(work);
      return 'DONE';
    });
  }

  private comeBack(deed: Return, now: number): void {
    const outcome = this.transaction(now, (work) => {
      const server = waitingOne(work, deed.id);
      if (!server) return 'NOT_WAITING';
      return comeUp(work, server, now) ? 'DONE' : 'OUT_OF_CREDITS';
    });
    if (outcome !== 'DONE') this.fault(deed, now, `should not have come back: ${outcome}`);
  }

  /** All of it, or, when it is refused, nothing. */
  private transaction(now: number, act: (work: Work) => string): string {
    const work = this.workAt(now);
    const outcome = act(work);
    if (outcome === 'DONE' || outcome === 'UNCHANGED') {
      this.team = work.team;
      this.hours.push(...work.hours);
      this.events.push(...work.events);
    }
    return outcome;
  }

  /** A transaction on a copy of what the team has. */
  private workAt(now: number): Work {
    return {
      team: structuredClone(this.team),
      now,
      priceOf: (type, at) => this.priceOf(type, at, now),
      gpuOf: (type) => this.stored.gpus.get(type) ?? null,
      broughtBack: (server, at) => this.returned.has(returnKey(server, at)),
      hours: [],
      events: [],
    };
  }

  /** By what was known: a price that is set after an hour was held or charged does not touch it. */
  private priceOf(type: string, at: number, now: number): Price {
    const price = this.prices
      .get(type)
      ?.findLast(({ createdAt, effectiveAt }) => createdAt < now && effectiveAt <= at);
    if (!price) throw new Error(`${type} has no price`);
    return price;
  }

  private returnsAt(now: number): Return[] {
    const then = this.returns.filter(({ recorded }) => recorded.getTime() === now);
    return then.map(({ server, seq }) => ({ what: 'RETURN', id: server, eventSeq: seq, entrySeq: 0n }));
  }

  private hasTold(server: string, now: number): boolean {
    return this.events.some(
      (event) => event.server === server && event.kind === 'RESUMED' && event.recordedAt === now,
    );
  }

  /** Whether a server still waits for credit that came after its pause was told, and was enough. */
  private isKeptWaiting(id: string, now: number): boolean {
    const told = this.events.findLast(({ server, kind }) => server === id && kind === 'PAUSED');
    const cameAt = Math.max(...this.team.credit.map(({ issuedAt }) => issuedAt));
    const work = this.workAt(now);
    const server = waitingOne(work, id);
    if (!told || !server || cameAt <= told.recordedAt) return false;
    // A price that has fallen since is no new credit.
    const isCheaper = work.priceOf(server.type, now).nano < work.priceOf(server.type, cameAt).nano;
    return !isCheaper && comeUp(work, server, now);
  }

  private fault({ what, id }: Deed | Return, now: number, text: string): void {
    this.faults.push(`${new Date(now).toISOString()} ${what} ${id} ${text}`);
  }
}

/** A server that new credit may bring back now. */
function waitingOne({ team, now }: Work, id: string): Server | undefined {
  const server = team.servers.find((one) => one.id === id);
  const isWaiting = server?.why === 'OUT_OF_CREDITS' && server.comesBack;
  return isWaiting && isOpen(server.schedule, team.zone, now) ? server : undefined;
}

function returnKey(server: string, at: number): string {
  return `${server} ${at}`;
}

/**
 * The order of transactions on one team. Of those after which the log has the same last event, the one that wrote it was
 * first; of those with the same last entry, those that wrote none saw the same.
 */
function inOrder(deeds: readonly (Deed | Return)[]): (Deed | Return)[] {
  const tellsLast = (deed: Deed | Return) =>
    deed.what === 'RETURN' || (deed.what === 'CALL' && deed.outcome === 'DONE');
  const hasWritten = (deed: Deed | Return) =>
    deed.what !== 'CALL' || ['DONE', 'UNCHANGED'].includes(deed.outcome);
  return deeds.toSorted(
    (a, b) =>
      Number(a.eventSeq - b.eventSeq) ||
      Number(tellsLast(b)) - Number(tellsLast(a)) ||
      Number(a.entrySeq - b.entrySeq) ||
      Number(hasWritten(b)) - Number(hasWritten(a)),
  );
}

function grantOf({ id, terms }: DoneTopUp, now: number) {
  const { amountNano, isPrepaid, product, gpuType, priority, expiresAt } = terms;
  const nothing = { held: 0n, spent: 0n, expired: 0n, hasExpired: false };
  const own = { id, isPrepaid, product, gpuType, priority, expiresAt, issuedAt: now };
  return { ...own, granted: amountNano, remaining: amountNano, ...nothing };
}

function pricesOf(stored: readonly StoredPrice[]): Map<string, Price[]> {
  const prices = new Map<string, Price[]>();
  for (const { id, type, created, effective, components } of stored) {
    const price = {
      version: id,
      nano: hourlyNano(components),
      createdAt: created.getTime(),
      effectiveAt: effective.getTime(),
    };
    prices.set(type, [...(prices.get(type) ?? []), price]);
  }
  return prices;
}

/** The price of an hour: a plain decimal text of at most nine places. */
function hourlyNano(components: string): bigint {
  const text = /"meter":"INSTANCE_HOUR","unitPrice":"(\d+)(?:\.(\d{1,9}))?"/.exec(components);
  if (!text) throw new Error(`not a price of hours: ${components}`);
  return BigInt(`${text[1]}${(text[2] ?? '').padEnd(9, '0')}`);
}
