import { GraphiQL } from 'graphiql';
import { useState } from 'react';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';
import { createConnection } from './connection.ts';
import { DemoKeyMenu } from './demo-keys.tsx';
import { EditorSettings } from './editor-settings.tsx';
import { EXAMPLES, type Example, PLACEHOLDER_IDS } from './examples.ts';
import { NewestCharge } from './newest-charge.tsx';
import { storageOf } from './settings.ts';

/** GraphiQL with the example tabs and, where the server has demo data, its keys. */
export function Page({ settings }: { readonly settings: GraphiqlSettings | undefined }) {
  const [connection] = useState(createConnection);
  const [defaultTabs] = useState(() => EXAMPLES.map((example) => tabOf(example, settings)));
  const [storage] = useState(() => (settings ? { storage: storageOf(settings.teamId) } : {}));
  return (
    <GraphiQL
      fetcher={connection.fetcher}
      onEditHeaders={connection.headersEdited}
      defaultTabs={defaultTabs}
      defaultEditorToolsVisibility="variables"
      {...storage}
    >
      <GraphiQL.Logo>
        <span className="drawdown-name">Drawdown</span>
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            {settings && <DemoKeyMenu keys={settings.demoKeys} />}
            {settings && <NewestCharge settings={settings} />}
            <EditorSettings />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  );
}

function tabOf(example: Example, settings: GraphiqlSettings | undefined) {
  const variables = example.variables(settings ?? PLACEHOLDER_IDS);
  return { query: example.query, variables: JSON.stringify(variables, null, 2) };
}
