import fc from 'fast-check';
import { SYSTEM_ACTOR } from '../../src/actor.ts';
import { type Db, inTransaction } from '../../src/db/client.ts';
import { drawDown, inDrawdownOrder } from '../../src/grants/drawdown.ts';
import { newUuid, type Uuid } from '../../src/id.ts';
import { Book } from '../../src/ledger/book.ts';
import type { GrantAccount } from '../../src/ledger/grant-account.ts';
import { lockBook, writeBooks } from '../../src/ledger/post.ts';
import { ANYTHING, charge, emptyHead, giveBack, newGrant, reopened, T0 } from './books.ts';
import { GrantModel } from './grant-model.ts';

export const MINUTE = 60_000;

/** One thing done to a team, a transaction of its own. */
export interface Step {
  readonly what: 'ISSUE' | 'CHARGE' | 'VOID' | 'EXTEND' | 'REVERSE' | 'NOTHING';
  /** Minutes since the step before. */
  readonly pause: number;
  /** Chooses among what is there. */
  readonly pick: number;
  readonly amountNano: bigint;
  readonly prepaid: boolean;
  readonly product: string | null;
  readonly startsIn: number;
  readonly lasts: number | null;
}

/** Random histories of a team in which much expires, starts late, is extended and comes back. */
export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom<Step['what'][]>(
      'ISSUE',
      'ISSUE',
      'CHARGE',
      'CHARGE',
      'VOID',
      'EXTEND',
      'REVERSE',
      'NOTHING',
    ),
    pause: fc.constantFrom(0, 0, 1, 2, 7),
    pick: fc.nat(1000),
    amountNano: fc.bigInt({ min: 1n, max: 300n }),
    prepaid: fc.boolean(),
    product: fc.constantFrom(null, 'chat', 'image'),
    startsIn: fc.constantFrom(0, 0, 0, 1, 4),
    lasts: fc.constantFrom(null, 1, 3, 6, 20),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Where a history is played: `work` gets the team's book, with everything known of the named grants. */
export interface Stage {
  transaction(nowMs: number, grantIds: readonly Uuid[], work: (book: Book) => void): Promise<Book>;
}

/** In memory only. */
export function bookStage(): Stage {
  let book = new Book(emptyHead(), [], T0);
  return {
    async transaction(nowMs, _grantIds, work) {
      book = reopened(book, nowMs);
      work(book);
      return book;
    },
  };
}

/** On a team of a database. */
export function databaseStage(db: Db, teamId: Uuid): Stage {
  return {
    transaction: (nowMs, grantIds, work) =>
      inTransaction(db, async (tx) => {
        const book = await lockBook(tx, teamId, nowMs, grantIds);
        if (!book) throw new Error('no such team');
        work(book);
        await writeBooks(tx, [book]);
        return book;
      }),
  };
}

const facts = { actor: SYSTEM_ACTOR, reason: 'test' };

/** Plays steps, and keeps a model of each grant beside them. */
export class History {
  readonly models = new Map<Uuid, GrantModel>();
  atMs = T0;
  private readonly draws: { grantId: Uuid; amountNano: bigint; reversed: boolean }[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly withDebt: boolean,
  ) {}

  async play(step: Step): Promise<Book> {
    this.atMs += step.pause * MINUTE;
    return this.stage.transaction(this.atMs, [...this.models.keys()], (book) => this.act(step, book));
  }

  /** What remains of all grants at an instant, as the models have it. */
  remainingAt(atMs: number): bigint {
    return [...this.models.values()].reduce((sum, model) => sum + model.remainingAt(atMs), 0n);
  }

  private act(step: Step, book: Book): void {
    if (step.what === 'ISSUE') this.issue(step, book);
    else if (step.what === 'CHARGE') this.charge(step, book);
    else if (step.what === 'REVERSE') this.reverse(step, book);
    else if (step.what !== 'NOTHING') this.change(step, book);
  }

  private issue(step: Step, book: Book): void {
    const effectiveAtMs = this.atMs + step.startsIn * MINUTE;
    const expiresAtMs = step.prepaid || step.lasts === null ? null : effectiveAtMs + step.lasts * MINUTE;
    const grant = newGrant({
      id: newUuid(this.atMs),
      kind: step.prepaid ? 'PREPAID' : 'PROMOTIONAL',
      grantedNano: step.amountNano,
      scope: step.prepaid ? ANYTHING : { ...ANYTHING, product: step.product },
      createdAtMs: this.atMs,
      effectiveAtMs,
      expiresAtMs,
    });
    book.issue(grant, facts);
    const terms = { amountNano: step.amountNano, effectiveAtMs, expiresAtMs };
    this.models.set(grant.id, new GrantModel(terms));
  }

  private charge(step: Step, book: Book): void {
    const target = { product: step.product, modelId: null, gpuType: null };
    const ordered = inDrawdownOrder(book.grants);
    const { draws, shortByNano } = drawDown(ordered, target, step.amountNano, book.atMs);
    const debtNano = this.withDebt ? shortByNano : 0n;
    if (draws.length === 0 && debtNano === 0n) return;
    charge(book, draws, debtNano);
    for (const { grant, amountNano } of draws) {
      this.draws.push({ grantId: grant.id, amountNano, reversed: false });
      this.model(grant.id).events.push({ what: 'DRAWN', atMs: this.atMs, amountNano });
    }
  }

  private reverse(step: Step, book: Book): void {
    const draw = picked(
      this.draws.filter(({ reversed }) => !reversed),
      step,
    );
    if (!draw) return;
    draw.reversed = true;
    const { grantId, amountNano } = draw;
    giveBack(book, this.grant(book, grantId), amountNano);
    this.model(grantId).events.push({ what: 'RETURNED', atMs: this.atMs, amountNano });
  }

  private change(step: Step, book: Book): void {
    const id = picked([...this.models.keys()], step);
    if (!id) return;
    const grant = this.grant(book, id);
    const { atMs } = this;
    if (step.what === 'VOID' && (grant.status === 'OPEN' || grant.status === 'SCHEDULED')) {
      book.void(grant, facts);
      this.model(id).events.push({ what: 'VOIDED', atMs });
    }
    if (step.what === 'EXTEND' && grant.status !== 'VOIDED' && grant.expiresAtMs !== null) {
      const later = Math.max(atMs, grant.expiresAtMs) + MINUTE;
      const expiresAtMs = step.lasts === null ? null : later + step.lasts * MINUTE;
      book.extend(grant, expiresAtMs, facts);
      this.model(id).events.push({ what: 'EXTENDED', atMs, expiresAtMs });
    }
  }

  private grant(book: Book, id: Uuid): GrantAccount {
    const grant = book.grant(id);
    if (!grant) throw new Error('a grant that was not read');
    return grant;
  }

  private model(id: Uuid): GrantModel {
    const model = this.models.get(id);
    if (!model) throw new Error('a grant that was never issued');
    return model;
  }
}

function picked<T>(among: readonly T[], step: Step): T | undefined {
  return among[step.pick % Math.max(1, among.length)];
}
