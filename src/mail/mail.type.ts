import { ArgsType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Inherits } from '../graphql/auth.ts';
import { ConnectionArgs, connectionType } from '../graphql/connection.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { publicId } from '../id.ts';
import type { Mail, MailStatus } from './mail.ts';

const MailStatusEnum = {
  WAITING: 'WAITING',
  SENT: 'SENT',
  KEPT: 'KEPT',
  FAILED: 'FAILED',
} as const satisfies Record<MailStatus, MailStatus>;

registerEnumType(MailStatusEnum, {
  name: 'MailStatus',
  description: 'What became of a mail.',
  valuesConfig: {
    WAITING: { description: 'It is to be sent.' },
    SENT: { description: 'A mail server has taken it.' },
    KEPT: { description: 'It is only kept here: there are no SMTP settings.' },
    FAILED: { description: 'No mail server would take it.' },
  },
});

/** A mail in the API. */
@Inherits()
@ObjectType('SandboxMail', {
  implements: Node,
  description: 'A mail that the product has written, as it can be read in sandbox mode.',
  simpleResolvers: true,
})
export class SandboxMail extends Node {
  @Field(() => ID, { description: 'The team it is about.' })
  teamId: string;

  @Field(() => [String], { description: 'The addresses it is for.' })
  to: readonly string[];

  @Field(() => String, { description: 'Its subject.' })
  subject: string;

  @Field(() => String, { description: 'Its text.' })
  text: string;

  @Field(() => String, { description: 'The same as an HTML page.' })
  html: string;

  @Field(() => Int, { description: 'How many files go with it.' })
  attachmentCount: number;

  @Field(() => MailStatusEnum, { description: 'What became of it.' })
  status: MailStatus;

  @Field(() => Int, { description: 'How often it was tried to send it.' })
  attempts: number;

  @Field(() => String, { nullable: true, description: 'Why it could not be sent when that was last tried.' })
  error: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was written.' })
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was sent.' })
  sentAt: Date | null;
}

/** The API form of a mail. */
export function toSandboxMail({ id, teamId, attachments, ...mail }: Mail): SandboxMail {
  return {
    ...mail,
    id: publicId('mail', id),
    teamId: publicId('team', teamId),
    attachmentCount: attachments.length,
  };
}

/** A page of mail. */
export const { Connection: SandboxMailConnection } = connectionType(
  'SandboxMail',
  'mails',
  () => SandboxMail,
);

@ArgsType()
export class SandboxMailArgs extends ConnectionArgs {
  @Field(() => ID, {
    nullable: true,
    description: 'The team whose mail to list; of all teams when absent, for operators.',
  })
  teamId?: string | null;
}
