import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { actorRef } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { Inherits, Permit, SignedIn } from '../graphql/auth.ts';
import type { Context } from '../graphql/context.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { UserError } from '../graphql/user-error.ts';
import { type AdvanceServices, advanceClock, demandSandbox } from './advance-clock.ts';

@InputType('AdvanceClockInput', { description: 'Where to move the clock.' })
export class AdvanceClockInput {
  @Field(() => DateTimeScalar, {
    description: 'The instant to move to: later than now, at most 5 years ahead.',
  })
  to: Date;

  @Field(() => String, { description: 'Why, for the record: 1 to 500 characters.' })
  reason: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Your own key for this request, 1 to 255 characters: a repeat goes on where the first was cut off, and answers the same time once that has arrived.',
  })
  idempotencyKey?: string | null;
}

@Inherits()
@ObjectType('ClockWork', {
  description: 'Work that fell due while the clock was moved.',
  simpleResolvers: true,
})
export class ClockWork {
  @Field(() => String, { description: 'What kind of work: grants, holds, deployments …' })
  name: string;

  @Field(() => Int, { description: 'At how many instants there was some.' })
  times: number;
}

@Inherits()
@ObjectType('AdvanceClockPayload', { description: 'What came of advanceClock.', simpleResolvers: true })
export class AdvanceClockPayload {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The time it is now; null when it was refused.',
  })
  now?: Date;

  @Field(() => Int, {
    nullable: true,
    description: 'How many instants on the way had something due; null when it was refused.',
  })
  steps?: number;

  @Field(() => [ClockWork], {
    nullable: true,
    description: 'What was done on the way; null when it was refused.',
  })
  ran?: ClockWork[];

  @Field(() => Boolean, { description: 'Whether the idempotency key had been used for it before.' })
  replayed: boolean;

  @Field(() => [UserError], {
    description:
      'Why it was refused: INVALID_INPUT, IDEMPOTENCY_CONFLICT, or CONFLICT outside of sandbox mode and while another call moves the clock.',
  })
  userErrors: UserError[];
}

/** Business time. */
@Inherits()
@ObjectType('BusinessClock', {
  description: 'The time that charges, expiry and deployments go by.',
  simpleResolvers: true,
})
export class BusinessClock {
  @Field(() => DateTimeScalar, { description: 'The time it is now.' })
  now: Date;

  @Field(() => Boolean, {
    description: 'Whether this is sandbox mode, in which operators may move it ahead.',
  })
  isSandbox: boolean;
}

/** What the resolver is made with. `sandbox` is there in sandbox mode only. */
export interface ClockServices {
  readonly clock: Clock;
  readonly sandbox: AdvanceServices | undefined;
}

/** `clock`, and `advanceClock` for operators. */
@Resolver()
export class ClockResolver {
  constructor(private readonly services: ClockServices) {}

  @SignedIn()
  @Query(() => BusinessClock, { description: 'The time that charges, expiry and deployments go by.' })
  clock(): BusinessClock {
    const { clock, sandbox } = this.services;
    return { now: clock.now(), isSandbox: sandbox !== undefined };
  }

  @Permit('operate')
  @Mutation(() => AdvanceClockPayload, {
    description:
      'Moves the time ahead, in sandbox mode: everything that falls due on the way is done, in order of time, and then this answers. It is never moved back.',
  })
  advanceClock(
    @Ctx() ctx: Context,
    @Arg('input', () => AdvanceClockInput, { description: 'Where to move the clock.' })
    { to, reason, idempotencyKey }: AdvanceClockInput,
  ): Promise<AdvanceClockPayload | Refused> {
    return orRefused(async () => {
      const input = { to, reason, idempotencyKey: idempotencyKey ?? undefined };
      const { ran, ...arrived } = await advanceClock(
        demandSandbox(this.services.sandbox),
        input,
        actorRef(ctx.actor),
      );
      const work = [...ran].map(([name, times]) => ({ name, times }));
      return { ...arrived, ran: work, userErrors: [] };
    });
  }
}
