import type { GraphQLSchema } from 'graphql';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/db/client.ts';
import { LinkSigner } from '../../src/gateway/signed-link.ts';
import { NodeResolver } from '../../src/graphql/node.ts';
import { buildAppSchema } from '../../src/graphql/schema.ts';
import type { ResolverClass } from '../../src/graphql/subscription-source.ts';
import { ExportResolver } from '../../src/statements/export.resolver.ts';
import { PaymentResolver, paymentNodes } from '../../src/statements/payment.resolver.ts';
import {
  TeamTransactionsResolver,
  TransactionResolver,
} from '../../src/statements/transaction-list.resolver.ts';
import { TeamResolver } from '../../src/teams/teams.resolver.ts';
import { wallet } from '../teams/people.ts';

export interface TransactionsApi {
  readonly schema: GraphQLSchema;
  readonly links: LinkSigner;
}

/** The API of transactions, with `team` to start from. `publicUrl`: where links lead to. */
export function transactionsApi(db: Db, clock: Clock, publicUrl = 'https://example.com/'): TransactionsApi {
  const links = new LinkSigner(db, () => publicUrl);
  const services = { db, clock, links, openLedger: wallet };
  const instances = new Map<ResolverClass, object>([
    [TeamResolver, new TeamResolver(services)],
    [TeamTransactionsResolver, new TeamTransactionsResolver(services)],
    [TransactionResolver, new TransactionResolver(services)],
    [PaymentResolver, new PaymentResolver(services)],
    [ExportResolver, new ExportResolver(services)],
    [NodeResolver, new NodeResolver(paymentNodes(services))],
  ]);
  const [first, ...rest] = instances.keys();
  if (!first) throw new Error('there are resolvers');
  return { schema: buildAppSchema([first, ...rest], instances), links };
}
