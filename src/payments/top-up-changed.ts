import type { Fact } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { TopUp } from './top-up.ts';

/** Something that happened to a top-up: how it was after that. */
export interface TopUpEvent {
  readonly teamId: Uuid;
  /** In the team's stream of such events: 1, 2, 3 … without gaps. */
  readonly seq: bigint;
  readonly at: Date;
  /** Without its client secret. */
  readonly topUp: TopUp;
}

/** Events `fromSeq … seq` of a team's top-ups are in its log. */
export interface TopUpChanged extends Fact {
  readonly type: 'top-up.changed';
  readonly teamId: Uuid;
  readonly fromSeq: bigint;
  readonly seq: bigint;
  readonly events: readonly TopUpEvent[];
}

export function isTopUpChanged(fact: Fact): fact is TopUpChanged {
  return fact.type === 'top-up.changed';
}
