import { vi } from 'vitest';
import { newUuid, publicId, type Uuid } from '../../src/id.ts';
import { ask, type RunningApp } from './app-over-http.ts';

/** A team as whoever pays for it acts. */
export interface PayingTeam {
  readonly teamId: Uuid;
  readonly owner: { readonly authorization: string };
}

/** Stripe's test cards: one that pays, one that asks its holder, one that is disputed by its holder. */
const CARD = {
  good: 'pm_card_visa',
  asking: 'pm_card_authenticationRequiredSetupForOffSession',
  disputing: 'pm_card_createDispute',
} as const;

/** The plan that a team pays for, and the one that nobody has yet. */
const PLANS = ['workflow-personal', 'workflow-pro', 'workflow-business'] as const;
const VACANT_PLAN = 'platform-pro';

/** What a team has of everything that money is about, by its public id. */
export interface Purse {
  readonly paymentMethod: string;
  /** Asks its holder before each payment. */
  readonly askingCard: string;
  /** Waits for its payer. */
  readonly topUp: string;
  readonly payment: string;
  /** Waits to be decided. */
  readonly refund: string;
  readonly dispute: string;
  /** Active. */
  readonly subscription: string;
  readonly mail: string;
  readonly rechargeAttempt: string;
}

/** A subscription that keeps others of its family out. */
const PAID_PLATFORM = `family = 'platform' and ended_at is null
  and plan_version_id in (select id from plan_versions where monthly_cents > 0)`;

type Row = Readonly<Record<string, string>>;

/** What owners of teams and operators do with money, over the API and the Stripe sandbox. All it answers are public ids. */
export class Payer {
  constructor(
    private readonly app: RunningApp,
    private readonly operator: string,
  ) {}

  /** Has a team pay in every way there is. Its payments are of `amount` dollars and less. */
  async purse(team: PayingTeam, amount: string): Promise<Purse> {
    const paymentMethod = await this.card(team);
    const payment = await this.payment(team, amount);
    const rechargeAttempt = await this.recharged(team);
    const subscription = await this.subscribed(team, PLANS[0], paymentMethod);
    await this.redeem(team);
    const refund = await this.refund(team);
    const dispute = await this.disputed(team);
    const askingCard = await this.card(team, CARD.asking);
    const topUp = await this.bought(team, '11', askingCard);
    const mail = await this.only(team, 'mail', 'mails', 'true');
    return {
      ...{ paymentMethod, askingCard, topUp, payment, refund },
      ...{ dispute, subscription, mail, rechargeAttempt },
    };
  }

  /** A saved card. */
  card(team: PayingTeam, sandboxCard: string = CARD.good): Promise<string> {
    return this.act(team, 'setupPaymentMethod', { sandboxCard }, 'paymentMethod { id }');
  }

  /** A purchase with a saved card; answers the top-up. */
  bought(team: PayingTeam, custom: string, paymentMethodId?: string): Promise<string> {
    const input = { ...key(), amount: { custom }, ...(paymentMethodId && { paymentMethodId }) };
    return this.act(team, 'purchaseCredits', input, 'topUp { id }');
  }

  /** The payment of a purchase with the card that pays. */
  async payment(team: PayingTeam, custom = '10'): Promise<string> {
    const before = await this.all(team, 'payments', 'true');
    await this.bought(team, custom);
    const [added] = (await this.all(team, 'payments', 'true')).filter((id) => !before.includes(id));
    return publicId('payment', added ?? '');
  }

  /** A refund that waits to be decided. */
  async refund(team: PayingTeam): Promise<string> {
    const input = { ...key(), paymentId: await this.payment(team), reason: 'not needed' };
    return this.act(team, 'requestRefund', input, 'refund { id }');
  }

