import type { Uuid } from './id.ts';

export type KeyType = 'PLATFORM' | 'TEAM' | 'PARTNER' | 'OPERATOR';

/** Who asks. Established once a request (or socket) from its credentials. */
export type Actor =
  | { readonly kind: 'ANONYMOUS' }
  | { readonly kind: 'USER'; readonly userId: Uuid }
  | {
      readonly kind: 'KEY';
      readonly keyId: Uuid;
      readonly keyType: KeyType;
      /** The only team the key may act for; undefined for PLATFORM and OPERATOR keys. */
      readonly teamId?: Uuid;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'SYSTEM' };

/** The stored form of who did something. */
export interface ActorRef {
  readonly kind: ActorKind;
  readonly id: Uuid | null;
}

export const ACTOR_KIND = { SYSTEM: 0, USER: 1, KEY: 2 } as const;
export type ActorKind = (typeof ACTOR_KIND)[keyof typeof ACTOR_KIND];

export const SYSTEM_ACTOR: ActorRef = { kind: ACTOR_KIND.SYSTEM, id: null };

/** How `actor` is written beside what it did. */
export function actorRef(actor: Actor): ActorRef {
  if (actor.kind === 'USER') return { kind: ACTOR_KIND.USER, id: actor.userId };
  if (actor.kind === 'KEY') return { kind: ACTOR_KIND.KEY, id: actor.keyId };
  return SYSTEM_ACTOR;
}
