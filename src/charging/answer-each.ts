import { badInput } from '../domain-error.ts';
import type { ChargeRefusal } from './charge.ts';
import { FORM_LIMITS } from './request-form.ts';

/** The answer to a request whose form is wrong. */
export interface FormRefused {
  readonly ok: false;
  readonly refusal: ChargeRefusal;
}

/**
 * Answers the items of a call one by one, in their order: those that `check` makes requests of are sent on together,
 * and the refusals of the others come between their answers.
 * @throws DomainError BAD_USER_INPUT for no items or more than 1,000, and as `send` does.
 */
export async function answerEach<Item, Request extends { readonly what: string }, Result>(
  items: readonly Item[],
  check: (item: Item) => Request | ChargeRefusal,
  send: (requests: readonly Request[]) => Promise<readonly Result[]>,
): Promise<(Result | FormRefused)[]> {
  if (items.length === 0 || items.length > FORM_LIMITS.items)
    throw badInput('items', `must have 1 to ${FORM_LIMITS.items} elements.`);
  const checked = items.map(check);
  const answers = (await send(checked.filter(isRequest)))[Symbol.iterator]();
  return checked.map((one) => {
    if (!isRequest(one)) return { ok: false, refusal: one };
    const { value, done } = answers.next();
    if (done) throw new Error('A request was not answered.');
    return value;
  });
}

function isRequest<Request extends { readonly what: string }>(
  checked: Request | ChargeRefusal,
): checked is Request {
  return 'what' in checked;
}
