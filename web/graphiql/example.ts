import type { DemoKey, GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';

/** What the examples are about. */
export type Ids = Pick<GraphiqlSettings, 'teamId' | 'model'>;

/** An operation that opens as a tab, with variables that run as they are on the demo data. */
export interface Example {
  /** The name of the operation, which is the title of its tab. */
  readonly name: string;
  readonly query: string;
  /** The kind of demo key that may run it, or USER. */
  readonly keyType: DemoKey['keyType'];
  variables(ids: Ids): Record<string, unknown>;
}
