import 'reflect-metadata';
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { badInput } from '../domain-error.ts';
import { Inherits } from './auth.ts';
import { decodeCursor, encodeCursor, type Key, type KeyPart, type Keyset } from './cursor.ts';
import { CursorScalar } from './scalars.ts';

export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;

/** Relay's paging arguments. A list with filters extends this class. */
@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many items to answer from the start, or after "after": 1 to ${MAX_PAGE_SIZE}, ${DEFAULT_PAGE_SIZE} when neither "first" nor "last" is given.`,
  })
  first?: number | null;

  @Field(() => CursorScalar, { nullable: true, description: 'Answer what follows this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many items to answer from the end, or before "before": 1 to ${MAX_PAGE_SIZE}. Not together with "first".`,
  })
  last?: number | null;

  @Field(() => CursorScalar, { nullable: true, description: 'Answer what precedes this cursor.' })
  before?: string | null;
}

/** Which rows a page needs: `limit` rows beyond `from`, in list order or, BACKWARD, in reverse order. */
export interface PageWindow<P extends readonly KeyPart[]> {
  readonly direction: 'FORWARD' | 'BACKWARD';
  readonly size: number;
  /** One more than the page holds: the extra row tells whether another page follows. */
  readonly limit: number;
  /** The keyset values to start beyond; undefined at an end of the list. */
  readonly from: Key<P> | undefined;
}

/**
 * Reads the paging arguments of a list ordered by `order`.
 * @throws DomainError BAD_USER_INPUT: a size outside 1 to 100, both directions at once, or a cursor of another list.
 */
export function pageWindow<P extends readonly KeyPart[]>(
  args: ConnectionArgs,
  order: Keyset<P>,
): PageWindow<P> {
  const forward = args.first != null || args.after != null;
  const backward = args.last != null || args.before != null;
  if (forward && backward)
    throw badInput('first', 'use "first" and "after", or "last" and "before", not both.');
  const size = pageSize(backward ? 'last' : 'first', backward ? args.last : args.first);
  const cursor = backward ? args.before : args.after;
  return {
    direction: backward ? 'BACKWARD' : 'FORWARD',
    size,
    limit: size + 1,
    from: cursor == null ? undefined : decodeCursor(order, cursor, backward ? 'before' : 'after'),
  };
}

function pageSize(field: string, given: number | null | undefined): number {
  const size = given ?? DEFAULT_PAGE_SIZE;
  if (size < 1 || size > MAX_PAGE_SIZE) throw badInput(field, `must be from 1 to ${MAX_PAGE_SIZE}.`);
  return size;
}

/** Where a page lies in its list. */
@Inherits()
@ObjectType({ description: 'Where a page lies in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether items follow this page.' })
  hasNextPage: boolean;

  @Field(() => Boolean, { description: 'Whether items precede this page.' })
  hasPreviousPage: boolean;

  @Field(() => CursorScalar, {
    nullable: true,
    description: 'The cursor of the first item; null on an empty page.',
  })
  startCursor: string | null;

  @Field(() => CursorScalar, {
    nullable: true,
    description: 'The cursor of the last item; null on an empty page.',
  })
  endCursor: string | null;
}

/** An item with its place in the list. */
export interface Edge<T> {
  readonly node: T;
  readonly cursor: string;
}

/** One page, in list order whichever way it was read. */
export interface Page<T> {
  readonly edges: readonly Edge<T>[];
  readonly pageInfo: PageInfo;
}

/** Turns up to `window.limit` rows, in the order they were read, into a page. */
export function pageOf<T, P extends readonly KeyPart[]>(
  rows: readonly T[],
  window: PageWindow<P>,
  order: Keyset<P>,
  keyOf: (row: T) => Key<P>,
): Page<T> {
  const kept = rows.slice(0, window.size);
  const backward = window.direction === 'BACKWARD';
  if (backward) kept.reverse();
  const edges = kept.map((node) => ({ node, cursor: encodeCursor(order, keyOf(node)) }));
  const more = rows.length > window.size;
  const started = window.from !== undefined;
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? started : more,
      hasPreviousPage: backward ? more : started,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The same page with each item replaced: stored rows become API objects. */
export function mapPage<T, U>(page: Page<T>, toNode: (item: T) => U): Page<U> {
  return {
    pageInfo: page.pageInfo,
    edges: page.edges.map(({ node, cursor }) => ({ node: toNode(node), cursor })),
  };
}

/**
 * The classes `<name>Connection` and `<name>Edge` for lists of `node()`.
 * A connection with more fields (a bounded `totalCount`) extends `Connection` as an `@ObjectType` of its own name.
 * @param items what the list holds, in the plural, for the descriptions: "charges".
 */
export function connectionType<T extends object>(
  name: string,
  items: string,
  node: () => ClassType<T>,
): { Connection: ClassType<Page<T>>; Edge: ClassType<Edge<T>> } {
  @Inherits()
  @ObjectType(`${name}Edge`, {
    description: `One of the ${items} of a page, with its place.`,
    simpleResolvers: true,
  })
  class NodeEdge implements Edge<T> {
    @Field(() => node(), { description: 'The item.' })
    node: T;

    @Field(() => CursorScalar, { description: 'The place of the item, for "after" and "before".' })
    cursor: string;
  }

  @Inherits()
  @ObjectType(`${name}Connection`, { description: `A page of ${items}.`, simpleResolvers: true })
  class NodeConnection implements Page<T> {
    @Field(() => [NodeEdge], { description: 'The items of the page, in list order.' })
    edges: Edge<T>[];

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo: PageInfo;
  }
  return { Connection: NodeConnection, Edge: NodeEdge };
}
