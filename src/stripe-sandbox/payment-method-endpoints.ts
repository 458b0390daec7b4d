import type Stripe from 'stripe';
import type { Call, Endpoint } from './call.ts';
import { judgeSetup } from './cards.ts';
import { withoutDefault } from './customers.ts';
import { listOf, listParams } from './lists.ts';
import type { Stored } from './objects.ts';
import type { Params } from './params.ts';
import {
  attachMethod,
  cardOf,
  declineProblem,
  detachMethod,
  expiry,
  findMethod,
  newCard,
  type TypedCardInput,
} from './payment-methods.ts';
import { invalidRequest, parameterMissing } from './problem.ts';

async function create(call: Call): Promise<object> {
  const { params } = call;
  if (params.oneOf('type', ['card']) === undefined) throw parameterMissing('type');
  const card = params.part('card');
  if (card === undefined) throw parameterMissing('card');
  const token = card.optional('token');
  const made = await newCard(
    call,
    token === undefined ? typedCard(card, params) : { token: token.replace(/^tok_/, 'pm_card_') },
  );
  const metadata = params.metadata();
  return (await call.objects.change(made, { metadata, ...describedBy(made, params) })).data;
}

function typedCard(card: Params, params: Params): TypedCardInput {
  const billing = params.part('billing_details');
  return {
    number: card.required('number'),
    expMonth: card.integer('exp_month'),
    expYear: card.integer('exp_year'),
    cvc: card.optional('cvc'),
    name: billing?.optional('name'),
    email: billing?.optional('email'),
  };
}

async function attach(call: Call): Promise<object> {
  const customer = call.params.required('customer');
  const method = await findMethod(call, call.path('id'));
  const refused = expiry(call, method) ?? judgeSetup(cardOf(method));
  // Attaching asks no holder: who has to authenticate does so with the first payment.
  if (refused !== 'succeed' && refused !== 'authenticate') throw declineProblem(refused);
  return (await attachMethod(call, method, customer)).data;
}

async function detach(call: Call): Promise<object> {
  const method = await findMethod(call, call.path('id'));
  const detached = await detachMethod(call, method);
  if (method.customer !== null) await withoutDefault(call, method.customer, method.id);
  return detached.data;
}

async function update(call: Call): Promise<object> {
  const { params } = call;
  const method = await findMethod(call, call.path('id'));
  if (method.customer === null) {
    throw invalidRequest('You must attach this PaymentMethod to a Customer before you can update it.', {
      code: 'payment_method_unexpected_state',
    });
  }
  const changed = await call.objects.change(method, {
    metadata: params.metadata(method.data.metadata ?? {}),
    ...describedBy(method, params),
    ...embossedBy(method, params.part('card')),
  });
  call.emit('payment_method.updated', changed.data);
  return changed.data;
}

function describedBy(method: Stored<'payment_method'>, params: Params): Partial<Stripe.PaymentMethod> {
  const redisplay = params.oneOf('allow_redisplay', ['always', 'limited', 'unspecified']);
  const billing = params.part('billing_details');
  const old = method.data.billing_details;
  const address = billing?.part('address');
  const { country, postal_code: postalCode } = old.address ?? { country: null, postal_code: null };
  return {
    ...(redisplay ? { allow_redisplay: redisplay } : {}),
    billing_details: {
      ...old,
      name: billing?.optional('name') ?? old.name,
      email: billing?.optional('email') ?? old.email,
      phone: billing?.optional('phone') ?? old.phone,
      address: {
        city: address?.optional('city') ?? old.address?.city ?? null,
        country: address?.optional('country') ?? country,
        line1: address?.optional('line1') ?? old.address?.line1 ?? null,
        line2: address?.optional('line2') ?? old.address?.line2 ?? null,
        postal_code: address?.optional('postal_code') ?? postalCode,
        state: address?.optional('state') ?? old.address?.state ?? null,
      },
    },
  };
}

function embossedBy(
  method: Stored<'payment_method'>,
  card: Params | undefined,
): Partial<Stripe.PaymentMethod> {
  const month = card?.optionalInteger('exp_month');
  const year = card?.optionalInteger('exp_year');
  const old = method.data.card;
  if (old === undefined || (month === undefined && year === undefined)) return {};
  if (month !== undefined && (month < 1 || month > 12)) {
    throw invalidRequest("Your card's expiration month is invalid.", { param: 'card[exp_month]' });
  }
  return { card: { ...old, exp_month: month ?? old.exp_month, exp_year: year ?? old.exp_year } };
}

async function list(call: Call): Promise<object> {
  return methodsOf(call, call.params.optional('customer'), '/v1/payment_methods');
}

async function listOfCustomer(call: Call): Promise<object> {
  const { id } = await call.objects.require('customer', call.path('customer'), 'customer');
  return methodsOf(call, id, `/v1/customers/${id}/payment_methods`);
}

async function methodsOf(call: Call, customer: string | undefined, url: string): Promise<object> {
  const type = call.params.optional('type');
  if (customer !== undefined) await call.objects.require('customer', customer, 'customer');
  const types = type === undefined ? {} : { types: [type] };
  return listOf(
    url,
    await call.objects.list('payment_method', { ...listParams(call.params), customer, ...types }),
  );
}

async function ofCustomer(call: Call): Promise<object> {
  const method = await call.objects.require('payment_method', call.path('id'), 'payment_method');
  if (method.customer === call.path('customer')) return method.data;
  throw invalidRequest(`The customer does not have a payment method with the ID ${method.id}.`, {
    code: 'resource_missing',
    param: 'payment_method',
  });
}

/** Cards that payments are made with. */
export const PAYMENT_METHOD_ENDPOINTS: readonly Endpoint[] = [
  { method: 'POST', path: '/v1/payment_methods', run: create },
  { method: 'GET', path: '/v1/payment_methods', run: list },
  {
    method: 'GET',
    path: '/v1/payment_methods/:id',
    run: async (call) => (await findMethod(call, call.path('id'))).data,
  },
  { method: 'POST', path: '/v1/payment_methods/:id', run: update },
  { method: 'POST', path: '/v1/payment_methods/:id/attach', run: attach },
  { method: 'POST', path: '/v1/payment_methods/:id/detach', run: detach },
  { method: 'GET', path: '/v1/customers/:customer/payment_methods', run: listOfCustomer },
  { method: 'GET', path: '/v1/customers/:customer/payment_methods/:id', run: ofCustomer },
];
