import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CatalogSnapshot } from '../catalog/catalog-cache.ts';
import { assert } from '../domain-error.ts';
import { Inherits } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { CreditsScalar, DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { NanoCredits } from '../money.ts';
import { ChargeParam, ChargeQuantity, paramsOf, quantitiesOf, Tag, tagsOf } from './charge.type.ts';
import {
  type HoldStatus,
  openNano,
  type Hold as StoredHold,
  type HoldReport as StoredReport,
} from './hold.ts';

/** What became of a hold. */
export const HoldStatusEnum = {
  HELD: 'HELD',
  SETTLED: 'SETTLED',
  RELEASED: 'RELEASED',
  EXPIRED: 'EXPIRED',
} as const satisfies { readonly [Status in HoldStatus]: Status };

registerEnumType(HoldStatusEnum, {
  name: 'HoldStatus',
  description: 'What became of a hold. All but HELD are final.',
  valuesConfig: {
    HELD: { description: 'The credit is set aside.' },
    SETTLED: { description: 'What was used has been charged, and the rest returned.' },
    RELEASED: { description: 'All of it has returned.' },
    EXPIRED: { description: 'Its time was over: the last report has been charged, and the rest returned.' },
  },
});

@Inherits()
@ObjectType('HoldDraw', { description: 'What of a grant a hold has set aside.', simpleResolvers: true })
export class HoldDraw {
  @Field(() => ID, { description: 'The grant.' })
  grantId: string;

  @Field(() => CreditsScalar, { description: 'How much of it is set aside.' })
  amount: NanoCredits;
}

@Inherits()
@ObjectType('HoldReport', { description: 'What had been used by the last report.', simpleResolvers: true })
export class HoldReport {
  @Field(() => [ChargeQuantity], { description: 'What had been used, all together.' })
  quantities: ChargeQuantity[];

  @Field(() => [ChargeParam], { description: 'Facts of the request that may change its price.' })
  params: ChargeParam[];

  @Field(() => CreditsScalar, { description: 'What it costs.' })
  amount: NanoCredits;

  @Field(() => DateTimeScalar, { description: 'When it was reported.' })
  at: Date;

  static of({ quantities, params, amountNano: amount, at }: StoredReport): HoldReport {
    return { quantities: quantitiesOf(quantities), params: paramsOf(params), amount, at };
  }
}

@Inherits()
@ObjectType('Hold', {
  implements: Node,
  simpleResolvers: true,
  description: 'Credit that is set aside for work under way, so that it cannot be spent twice.',
})
export class Hold implements Node {
  @Field(() => HoldStatusEnum, { description: 'What became of it.' })
  readonly status: HoldStatus;

  @Field(() => CreditsScalar, { description: 'What was set aside when it was placed.' })
  readonly amount: NanoCredits;

  @Field(() => CreditsScalar, {
    description: 'What charges have drawn from it: for a run, one after the other while it is open.',
  })
  readonly drawn: NanoCredits;

  @Field(() => DateTimeScalar, {
    description: 'When it was placed. What is used under it costs what it cost at this instant.',
  })
  readonly placedAt: Date;

  @Field(() => DateTimeScalar, {
    description: 'When it is settled by its last report unless it is resolved.',
  })
  readonly expiresAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was resolved; null while it is open.',
  })
  readonly resolvedAt: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The key of the model that it is for; null for the hold of a run, which is for all of its models.',
  })
  readonly modelKey: string | null;

  @Field(() => Int, { nullable: true, description: 'The replica of the deployment whose hour it is for.' })
  readonly replicaSlot: number | null;

  constructor(
    /** The hold as it is kept. */
    readonly stored: StoredHold,
    modelKey: string | null,
  ) {
    this.status = stored.status;
    this.amount = stored.amountNano;
    this.drawn = stored.drawnNano;
    this.placedAt = stored.placedAt;
    this.expiresAt = stored.expiresAt;
    this.resolvedAt = stored.resolvedAt;
    this.replicaSlot = stored.replicaSlot;
    this.modelKey = modelKey;
  }

  get id(): string {
    return publicId('hold', this.stored.id);
  }

  @Field(() => ID, { description: 'The team that pays.' })
  get teamId(): string {
    return publicId('team', this.stored.teamId);
  }

  @Field(() => CreditsScalar, { description: 'What is still set aside: 0 once it is resolved.' })
  get open(): NanoCredits {
    return openNano(this.stored);
  }

  @Field(() => [ChargeQuantity], {
    description: 'What was expected to be used; none when an amount was held.',
  })
  get quantities(): ChargeQuantity[] {
    return quantitiesOf(this.stored.quantities ?? {});
  }

  @Field(() => [ChargeParam], { description: 'Facts of the request that may change its price.' })
  get params(): ChargeParam[] {
    return paramsOf(this.stored.params);
  }

  @Field(() => HoldReport, { nullable: true, description: 'The last report; null when there was none.' })
  get reported(): HoldReport | null {
    return this.stored.reported && HoldReport.of(this.stored.reported);
  }

  @Field(() => [Tag], { description: 'The labels that the caller attached, by name.' })
  get tags(): Tag[] {
    return tagsOf(this.stored.tags);
  }

  @Field(() => ID, { nullable: true, description: 'The member whom it is for, when the caller said so.' })
  get memberId(): string | null {
    return this.stored.memberId && publicId('user', this.stored.memberId);
  }

  @Field(() => ID, { nullable: true, description: 'The API key it is used with, when the caller said so.' })
  get apiKeyId(): string | null {
    return this.stored.apiKeyId && publicId('apiKey', this.stored.apiKeyId);
  }

  @Field(() => ID, { nullable: true, description: 'The run that it is for.' })
  get runId(): string | null {
    return this.stored.runId && publicId('run', this.stored.runId);
  }

  @Field(() => ID, { nullable: true, description: 'The deployment whose next hour it is for.' })
  get deploymentId(): string | null {
    return this.stored.deploymentId && publicId('deployment', this.stored.deploymentId);
  }
}

/** A stored hold as the API answers it. `catalog`: no older than the hold. */
export function holdNode(hold: StoredHold, { modelById }: CatalogSnapshot): Hold {
  if (hold.modelId === null) return new Hold(hold, null);
  const model = modelById.get(hold.modelId);
  assert(model, 'a hold names a model of the catalogue');
  return new Hold(hold, model.key);
}

export const { Connection: HoldConnection } = connectionType('Hold', 'holds', () => Hold);
