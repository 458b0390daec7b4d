import { badInput } from '../domain-error.ts';
import type { Uuid } from '../id.ts';

/** How a payment method is to be saved. */
export interface SetupRequest {
  readonly teamId: Uuid;
  /** On a page of Stripe's, rather than in one of the asker's own with Stripe.js. */
  readonly hostedPage: boolean;
  /** Where its holder goes afterwards. */
  readonly returnUrl?: string | undefined;
  /** A test card to save at once, in sandbox mode: `pm_card_visa`. */
  readonly sandboxCard?: string | undefined;
}

/** What was begun, and what its holder needs to go on. */
export interface BegunSetup {
  /** What Stripe.js goes on with. */
  readonly clientSecret: string | null;
  /** Where the holder has to go. */
  readonly hostedUrl: string | null;
  /** `seti_…` */
  readonly setupIntentId: string | null;
  /** What was saved already. */
  readonly stripeMethod: string | null;
}

const LONGEST_URL = 2_000;
/** Stripe's names of test cards; ids of real methods look otherwise, and are of no use here. */
const TEST_CARD = /^(pm_card|tok)_[A-Za-z0-9_]{1,80}$/;

/** @throws DomainError BAD_USER_INPUT naming the field. */
export function checkSetup(request: SetupRequest, { isSandbox }: { readonly isSandbox: boolean }): void {
  const { returnUrl, sandboxCard, hostedPage } = request;
  if (returnUrl !== undefined) checkUrl('returnUrl', returnUrl);
  if (sandboxCard === undefined) return;
  if (!isSandbox) throw badInput('sandboxCard', 'must be absent: there are test cards in sandbox mode only.');
  if (hostedPage) throw badInput('sandboxCard', 'must be absent with a hosted page: choose the card there.');
  if (!TEST_CARD.test(sandboxCard))
    throw badInput('sandboxCard', "must be one of Stripe's test cards, such as pm_card_visa.");
}

function checkUrl(field: string, text: string): void {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!isWeb || text.length > LONGEST_URL || url.username !== '')
    throw badInput(field, `must be an absolute http or https address of at most ${LONGEST_URL} characters.`);
}
