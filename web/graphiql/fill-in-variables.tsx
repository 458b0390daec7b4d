import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';
import { filledIn } from './fill-ins.ts';

/** Puts ids of the demo team, and the time, into the variables of a tab that still asks for them. */
export function FillInVariables({ settings }: { readonly settings: GraphiqlSettings }) {
  const editor = useGraphiQL((state) => state.variableEditor);
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another tab comes to the front, not when its text changes
  useEffect(() => {
    if (!editor) return;
    let current = true;
    const fillIn = () => {
      const before = editor.getValue();
      filledIn(before, (query) => ask(settings, query)).then((after) => {
        if (current && after !== before && editor.getValue() === before) editor.setValue(after);
      });
    };
    fillIn();
    // The editor may show the tab before for a moment longer.
    const changes = editor.onDidChangeModelContent(fillIn);
    return () => {
      current = false;
      changes.dispose();
    };
  }, [editor, tab?.id, settings]);

  return null;
}

async function ask({ teamId, demoKeys }: GraphiqlSettings, query: string): Promise<string> {
  const key = demoKeys.find(({ keyType }) => keyType === 'PLATFORM');
  if (!key) return '';
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: key.authorization },
    body: JSON.stringify({ query, variables: { teamId } }),
  });
  return response.text();
}
