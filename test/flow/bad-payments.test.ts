import { beforeAll, describe, expect, test } from 'vitest';
import { newUuid, publicId } from '../../src/id.ts';
import { useApp } from './app-over-http.ts';
import { type IsolationSetting, isolationSetting, mutate } from './isolation-setting.ts';
import { expectRefusal } from './refusal.ts';
import { unknownIds } from './tenants.ts';

const app = useApp();
let setting: IsolationSetting;
let team = '';
beforeAll(async () => {
  setting = await isolationSetting(app);
  team = publicId('team', setting.asked.teamId);
});

/** What is wrong, the changes that make it so, the code it is refused with, and the place that is named. */
type Row = readonly [title: string, changes: () => object, code: string, names: RegExp];

const call = (name: string, input: object, actor: 'owner' | 'operator' = 'owner') =>
  mutate(setting, actor, name, `${name[0]?.toUpperCase()}${name.slice(1)}Input`, input);
const keyed = (changes: object) => ({ teamId: team, idempotencyKey: newUuid(), ...changes });
const custom = (amount: unknown) => ({ amount: { custom: amount } });

/** Amounts that no card is charged. */
const WRONG_AMOUNTS: readonly Row[] = [
  ['under the minimum', () => custom('0.99'), 'INVALID_INPUT', /amount.*at least \$1\.00/],
  ['of nothing', () => custom('0'), 'INVALID_INPUT', /amount/],
  ['of less than nothing', () => custom('-5'), 'INVALID_INPUT', /amount/],
  ['of part of a cent', () => custom('12.345'), 'INVALID_INPUT', /amount.*whole cents/],
  ['of a million dollars', () => custom('1000000'), 'INVALID_INPUT', /amount.*at most/],
  ['beyond 64 bits', () => custom('9223372037'), 'BAD_USER_INPUT', /custom/],
  ['of NaN', () => custom('NaN'), 'BAD_USER_INPUT', /custom/],
  ['of a float', () => custom(12.5), 'BAD_USER_INPUT', /custom/],
  ['of words', () => custom('much'), 'BAD_USER_INPUT', /custom/],
  ['of an unknown pack', () => ({ amount: { pack: 'pack-7' } }), 'INVALID_INPUT', /amount.*creditPacks/],
  [
    'of a pack and an amount',
    () => ({ amount: { pack: 'pack-5', custom: '5' } }),
    'BAD_USER_INPUT',
    /amount/,
  ],
  ['of neither', () => ({ amount: {} }), 'BAD_USER_INPUT', /amount/],
];

/** Keys and pages that are none. */
const WRONG_FRAME: readonly Row[] = [
  ['without a key', () => ({ idempotencyKey: '' }), 'INVALID_INPUT', /idempotencyKey/],
  [
    'with a key of 256 characters',
    () => ({ idempotencyKey: 'k'.repeat(256) }),
    'INVALID_INPUT',
    /idempotencyKey/,
  ],
  ['that returns to a script', () => ({ returnUrl: 'javascript:alert(1)' }), 'INVALID_INPUT', /returnUrl/],
  ['that returns to a path', () => ({ returnUrl: '/billing' }), 'INVALID_INPUT', /returnUrl/],
  ['for an unknown team', () => ({ teamId: unknownIds().team }), 'NOT_FOUND', /team/i],
  ['for another team', () => ({ teamId: publicId('team', setting.other.teamId) }), 'NOT_FOUND', /team/i],
];

describe('a purchase is refused and nothing is written', () => {
  test.for([...WRONG_AMOUNTS, ...WRONG_FRAME])('%s', async ([, changes, code, names]) => {
    const input = () => keyed({ amount: { pack: 'pack-5' }, ...changes() });
    await expectRefusal(app, () => call('purchaseCredits', input()), { code, names });
  });

  const methods: readonly Row[] = [
    [
      "with another team's card",
      () => ({ paymentMethodId: setting.other.purse.paymentMethod }),
      'NOT_FOUND',
      /paymentMethodId/,
    ],
    ['with a card that is none', () => ({ paymentMethodId: team }), 'INVALID_INPUT', /paymentMethodId/],
  ];
  test.for(methods)('%s', async ([, changes, code, names]) => {
    const input = () => keyed({ amount: { pack: 'pack-5' }, ...changes() });
    await expectRefusal(app, () => call('purchaseCredits', input()), { code, names });
  });

  test('by a key that has bought something else', async () => {
    const idempotencyKey = newUuid();
    const buy = (pack: string) => call('purchaseCredits', keyed({ amount: { pack }, idempotencyKey }));
    await buy('pack-5');
    await expectRefusal(app, () => buy('pack-10'), { code: 'IDEMPOTENCY_CONFLICT', names: /idempotencyKey/ });
  });
});