  /** A promo code that nobody has redeemed. */
  async promoCode(): Promise<string> {
    const input = { ...key(), credits: '1', reason: 'test' };
    const { text } = await this.send(this.operator, 'createPromoCode', input, 'promoCode { id code }');
    return /"code":"([^"]+)"/.exec(text)?.[1] ?? '';
  }

  /** Leaves the team without a subscription of one family of plans; answers a plan of it. */
  async vacancy(team: PayingTeam): Promise<string> {
    const [id] = await this.all(team, 'subscriptions', PAID_PLATFORM);
    if (id !== undefined) {
      const subscriptionId = publicId('subscription', id);
      await this.act(team, 'cancelSubscription', { ...key(), subscriptionId }, 'subscription { id }');
    }
    return VACANT_PLAN;
  }

  /** A subscription that waits for its first payment, and can be ended at once. */
  async waiting(team: PayingTeam, askingCard: string): Promise<string> {
    return this.subscribed(team, await this.vacancy(team), askingCard);
  }

  /** A plan that the team can change to. */
  async otherPlan({ teamId }: PayingTeam): Promise<string> {
    const rows = await this.app.database.db.sql<Row[]>`
      select p.code from subscriptions s join plan_versions p on p.id in (s.plan_version_id, s.next_plan_version_id)
      where s.team_id = ${teamId} and s.family = 'workflow' and s.ended_at is null`;
    const taken = rows.map(({ code }) => code);
    return PLANS.find((code) => !taken.includes(code)) ?? PLANS[0];
  }

  private subscribed(team: PayingTeam, planCode: string, paymentMethodId: string): Promise<string> {
    const input = { ...key(), planCode, paymentMethodId };
    return this.act(team, 'subscribeToPlan', input, 'subscription { id }');
  }

  /** One recharge: the day allows no more, and it is turned off then. */
  private async recharged(team: PayingTeam): Promise<string> {
    const terms = { enabled: true, threshold: '1000000', amount: '10', dailyCap: '10' };
    await this.send(team.owner.authorization, 'configureAutoRecharge', this.of(team, terms), 'replayed');
    const attempt = await this.only(team, 'rechargeAttempt', 'recharge_attempts', `status = 'SUCCEEDED'`);
    const off = this.of(team, { enabled: false });
    await this.send(team.owner.authorization, 'configureAutoRecharge', off, 'replayed');
    return attempt;
  }

  private async redeem(team: PayingTeam): Promise<void> {
    const input = { ...key(), code: await this.promoCode() };
    await this.act(team, 'redeemPromoCode', input, 'grant { id }');
  }

  private async disputed(team: PayingTeam): Promise<string> {
    await this.bought(team, '12', await this.card(team, CARD.disputing));
    return this.only(team, 'dispute', 'disputes', 'true');
  }

  /** The first of a team in a table, as soon as it is there. */
  private async only(
    team: PayingTeam,
    kind: 'dispute' | 'mail' | 'rechargeAttempt',
    table: string,
    where: string,
  ): Promise<string> {
    const found = async () => (await this.all(team, table, where))[0];
    return publicId(kind, (await vi.waitUntil(found, { timeout: 20_000 })) ?? '');
  }

  private async all({ teamId }: PayingTeam, table: string, where: string): Promise<string[]> {
    const { sql } = this.app.database.db;
    const rows = await sql.unsafe<Row[]>(
      `select id from ${table} where team_id = $1 and ${where} order by id`,
      [teamId],
    );
    return rows.map(({ id }) => id ?? '');
  }

  private async act(team: PayingTeam, name: string, input: object, selection: string): Promise<string> {
    const { text } = await this.send(team.owner.authorization, name, this.of(team, input), selection);
    const id = /"id":"([a-z]+_[0-9a-z]+)"/.exec(text)?.[1];
    if (!id) throw new Error(`${name} was refused: ${text}`);
    return id;
  }

  private of({ teamId }: PayingTeam, input: object): object {
    return { teamId: publicId('team', teamId), ...input };
  }

  private async send(authorization: string, name: string, input: object, selection: string) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { message } } }`;
    const answer = await ask(this.app, authorization, query, { input });
    if (!answer.text.includes('"userErrors":[]')) throw new Error(`${name} was refused: ${answer.text}`);
    return answer;
  }
}

function key() {
  return { idempotencyKey: newUuid() };
}
