import { html } from 'hono/html';
import type { Piece } from './pages-layout.ts';
import type { Params } from './params.ts';
import type { CardInput } from './payment-methods.ts';
import { StripeProblem } from './problem.ts';

/** What stands in the form of a card, and what is wrong with it. */
export interface CardForm {
  /** Where it is sent. */
  readonly action: string;
  /** On its button: `Pay $20.00`. */
  readonly submit: string;
  readonly cancelUrl?: string | null | undefined;
  readonly typed?: TypedFields | undefined;
  readonly wrong?: Wrong | undefined;
}

/** What somebody typed, without the security code: that is typed anew. */
export interface TypedFields {
  readonly number: string;
  readonly expiry: string;
  readonly name: string;
}

/** Why the card was not taken; at one field of the form, or at all of it. */
export interface Wrong {
  readonly message: string;
  readonly field?: 'cvc' | 'expiry' | 'name' | 'number' | undefined;
}

const CARDS = [
  ['4242 4242 4242 4242', 'Visa: succeeds'],
  ['5555 5555 5555 4444', 'Mastercard: succeeds'],
  ['4000 0027 6000 3184', 'asks for 3-D Secure every time'],
  ['4000 0000 0000 0002', 'is declined'],
  ['4000 0000 0000 9995', 'has insufficient funds'],
  ['4000 0025 0000 3155', 'asks for 3-D Secure once, then works without you'],
  ['4000 0000 0000 0341', 'can be saved, is declined when charged'],
  ['4000 0000 0000 0069', 'has expired'],
  ['4000 0000 0000 0127', 'has a wrong security code'],
  ['4000 0000 0000 0259', 'is paid with, then disputed'],
  ['4000 0000 0000 5126', 'is paid with; its refund fails'],
] as const;

/** The form of a card, buttons of wallets, and the cards of the sandbox to choose from. */
export function cardForm(form: CardForm): Piece {
  return html`${wallets(form.action)}
    <form method="post" action="${form.action}" novalidate>
      ${form.wrong && !form.wrong.field ? html`<p class="wrong" role="alert">${form.wrong.message}</p>` : ''}
      ${fieldOf(form, { name: 'number', label: 'Card number', autocomplete: 'cc-number', hint: '1234 1234 1234 1234' })}
      <div class="row">
        ${fieldOf(form, { name: 'expiry', label: 'Expires', autocomplete: 'cc-exp', hint: 'MM / YY' })}
        ${fieldOf(form, { name: 'cvc', label: 'Security code', autocomplete: 'cc-csc', hint: 'CVC' })}
      </div>
      ${fieldOf(form, { name: 'name', label: 'Name on card', autocomplete: 'cc-name', hint: '' })}
      <button type="submit">${form.submit}</button>
      ${form.cancelUrl ? html`<a class="button plain" href="${form.cancelUrl}">Cancel</a>` : ''}
    </form>
    ${choice()}`;
}

function wallets(action: string): Piece {
  return html`<form method="post" action="${action}">
      <div class="row">
        <button class="wallet" name="wallet" value="pm_card_applePay">Apple Pay</button>
        <button class="wallet" name="wallet" value="pm_card_googlePay">Google Pay</button>
      </div>
    </form>
    <div class="or">or by card</div>`;
}

function choice(): Piece {
  return html`<details open>
    <summary>Cards to try</summary>
    <p class="soft">Only these work here. Choose one to fill the form in.</p>
    <div class="cards">
      ${CARDS.map(
        ([number, what]) =>
          html`<button type="button" class="card" data-card="${number}"><code>${number}</code><span>${what}</span></button>`,
      )}
    </div>
  </details>`;
}

interface Field {
  readonly name: 'cvc' | 'expiry' | 'name' | 'number';
  readonly label: string;
  readonly autocomplete: string;
  readonly hint: string;
}

