import { type Entitlements, NO_ENTITLEMENTS } from '../catalog/entitlement-terms.ts';
import { NANO_PER_CREDIT } from '../money.ts';
import type { PlanTerms } from './plan.ts';

const PRO: Entitlements = { ...NO_ENTITLEMENTS, monetization: true, apiKeys: true, chainedModels: true };
const BUSINESS: Entitlements = { ...PRO, prioritySupport: true, computeDiscountBps: 3000n };

const PERSONAL_BENEFITS = [
  'Serverless hosting',
  'Unlimited models',
  'Scalable pay-as-you-go compute',
  'Auto-generated user interface',
  'Analytics: track usage and earnings',
  'Share models publicly',
  'ModelCentral: access to ready-to-use, hosted models',
  'Experiment with models. Upgrade later.',
];

const PRO_BENEFITS = [
  'Everything in Personal',
  'Monetization: charge for the use of models',
  'Auto-generated APIs and API keys',
  'Branding and promotional website generator',
  'Chained models: build solutions by piecing together existing models',
];

const BUSINESS_BENEFITS = [
  'Everything in Pro',
  'Priority technical support',
  'Reduced compute cost: 30 % off deployments',
];

/** What an installation starts with. Operators publish new versions; these are never written again. */
export const FIRST_PLANS: readonly PlanTerms[] = [
  platform('personal', 'Personal', 10, 0n, NO_ENTITLEMENTS, PERSONAL_BENEFITS),
  platform('pro', 'Pro', 20, 20n, PRO, PRO_BENEFITS),
  platform('business', 'Business', 30, 100n, BUSINESS, BUSINESS_BENEFITS),
  workflow('personal', 'Workflow Personal', 10, 19n),
  workflow('pro', 'Workflow Pro', 20, 59n),
  workflow('business', 'Workflow Business', 30, 599n),
];

function platform(
  code: string,
  name: string,
  rank: number,
  monthlyUsd: bigint,
  entitlements: Entitlements,
  benefits: readonly string[],
): PlanTerms {
  const price = { monthlyCents: monthlyUsd * 100n, monthlyCreditNano: 0n };
  return { code: `platform-${code}`, name, rank, ...price, entitlements, benefits, retired: false };
}

/** It gives the credit that it costs. */
function workflow(code: string, name: string, rank: number, monthlyUsd: bigint): PlanTerms {
  const price = { monthlyCents: monthlyUsd * 100n, monthlyCreditNano: monthlyUsd * NANO_PER_CREDIT };
  const benefits = [`$${monthlyUsd} of credit each month, which never expires`, 'Visual workflows'];
  return {
    code: `workflow-${code}`,
    name,
    rank,
    ...price,
    entitlements: NO_ENTITLEMENTS,
    benefits,
    retired: false,
  };
}
