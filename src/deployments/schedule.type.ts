import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import type { Schedule, ScheduleWindow, Weekday } from './schedule.ts';

export const WeekdayEnum = {
  MONDAY: 'MONDAY',
  TUESDAY: 'TUESDAY',
  WEDNESDAY: 'WEDNESDAY',
  THURSDAY: 'THURSDAY',
  FRIDAY: 'FRIDAY',
  SATURDAY: 'SATURDAY',
  SUNDAY: 'SUNDAY',
} as const satisfies { readonly [Day in Weekday]: Day };

registerEnumType(WeekdayEnum, {
  name: 'Weekday',
  description: 'A day of the week, in the time zone of the team.',
  valuesConfig: {
    MONDAY: { description: 'Monday.' },
    TUESDAY: { description: 'Tuesday.' },
    WEDNESDAY: { description: 'Wednesday.' },
    THURSDAY: { description: 'Thursday.' },
    FRIDAY: { description: 'Friday.' },
    SATURDAY: { description: 'Saturday.' },
    SUNDAY: { description: 'Sunday.' },
  },
});

@Inherits()
@ObjectType('DeploymentWindow', {
  simpleResolvers: true,
  description: 'A time of the week in which a deployment runs, in the time zone of its team.',
})
class DeploymentWindow implements ScheduleWindow {
  @Field(() => [WeekdayEnum], { description: 'The days on which it opens.' })
  days: Weekday[];

  @Field(() => String, { description: 'When it opens: "HH:MM".' })
  from: string;

  @Field(() => String, {
    description: 'When it closes: "HH:MM", up to "24:00". Earlier than "from": on the next day.',
  })
  to: string;
}

@Inherits()
@ObjectType('DeploymentSchedule', {
  simpleResolvers: true,
  description:
    'When a deployment runs. A window opens and closes the first time that the clock of the team shows its time or a later one: times that are skipped when clocks are set forward come at the first instant after that, and times that come twice count once, the first time.',
})
export class DeploymentSchedule implements Schedule {
  @Field(() => [DeploymentWindow], { description: 'The windows of a week. They do not overlap.' })
  windows: DeploymentWindow[];
}
