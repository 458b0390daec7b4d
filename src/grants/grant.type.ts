import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ActorRefObject, toActorRef } from '../graphql/actor.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import {
  type GrantAccount,
  type GrantKind,
  type GrantStatus,
  isUnrestricted,
} from '../ledger/grant-account.ts';
import type { NanoCredits } from '../money.ts';
import type { GrantChange as StoredChange } from './grant-reads.ts';
import type { GrantSource } from './issue.ts';
import type { Spendables } from './targets.ts';

export const GrantKindEnum = {
  PROMOTIONAL: 'PROMOTIONAL',
  PREPAID: 'PREPAID',
} as const satisfies Record<GrantKind, GrantKind>;

export const GrantStatusEnum = {
  SCHEDULED: 'SCHEDULED',
  OPEN: 'OPEN',
  SPENT: 'SPENT',
  EXPIRED: 'EXPIRED',
  VOIDED: 'VOIDED',
  REFUNDED: 'REFUNDED',
  DISPUTED: 'DISPUTED',
} as const satisfies Record<GrantStatus, GrantStatus>;

export const GrantSourceEnum = {
  SIGN_UP: 'SIGN_UP',
  PROMO_CODE: 'PROMO_CODE',
  GOODWILL: 'GOODWILL',
  BONUS: 'BONUS',
  PLAN: 'PLAN',
  PURCHASE: 'PURCHASE',
  AUTO_RECHARGE: 'AUTO_RECHARGE',
  TRANSFER: 'TRANSFER',
} as const satisfies Record<GrantSource, GrantSource>;

const GrantChangeKindEnum = { EXTENDED: 'EXTENDED', VOIDED: 'VOIDED' } as const;

registerEnumType(GrantKindEnum, {
  name: 'GrantKind',
  description: 'Whether credit was given or paid for.',
  valuesConfig: {
    PROMOTIONAL: { description: 'Given. May expire, and may be restricted.' },
    PREPAID: { description: 'Paid for. Never expires, pays for everything, and is drawn last.' },
  },
});

registerEnumType(GrantStatusEnum, {
  name: 'GrantStatus',
  description: 'What has become of a grant.',
  valuesConfig: {
    SCHEDULED: { description: 'It has not started yet.' },
    OPEN: { description: 'It can pay.' },
    SPENT: { description: 'Nothing of it is left. Credit that comes back opens it again.' },
    EXPIRED: { description: 'What was left of it has expired. An operator may extend it.' },
    VOIDED: { description: 'An operator took back what was left of it.' },
    REFUNDED: { description: 'All of it was paid back.' },
    DISPUTED: { description: 'What was left of it is withheld while its payment is disputed.' },
  },
});

registerEnumType(GrantSourceEnum, {
  name: 'GrantSource',
  description: 'Why a grant exists.',
  valuesConfig: {
    SIGN_UP: { description: 'For signing up. Promotional.' },
    PROMO_CODE: { description: 'For a promo code. Promotional.' },
    GOODWILL: { description: 'To make good for something. Promotional.' },
    BONUS: { description: 'On top of a purchase. Promotional.' },
    PLAN: { description: 'With a plan: promotional when it was given, prepaid when it was paid for.' },
    PURCHASE: { description: 'Bought. Prepaid.' },
    AUTO_RECHARGE: { description: 'Bought automatically. Prepaid.' },
    TRANSFER: { description: 'From another team. Prepaid.' },
  },
});

registerEnumType(GrantChangeKindEnum, {
  name: 'GrantChangeKind',
  description: 'What an operator did to a grant.',
  valuesConfig: {
    EXTENDED: { description: 'Gave it a later expiry, or none.' },
    VOIDED: { description: 'Took back what was left of it.' },
  },
});

/** What a grant may be spent on. */
@Inherits()
@ObjectType('GrantScope', {
  description: 'What a grant may be spent on: usage that meets every restriction given.',
  simpleResolvers: true,
})
export class GrantScopeObject {
  @Field(() => String, { nullable: true, description: 'Only this product, such as "chat".' })
  product: string | null;

  @Field(() => String, { nullable: true, description: 'Only the model of this key.' })
  model: string | null;

  @Field(() => String, { nullable: true, description: 'Only this GPU type.' })
  gpuType: string | null;
}

