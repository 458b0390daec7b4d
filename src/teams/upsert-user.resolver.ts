import { Arg, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Clock } from '../clock.ts';
import { type Db, inTransaction } from '../db/client.ts';
import { assert } from '../domain-error.ts';
import { Inherits, Permit } from '../graphql/auth.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { UserError } from '../graphql/user-error.ts';
import { upsertUser } from './upsert-user.ts';
import { User } from './user.type.ts';
import { usersById, type WelcomeOwner } from './users.ts';

@InputType('UpsertUserInput', { description: 'What the platform knows of a person.' })
class UpsertUserInput {
  @Field(() => String, { description: 'Who it is: the "sub" of their tokens, up to 255 characters.' })
  subject: string;

  @Field(() => String, { nullable: true, description: 'Their e-mail; what is known stays when absent.' })
  email?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether it is proven that the e-mail is theirs. One that is not is left out: what was verified before stays.',
  })
  emailVerified: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Their name, up to 200 characters; what is known stays when absent.',
  })
  name?: string | null;
}

@Inherits()
@ObjectType('UpsertUserPayload', { description: 'What came of upsertUser.' })
class UpsertUserPayload {
  @Field(() => User, { nullable: true, description: 'The person as known now; null when it was refused.' })
  user?: User;

  @Field(() => [UserError], { description: 'Why it was refused: INVALID_INPUT.' })
  userErrors: UserError[];
}

/** What `upsertUser` is made with. */
export interface UpsertUserServices {
  readonly db: Db;
  readonly clock: Clock;
  /** Absent: nothing is due for who owns a team. */
  readonly welcome?: WelcomeOwner | undefined;
}

/** `upsertUser`. */
@Resolver()
export class UpsertUserResolver {
  constructor(private readonly services: UpsertUserServices) {}

  @Permit('users:write')
  @Mutation(() => UpsertUserPayload, {
    description:
      'Makes a person known before their first request, or what is known of them newer. Their first verified e-mail is when sign-up credit is due. Repeating it changes nothing.',
  })
  upsertUser(
    @Arg('input', () => UpsertUserInput, { description: 'The person.' })
    { subject, email, emailVerified, name }: UpsertUserInput,
  ): Promise<UpsertUserPayload | Refused> {
    const { db, clock, welcome } = this.services;
    return orRefused(async () => {
      const person = { subject, email: email ?? undefined, emailVerified, name: name ?? undefined };
      const userId = await inTransaction(db, (tx) => upsertUser(tx, person, clock.now(), welcome));
      const [user] = await usersById(db, [userId]);
      assert(user, 'a user that was recorded is there');
      return { user: User.of(user), userErrors: [] };
    });
  }
}
