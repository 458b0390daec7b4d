import { Arg, Args, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { inputTeam, Permit } from '../graphql/auth.ts';
import { ConnectionArgs, mapPage, type Page } from '../graphql/connection.ts';
import { orRefused, type Refused } from '../graphql/refusals.ts';
import { Team, thisTeam } from '../teams/team.type.ts';
import {
  methodFrom,
  RemovePaymentMethodInput,
  SetDefaultPaymentMethodInput,
  SetupPaymentMethodInput,
  setupFrom,
} from './payment-method.input.ts';
import type { StoredMethod } from './payment-method.ts';
import { type PaymentMethod, PaymentMethodConnection, toPaymentMethod } from './payment-method.type.ts';
import { removeMethod, setDefaultMethod } from './payment-method-changes.ts';
import { methodPage } from './payment-method-pages.ts';
import {
  RemovePaymentMethodPayload,
  SetDefaultPaymentMethodPayload,
  SetupPaymentMethodPayload,
} from './payment-method-payload.type.ts';
import { chosenMethod } from './payment-methods.ts';
import { type SetupDeps, setupPaymentMethod } from './setup-payment-method.ts';

/** What the resolver of payment methods is made with. */
export interface PaymentMethodServices extends SetupDeps {
  /** `pk_…`, for pages that use Stripe.js. */
  readonly publishableKey: string | undefined;
}

/** The payment methods of a team, and what may be done to them. */
@Resolver(() => Team)
export class PaymentMethodResolver {
  constructor(private readonly services: PaymentMethodServices) {}

  @Permit('billing:read', thisTeam)
  @FieldResolver(() => PaymentMethodConnection, {
    description:
      'What the team can pay with, the newest first. Answered also while the payment provider is not.',
  })
  async paymentMethods(
    @Root() team: Team,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
  ): Promise<Page<PaymentMethod>> {
    const page = await methodPage(this.services.db, team.uuid, args);
    return mapPage(page, (method) => this.shown(method));
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => SetupPaymentMethodPayload, {
    description:
      'Begins to save a card for later payments: on a page of the payment provider, on your own with Stripe.js, or, in sandbox mode, at once. The first one becomes the default. Nothing is charged, and repeating it is harmless. Refusals: INVALID_INPUT, CARD_DECLINED, CONFLICT when the team has 50 already.',
  })
  setupPaymentMethod(
    @Arg('input', () => SetupPaymentMethodInput, { description: 'How it is to be saved.' })
    input: SetupPaymentMethodInput,
  ): Promise<SetupPaymentMethodPayload | Refused> {
    return orRefused(async () => {
      const { clientSecret, hostedUrl, setupIntentId, method } = await setupPaymentMethod(
        this.services,
        setupFrom(input),
      );
      const publishableKey = this.services.publishableKey ?? null;
      const paymentMethod = method ? this.shown(method) : null;
      return { clientSecret, publishableKey, hostedUrl, setupIntentId, paymentMethod, userErrors: [] };
    });
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => SetDefaultPaymentMethodPayload, {
    description:
      'Has payments that name no method, and plans, use this one from now on. Repeating it is harmless. Refusals: INVALID_INPUT, NOT_FOUND.',
  })
  setDefaultPaymentMethod(
    @Arg('input', () => SetDefaultPaymentMethodInput, { description: 'Which.' })
    input: SetDefaultPaymentMethodInput,
  ): Promise<SetDefaultPaymentMethodPayload | Refused> {
    return orRefused(async () => this.changed(await setDefaultMethod(this.services, methodFrom(input))));
  }

  @Permit('billing:write', inputTeam)
  @Mutation(() => RemovePaymentMethodPayload, {
    description:
      'Takes a method from the team for good: nothing is charged to it from now on. If it was the default, the newest other one becomes it. Refused while auto-recharge could charge nothing without it. Repeating it is harmless. Refusals: INVALID_INPUT, NOT_FOUND, PAYMENT_METHOD_IN_USE.',
  })
  removePaymentMethod(
    @Arg('input', () => RemovePaymentMethodInput, { description: 'Which.' }) input: RemovePaymentMethodInput,
  ): Promise<RemovePaymentMethodPayload | Refused> {
    return orRefused(async () => this.changed(await removeMethod(this.services, methodFrom(input))));
  }

  private async changed(method: StoredMethod) {
    const chosen = await chosenMethod(this.services.db, method.teamId, null);
    return {
      paymentMethod: this.shown(method),
      defaultPaymentMethod: chosen ? this.shown(chosen) : null,
      userErrors: [],
    };
  }

  private shown(method: StoredMethod): PaymentMethod {
    return toPaymentMethod(method, this.services.clock.now());
  }
}
