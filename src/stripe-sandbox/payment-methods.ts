import type { Call } from './call.ts';
import type { Stored } from './objects.ts';

/** A card as somebody typed it on a page, or one of Stripe's names for test cards: `pm_card_visa`. */
export type CardInput =
  | { readonly token: string }
  | {
      readonly number: string;
      readonly expMonth: number;
      readonly expYear: number;
      readonly cvc?: string | undefined;
      readonly name?: string | undefined;
      readonly email?: string | undefined;
      readonly postalCode?: string | undefined;
      readonly country?: string | undefined;
    };

/** A new, unattached payment method. @throws StripeProblem `incorrect_number`, `invalid_expiry_year` … or `card_declined` for a number that is no test card. */
export declare function newCard(call: Call, card: CardInput): Promise<Stored<'payment_method'>>;

/** The method by its id, or a new one for a name like `pm_card_visa`. @throws StripeProblem `resource_missing`. */
export declare function findMethod(call: Call, id: string, param?: string): Promise<Stored<'payment_method'>>;

/** Attaches it to the customer; `payment_method.attached` is emitted. @throws StripeProblem `card_declined` for cards that decline at once. */
export declare function attachMethod(
  call: Call,
  method: Stored<'payment_method'>,
  customer: string,
): Promise<Stored<'payment_method'>>;
