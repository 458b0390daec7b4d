import type { Tx } from '../db/client.ts';
import { invalidRequest, resourceMissing } from './problem.ts';
import type { Kind, Resources, Secrets } from './resources.ts';

/** One object of the API with what the stand-in knows beside it. Change it by `put` of a changed copy. */
export interface Stored<K extends Kind = Kind> {
  readonly id: string;
  readonly type: K;
  /** As the API answers it, unexpanded. */
  readonly data: Resources[K];
  readonly secret: Secrets[K];
  readonly customer: string | null;
  /** The id of what it belongs to. */
  readonly parent: string | null;
  /** When something happens to it by itself. */
  readonly dueAt: Date | null;
}

/** Which objects of a kind, and which page of them, newest first. */
export interface ListFilter {
  readonly customer?: string | undefined;
  readonly parent?: string | undefined;
  /** Members that the data has to contain. */
  readonly matching?: Readonly<Record<string, unknown>>;
  /** `data.type` is one of these. */
  readonly types?: readonly string[] | undefined;
  /** Bounds of `data.created`, both inclusive, in Unix seconds. */
  readonly createdFrom?: number | undefined;
  readonly createdTo?: number | undefined;
  readonly limit: number;
  readonly startingAfter?: string | undefined;
  readonly endingBefore?: string | undefined;
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly secret: object;
  readonly customer: string | null;
  readonly parent: string | null;
  readonly due_at: string | Date | null;
}

/** The stand-in's objects, within the transaction of one request. */
export class Objects {
  constructor(readonly tx: Tx) {}

  /** @returns the object, locked until the transaction ends if asked for; undefined when there is none of this kind. */
  async get<K extends Kind>(
    type: K,
    id: string,
    options: { lock?: boolean } = {},
  ): Promise<Stored<K> | undefined> {
    const { sql } = this.tx;
    const [row] = await sql<Row[]>`
      select id, type, data, secret, customer, parent, due_at from sandbox_stripe_objects
      where id = ${id} and type = ${type} ${options.lock ? sql`for update` : sql``}`;
    return row && storedOf<K>(row);
  }

  /** As `get`. @throws StripeProblem `resource_missing`, naming `param`. */
  async require<K extends Kind>(
    type: K,
    id: string,
    param: string,
    options: { lock?: boolean } = {},
  ): Promise<Stored<K>> {
    const found = await this.get(type, id, options);
    if (found === undefined) throw resourceMissing(type, id, param);
    return found;
  }

  /** Whatever has this id. */
  async any(id: string): Promise<Stored | undefined> {
    const [row] = await this.tx.sql<Row[]>`
      select id, type, data, secret, customer, parent, due_at from sandbox_stripe_objects where id = ${id}`;
    return row && storedOf<Kind>(row);
  }

  /** Inserts, or replaces what has this id. @returns what is stored now. */
  async put<K extends Kind>(object: Stored<K>): Promise<Stored<K>> {
    const dueAt = object.dueAt?.toISOString() ?? null;
    await this.tx.sql`
      insert into sandbox_stripe_objects (id, type, customer, parent, data, secret, due_at)
      values (${object.id}, ${object.type}, ${object.customer}, ${object.parent},
        ${JSON.stringify(object.data)}::text::jsonb, ${JSON.stringify(object.secret)}::text::jsonb, ${dueAt}::timestamptz)
      on conflict (id) do update set customer = excluded.customer, parent = excluded.parent, data = excluded.data,
        secret = excluded.secret, due_at = excluded.due_at`;
    return object;
  }

  /** `put` of the object with some members of its data changed. */
  async change<K extends Kind>(object: Stored<K>, patch: Partial<Resources[K]>): Promise<Stored<K>> {
    return this.put({ ...object, data: { ...object.data, ...patch } });
  }

  /** One page, in the order of Stripe's lists. @throws StripeProblem when a cursor names nothing. */
  async list<K extends Kind>(type: K, filter: ListFilter): Promise<{ data: Stored<K>[]; hasMore: boolean }> {
    const { sql } = this.tx;
    const after = await this.seqOf(filter.startingAfter, 'starting_after');
    const before = await this.seqOf(filter.endingBefore, 'ending_before');
    const rows = await sql<Row[]>`
      select id, type, data, secret, customer, parent, due_at from sandbox_stripe_objects
      where type = ${type}
      ${filter.customer === undefined ? sql`` : sql`and customer = ${filter.customer}`}
      ${filter.parent === undefined ? sql`` : sql`and parent = ${filter.parent}`}
      ${filter.matching ? sql`and data @> ${JSON.stringify(filter.matching)}::text::jsonb` : sql``}
      ${filter.types ? sql`and data ->> 'type' = any(string_to_array(${filter.types.join(' ')}, ' '))` : sql``}
      ${filter.createdFrom === undefined ? sql`` : sql`and (data ->> 'created')::int8 >= ${filter.createdFrom}::int8`}
      ${filter.createdTo === undefined ? sql`` : sql`and (data ->> 'created')::int8 <= ${filter.createdTo}::int8`}
      ${after === undefined ? sql`` : sql`and seq < ${after}::int8`}
      ${before === undefined ? sql`order by seq desc` : sql`and seq > ${before}::int8 order by seq`}
      limit ${filter.limit + 1}`;
    const page = rows.slice(0, filter.limit).map((row) => storedOf<K>(row));
    return { data: before === undefined ? page : page.reverse(), hasMore: rows.length > filter.limit };
  }

  /** Every object of the kind below a parent, oldest first. */
  async children<K extends Kind>(type: K, parent: string): Promise<Stored<K>[]> {
    const rows = await this.tx.sql<Row[]>`
      select id, type, data, secret, customer, parent, due_at from sandbox_stripe_objects
      where parent = ${parent} and type = ${type} order by seq`;
    return rows.map((row) => storedOf<K>(row));
  }

  private async seqOf(id: string | undefined, param: string): Promise<bigint | undefined> {
    if (id === undefined) return undefined;
    const [row] = await this.tx.sql<
      { seq: bigint }[]
    >`select seq from sandbox_stripe_objects where id = ${id}`;
    if (row === undefined)
      throw invalidRequest(`No such object: '${id}'`, { code: 'resource_missing', param });
    return row.seq;
  }
}

function storedOf<K extends Kind>(row: Row): Stored<K> {
  return {
    id: row.id,
    // Only `put` writes these columns, and what it takes under a type is of that type.
    type: row.type as K,
    data: row.data as Resources[K],
    secret: row.secret as Secrets[K],
    customer: row.customer,
    parent: row.parent,
    dueAt: row.due_at === null ? null : new Date(row.due_at),
  };
}
