import type { NonEmptyArray } from 'type-graphql';
import { ModelResolver } from '../catalog/catalog.resolver.ts';
import { PriceResolver } from '../catalog/price.resolver.ts';
import { ChargeResolver, TeamChargesResolver } from '../charging/charges.resolver.ts';
import { ExplainChargeResolver, ExplainedPriceResolver } from '../charging/explain-charge.resolver.ts';
import { ReverseChargeResolver } from '../charging/reverse-charge.resolver.ts';
import { BalanceResolver, EntryGrantResolver, GrantResolver } from '../grants/grants.resolver.ts';
import { TeamCreditResolver } from '../grants/team-credit.resolver.ts';
import { LedgerResolver } from '../ledger/ledger.resolver.ts';
import { LiveResolver } from '../live/live.resolver.ts';
import { KeyResolver } from '../teams/keys.resolver.ts';
import { MemberResolver } from '../teams/members.resolver.ts';
import { TeamResolver } from '../teams/teams.resolver.ts';
import { ViewerResolver } from '../teams/viewer.resolver.ts';
import { SpendResolver, TeamSpendResolver } from '../usage/spend.resolver.ts';
import { UsageResolver } from '../usage/usage.resolver.ts';
import { NodeResolver } from './node.ts';
import type { ResolverClass } from './subscription-source.ts';

/** Every resolver class of the API, room by room. `app.ts` makes the object of each. */
export const RESOLVERS: NonEmptyArray<ResolverClass> = [
  NodeResolver,
  ViewerResolver,
  TeamResolver,
  MemberResolver,
  KeyResolver,
  ModelResolver,
  PriceResolver,
  UsageResolver,
  ChargeResolver,
  TeamChargesResolver,
  ExplainChargeResolver,
  ExplainedPriceResolver,
  ReverseChargeResolver,
  GrantResolver,
  BalanceResolver,
  EntryGrantResolver,
  TeamCreditResolver,
  LedgerResolver,
  TeamSpendResolver,
  SpendResolver,
  LiveResolver,
];