describe('a checkout is refused and nothing is written', () => {
  test.for([...WRONG_AMOUNTS, ...WRONG_FRAME])('%s', async ([, changes, code, names]) => {
    const input = () => keyed({ amount: { pack: 'pack-5' }, ...changes() });
    await expectRefusal(app, () => call('createCheckoutSession', input()), { code, names });
  });
});

describe('auto-recharge is refused and nothing is written', () => {
  const rows: readonly Row[] = [
    ['of less than the minimum', () => ({ amount: '0.5' }), 'INVALID_INPUT', /amount/],
    ['of part of a cent', () => ({ amount: '10.001' }), 'INVALID_INPUT', /amount/],
    ['below a negative threshold', () => ({ threshold: '-1' }), 'INVALID_INPUT', /threshold/],
    ['with a daily cap below the amount', () => ({ dailyCap: '5' }), 'INVALID_INPUT', /dailyCap/],
    ['with a monthly cap below the amount', () => ({ monthlyCap: '5' }), 'INVALID_INPUT', /monthlyCap/],
    ['of at most less than the amount', () => ({ maxPerCharge: '5' }), 'INVALID_INPUT', /maxPerCharge/],
    [
      "with another team's card",
      () => ({ paymentMethodId: setting.other.purse.paymentMethod }),
      'NOT_FOUND',
      /paymentMethodId/,
    ],
  ];
  test.for(rows)('%s', async ([, changes, code, names]) => {
    const input = () => keyed({ enabled: true, threshold: '10', amount: '20', ...changes() });
    await expectRefusal(app, () => call('configureAutoRecharge', input()), { code, names });
  });
});

describe('a refund is refused and nothing is written', () => {
  const rows: readonly Row[] = [
    [
      "of another team's payment",
      () => ({ paymentId: setting.other.purse.payment }),
      'NOT_FOUND',
      /paymentId/,
    ],
    [
      'of an unknown payment',
      () => ({ paymentId: publicId('payment', newUuid()) }),
      'NOT_FOUND',
      /paymentId/,
    ],
    ['of part of a cent', () => ({ amount: '1.001' }), 'INVALID_INPUT', /amount/],
    ['of nothing', () => ({ amount: '0' }), 'INVALID_INPUT', /amount/],
    ['without a reason', () => ({ reason: '' }), 'INVALID_INPUT', /reason/],
  ];
  test.for(rows)('%s', async ([, changes, code, names]) => {
    const input = () => keyed({ paymentId: setting.asked.purse.payment, reason: 'unused', ...changes() });
    await expectRefusal(app, () => call('requestRefund', input()), { code, names });
  });
});

describe("someone else's", () => {
  test('top-up is not found', async () => {
    const query = `query ($id: ID!) { node(id: $id) { id ... on TopUp { status clientSecret actionUrl } } }`;
    const ask = (id: string) =>
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: setting.credentials.get('owner') ?? '',
        },
        body: JSON.stringify({ query, variables: { id } }),
      }).then((response) => response.text());
    const foreign = await ask(setting.other.purse.topUp);
    const unknownId = publicId('topUp', newUuid());
    const unknown = await ask(unknownId);
    expect(foreign.replaceAll(setting.other.purse.topUp, 'ID')).toBe(unknown.replaceAll(unknownId, 'ID'));
    expect(await ask(setting.asked.purse.topUp)).toContain('"status"');
  });
});

describe('an event is refused and nothing is written', () => {
  const post = (body: string, signature?: string) =>
    fetch(`${app.url}/webhooks/stripe`, {
      method: 'POST',
      headers: signature === undefined ? {} : { 'stripe-signature': signature },
      body,
    });
  const events = () => app.database.ownerDb.sql`select id from stripe_events`.then((rows) => rows.length);

  test.for([
    ['without a signature', undefined],
    ['with a wrong signature', 't=1,v1=00'],
  ] as const)('%s', async ([, signature]) => {
    const before = await events();
    expect((await post('{"id":"evt_1"}', signature)).status).toBe(400);
    expect(await events()).toBe(before);
  });

  test('by any method but POST', async () => {
    const response = await fetch(`${app.url}/webhooks/stripe`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