function fieldOf({ typed, wrong }: CardForm, { name, label, autocomplete, hint }: Field): Piece {
  const isWrong = wrong?.field === name;
  const value = name === 'cvc' ? '' : (typed?.[name] ?? '');
  return html`<label
    >${label}
    <input
      name="${name}"
      value="${value}"
      placeholder="${hint}"
      autocomplete="${autocomplete}"
      inputmode="${name === 'name' ? 'text' : 'numeric'}"
      maxlength="${name === 'name' ? '100' : '23'}"
      aria-invalid="${isWrong ? 'true' : 'false'}"
      ${isWrong ? html`aria-describedby="${name}-wrong"` : ''}
    />
    ${isWrong ? html`<small class="why" id="${name}-wrong" role="alert">${wrong.message}</small>` : ''}
  </label>`;
}

/** Fills in the card that is chosen, and groups digits while they are typed. */
export const CARD_SCRIPT = `
const field = (name) => document.querySelector('input[name=' + name + ']');
for (const button of document.querySelectorAll('[data-card]')) button.addEventListener('click', () => {
  field('number').value = button.dataset.card;
  if (!field('expiry').value) field('expiry').value = '12 / ' + String((new Date().getFullYear() + 8) % 100);
  if (!field('cvc').value) field('cvc').value = '123';
  if (!field('name').value) field('name').value = 'Test Holder';
  document.querySelector('form[novalidate] button[type=submit]').focus();
});
field('number')?.addEventListener('input', ({ target }) => {
  if (target.selectionStart !== target.value.length) return;
  target.value = target.value.replace(/\\D/g, '').slice(0, 19).replace(/(.{4})(?=.)/g, '$1 ');
});
field('expiry')?.addEventListener('input', ({ target, inputType }) => {
  if (inputType?.startsWith('delete') || target.selectionStart !== target.value.length) return;
  const digits = target.value.replace(/\\D/g, '').slice(0, 4);
  target.value = digits.length < 2 ? digits : digits.slice(0, 2) + ' / ' + digits.slice(2);
});
for (const form of document.forms) form.addEventListener('submit', (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => { for (const form of document.forms) delete form.dataset.sent; });
`;

/** What was typed into the form. */
export function typedFields(params: Params): TypedFields {
  return {
    number: params.optional('number') ?? '',
    expiry: params.optional('expiry') ?? '',
    name: params.optional('name') ?? '',
  };
}

/** The card of the form, or what is missing from it. */
export function cardOfForm(params: Params): CardInput | Wrong {
  const wallet = params.oneOf('wallet', ['pm_card_applePay', 'pm_card_googlePay']);
  if (wallet) return { token: wallet };
  const { number, expiry, name } = typedFields(params);
  const cvc = params.optional('cvc') ?? '';
  const [, month, year] = /^\s*(\d{1,2})\s*\/?\s*(\d{2}|\d{4})\s*$/.exec(expiry) ?? [];
  if (number.trim() === '') return { field: 'number', message: 'Please enter your card number.' };
  if (month === undefined || year === undefined) {
    return { field: 'expiry', message: 'Please enter when your card expires: month and year.' };
  }
  if (cvc.trim() === '') return { field: 'cvc', message: 'Please enter the security code of your card.' };
  return {
    number: number.replace(/[\s-]/g, ''),
    expMonth: Number(month),
    expYear: Number(year) + (year.length === 2 ? 2000 : 0),
    cvc: cvc.trim(),
    name: name.trim() || undefined,
  };
}

const FIELDS: Readonly<Record<string, Wrong['field']>> = {
  incorrect_number: 'number',
  invalid_number: 'number',
  invalid_expiry_month: 'expiry',
  invalid_expiry_year: 'expiry',
  invalid_cvc: 'cvc',
};

/** What the form says of a card that was not taken. @throws what is no fault of the card. */
export function wrongOf(error: unknown): Wrong {
  if (!(error instanceof StripeProblem) || error.status === 404) throw error;
  return { message: error.message, field: FIELDS[error.code ?? ''] };
}
