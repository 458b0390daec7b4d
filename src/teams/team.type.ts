import { Field, ID, ObjectType } from 'type-graphql';
import { Inherits, type RuleData } from '../graphql/auth.ts';
import { connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId, type Uuid } from '../id.ts';
import type { TeamRow } from './teams.ts';

/** A team in the API. Other rooms add their fields to this class by `@FieldResolver`, each with a rule of its own. */
@ObjectType('Team', {
  implements: Node,
  description: 'Those who share one balance. Every figure belongs to a team.',
})
export class Team extends Node {
  /** The stored id. */
  uuid: Uuid;

  @Inherits()
  @Field(() => ID, { description: 'Starts with "team_".' })
  override id: string;

  @Inherits()
  @Field(() => String, { description: 'What its members call it.' })
  name: string;

  @Inherits()
  @Field(() => String, {
    description:
      'IANA name of the time zone that days and months of its spend are counted in, such as "Europe/Berlin".',
  })
  timeZone: string;

  @Inherits()
  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  static of({ id, name, timeZone, createdAt }: TeamRow): Team {
    return Object.assign(new Team(), { uuid: id, id: publicId('team', id), name, timeZone, createdAt });
  }
}

/** For rules of fields of `Team`: the team itself. */
export function thisTeam({ root }: RuleData<Team, unknown>): Uuid {
  return root.uuid;
}

export const { Connection: TeamConnection } = connectionType('Team', 'teams', () => Team);
