import { expect, test } from 'vitest';
import { useSandbox } from './running-sandbox.ts';

const running = useSandbox('https://pay.example.com/');

test('pages are named by where browsers reach them', async () => {
  const { next_action: action } = await running().stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
  });
  expect(action?.redirect_to_url?.url).toMatch(/^https:\/\/pay\.example\.com\/3ds\/pi_\w+$/);
});
