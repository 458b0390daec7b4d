import type { Tx } from '../db/client.ts';
import type { Objects, Stored } from './objects.ts';
import type { Page as PageContent } from './pages-layout.ts';
import type { Params } from './params.ts';
import type { Kind } from './resources.ts';

/** One request, or one piece of work that fell due, and all that it may touch. It runs in one transaction. */
export interface Call {
  readonly tx: Tx;
  readonly objects: Objects;
  /** By the business clock, as all times that the API tells. */
  readonly now: Date;
  readonly params: Params;
  /** The value of a `:name` in the path. */
  path(name: string): string;
  /** Records an event with a copy of the object as it is now. It is stored and sent if, and only if, this commits. */
  emit(type: string, object: object, previous?: object): void;
  /** Of the hosted pages, without a slash at its end: `http://127.0.0.1:12111`. */
  readonly baseUrl: string;
  /** Told of each payment or setup intent that succeeded, failed or was cancelled. See `Follower`. */
  readonly followers: readonly Follower[];
}

/** Whoever has to know how an intent went: the checkout session or invoice that made it. */
export interface Follower {
  /** Called in the same transaction, after the intent was stored, with the intent locked. */
  followIntent(call: Call, intent: Stored<'payment_intent'> | Stored<'setup_intent'>): Promise<void>;
}

/** One operation of the API. What it answers is expanded and sent as JSON; a `StripeProblem` is sent as an error. */
export interface Endpoint {
  readonly method: 'DELETE' | 'GET' | 'POST';
  /** As hono's router takes it: `/v1/payment_intents/:id`. */
  readonly path: string;
  run(call: Call): Promise<object>;
}

/** What a page answers: itself, or where to go. */
export type PageAnswer = PageContent | { readonly redirect: string };

/**
 * A page that is opened in a browser; fields of forms and of the query are `call.params`. Unknown ones are let pass.
 * A `StripeProblem` becomes a page that says so. After a POST that did something, redirect.
 */
export interface PageRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  run(call: Call): Promise<PageAnswer>;
}

/** What happens by itself to an object whose `dueAt` has come. It has to clear or move `dueAt`. The object is locked. */
export interface DueWork<K extends Kind = Kind> {
  readonly type: K;
  run(call: Call, object: Stored<K>): Promise<void>;
}

/** Members that are answered only when they are expanded: `refunds` of a charge. By kind, then by member. */
export type Includes = Readonly<
  Record<string, Readonly<Record<string, (call: Call, id: string) => Promise<unknown>>>>
>;

/** Unix seconds, as the API tells times. */
export function unixSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
