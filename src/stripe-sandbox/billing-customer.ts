import type Stripe from 'stripe';
import type { Call } from './call.ts';
import type { Stored } from './objects.ts';
import { resourceMissing } from './problem.ts';

/** A customer that was not deleted, with the object it is stored as. */
export interface Customer {
  readonly stored: Stored<'customer'>;
  readonly data: Stripe.Customer;
}

/** The customer with this id, locked if asked for. @throws StripeProblem `resource_missing`, naming `param`. */
export async function liveCustomer(
  call: Call,
  id: string,
  param: string,
  options: { lock?: boolean } = {},
): Promise<Customer> {
  const stored = await call.objects.require('customer', id, param, options);
  if (stored.data.deleted) throw resourceMissing('customer', id, param);
  return { stored, data: stored.data };
}

/** Whether the customer was deleted: nothing is charged to them any more. */
export async function isDeleted(call: Call, id: string): Promise<boolean> {
  const customer = await call.objects.get('customer', id);
  return customer?.data.deleted === true;
}

/** Puts `cents` on the balance of the customer: credit below zero. */
export async function setBalance(call: Call, customer: Customer, cents: number): Promise<void> {
  if (cents === customer.data.balance) return;
  const { data } = await call.objects.change(customer.stored, { balance: cents });
  call.emit('customer.updated', data, { balance: customer.data.balance });
}

/** The method that a customer pays invoices with when nothing else is named; null when there is none. */
export function defaultMethodOf({ data }: Customer): string | null {
  const method = data.invoice_settings.default_payment_method;
  return typeof method === 'string' ? method : (method?.id ?? null);
}

/** The method, when it is the customer's. @throws StripeProblem `resource_missing`, naming `param`. */
export async function methodOf(
  call: Call,
  id: string,
  customer: string,
  param: string,
): Promise<Stored<'payment_method'>> {
  const method = await call.objects.require('payment_method', id, param);
  if (method.customer !== customer) throw resourceMissing('PaymentMethod', id, param);
  return method;
}
