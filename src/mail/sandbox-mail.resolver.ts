import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { Db } from '../db/client.ts';
import { DomainError } from '../domain-error.ts';
import { isPermitted, permit, SignedIn } from '../graphql/auth.ts';
import { mapPage, type Page } from '../graphql/connection.ts';
import type { Context } from '../graphql/context.ts';
import type { NodeLoaders } from '../graphql/node.ts';
import { parseId, type Uuid } from '../id.ts';
import { type SandboxMail, SandboxMailArgs, SandboxMailConnection, toSandboxMail } from './mail.type.ts';
import { mailById, mailPage } from './mail-reads.ts';

/** What the resolver is made with. */
export interface SandboxMailServices {
  readonly db: Db;
  /** Whether this is sandbox mode: elsewhere mail is read by those who receive it. */
  readonly isSandbox: boolean;
}

/** `sandboxMail`: the mail of a team for whoever may see its billing, all mail for operators. */
@Resolver()
export class SandboxMailResolver {
  constructor(private readonly services: SandboxMailServices) {}

  @SignedIn()
  @Query(() => SandboxMailConnection, {
    description:
      'The mail that the product has written, the newest first, in sandbox mode: of one team for those who may see its billing, of all teams for operators.',
  })
  async sandboxMail(
    @Ctx() ctx: Context,
    @Args(() => SandboxMailArgs) { teamId, ...args }: SandboxMailArgs,
  ): Promise<Page<SandboxMail>> {
    const team = teamId == null ? undefined : parseId('team', teamId, 'teamId');
    await mayRead(ctx, team);
    demandMailbox(this.services);
    return mapPage(await mailPage(this.services.db, team, args), toSandboxMail);
  }
}

function mayRead(ctx: Context, teamId: Uuid | undefined): Promise<void> {
  return teamId === undefined ? permit(ctx, 'inspect') : permit(ctx, 'billing:read', teamId);
}

function demandMailbox({ isSandbox }: SandboxMailServices): void {
  if (!isSandbox) throw new DomainError('CONFLICT', 'This is no sandbox: mail is sent, not shown.');
}

/** Mail by its id, in sandbox mode: null for what the asker may not see. */
export function mailNodes({ db, isSandbox }: SandboxMailServices): NodeLoaders {
  return {
    mail: async (ctx, id) => {
      const mail = isSandbox ? await mailById(db, id) : undefined;
      return mail && (await isPermitted(ctx, 'billing:read', mail.teamId)) ? toSandboxMail(mail) : null;
    },
  };
}
