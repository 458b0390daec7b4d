import { useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useState } from 'react';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';
import { type Connection, createConnection } from './connection.ts';
import { DemoKeyMenu } from './demo-keys.tsx';
import { EditorSettings } from './editor-settings.tsx';
import type { Example } from './example.ts';
import { EXAMPLES } from './examples.ts';
import { FillInVariables } from './fill-in-variables.tsx';
import { PLACEHOLDER_IDS } from './placeholders.ts';
import { storageOf } from './settings.ts';

/** GraphiQL with the example tabs and, where the server has demo data, its keys. */
export function Page({ settings }: { readonly settings: GraphiqlSettings | undefined }) {
  const [connection] = useState(createConnection);
  const [defaultTabs] = useState(() => EXAMPLES.map((example) => tabOf(example, settings)));
  const [storage] = useState(() => (settings ? { storage: storageOf(settings.teamId) } : {}));
  return (
    <GraphiQL
      fetcher={connection.fetcher}
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
            {settings && <FillInVariables settings={settings} />}
            <EditorSettings />
            <SocketHeaders connection={connection} />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  );
}

/** Lets the websocket log in with what the headers editor holds whenever it connects. */
function SocketHeaders({ connection }: { readonly connection: Connection }) {
  const editor = useGraphiQL((state) => state.headerEditor);
  useEffect(() => connection.readHeadersWith(() => editor?.getValue() ?? ''), [connection, editor]);
  return null;
}

function tabOf(example: Example, settings: GraphiqlSettings | undefined) {
  const variables = example.variables(settings ?? PLACEHOLDER_IDS);
  return { query: example.query, variables: JSON.stringify(variables, null, 2) };
}