@Inherits()
@ObjectType('GrantChange', { description: 'What an operator changed of a grant.', simpleResolvers: true })
export class GrantChange {
  @Field(() => GrantChangeKindEnum, { description: 'What was done.' })
  change: StoredChange['change'];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it expired before; null for never.' })
  expiresAtBefore: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it expires since; null for never.' })
  expiresAtAfter: Date | null;

  @Field(() => CreditsScalar, { description: 'What came back by an extension, or was taken by voiding.' })
  amount: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When.' })
  at: Date;

  @Field(() => ActorRefObject, { description: 'Who did it.' })
  actor: ActorRefObject;

  @Field(() => String, { description: 'Why.' })
  reason: string;

  static of({ amountNano, actor, ...rest }: StoredChange): GrantChange {
    return { ...rest, amount: amountNano, actor: toActorRef(actor) };
  }
}

/** A grant and what became of it. */
@Inherits()
@ObjectType('Grant', {
  implements: Node,
  description: 'Credit that was given or bought at once, and what became of it.',
  simpleResolvers: true,
})
export class Grant extends Node {
  teamUuid: Uuid;
  uuid: Uuid;

  @Field(() => ID, { description: 'The team that has it.' })
  teamId: string;

  @Field(() => GrantKindEnum, { description: 'Whether it was given or paid for.' })
  kind: GrantKind;

  @Field(() => String, { description: 'Why it exists: a GrantSource; new ones may be added.' })
  source: string;

  @Field(() => GrantStatusEnum, { description: 'What has become of it.' })
  status: GrantStatus;

  @Field(() => GrantScopeObject, {
    nullable: true,
    description: 'What it may be spent on; null for anything.',
  })
  scope: GrantScopeObject | null;

  @Field(() => Int, {
    description: '0 to 100: of grants of the same shape, the one with the lower priority pays first.',
  })
  priority: number;

  @Field(() => CreditsScalar, { description: 'What was granted.' })
  amount: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What is left and can be spent.' })
  remaining: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What paid for usage, or for what the team owed.' })
  spent: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What is set aside for work in progress.' })
  held: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What expired.' })
  expired: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What an operator took back.' })
  voided: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What was, or is being, paid back: by refunds and by disputes that were lost.',
  })
  refunded: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What is withheld while its payment is disputed.' })
  disputed: NanoCredits;

  @Field(() => CreditsScalar, { description: 'What was really paid for it; zero for a gift.' })
  costBasis: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When it starts.' })
  effectiveAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it expires; null for never.' })
  expiresAt: Date | null;

  @Field(() => DateTimeScalar, { description: 'When it was issued.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was spent, expired or voided; null while it is open or scheduled.',
  })
  closedAt: Date | null;

  @Field(() => ActorRefObject, { description: 'Who issued it.' })
  actor: ActorRefObject;

  @Field(() => String, { nullable: true, description: 'Why it was issued.' })
  reason: string | null;
}

/** The API form of a grant of a team. */
export function toGrant(teamId: Uuid, grant: GrantAccount, spendables: Spendables): Grant {
  return {
    teamUuid: teamId,
    uuid: grant.id,
    id: publicId('grant', grant.id),
    teamId: publicId('team', teamId),
    kind: grant.kind,
    source: grant.source,
    status: grant.status,
    scope: toGrantScope(grant, spendables),
    priority: grant.priority,
    amount: grant.grantedNano,
    remaining: grant.remainingNano,
    spent: grant.spentNano,
    held: grant.heldNano,
    expired: grant.expiredNano,
    voided: grant.voidedNano,
    refunded: grant.refundedNano,
    disputed: grant.disputedNano,
    costBasis: grant.costBasisNano,
    effectiveAt: new Date(grant.effectiveAtMs),
    expiresAt: instant(grant.expiresAtMs),
    createdAt: new Date(grant.createdAtMs),
    closedAt: instant(grant.closedAtMs),
    actor: toActorRef(grant.actor),
    reason: grant.reason,
  };
}

/** The API form of what credit may be spent on; null for anything. */
export function toGrantScope(
  { scope }: Pick<GrantAccount, 'scope'>,
  { modelById }: Spendables,
): GrantScopeObject | null {
  if (isUnrestricted(scope)) return null;
  const { product, modelId, gpuType } = scope;
  return { product, model: modelId && (modelById.get(modelId)?.key ?? modelId), gpuType };
}

function instant(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** A page of grants. */
export const { Connection: GrantConnection } = connectionType('Grant', 'grants', () => Grant);
