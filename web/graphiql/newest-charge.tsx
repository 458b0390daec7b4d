import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';
import type { GraphiqlSettings } from '../../src/graphql/graphiql-page.ts';
import { PLACEHOLDER_CHARGE } from './examples.ts';
import query from './newest-charge.graphql?raw';

/** Puts the id of the demo team's newest charge into the variables of a tab that still asks for one. */
export function NewestCharge({ settings }: { readonly settings: GraphiqlSettings }) {
  const editor = useGraphiQL((state) => state.variableEditor);
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another tab comes to the front, not when its text changes
  useEffect(() => {
    if (!editor?.getValue().includes(PLACEHOLDER_CHARGE)) return;
    let current = true;
    newestCharge(settings).then((id) => {
      if (id && current) editor.setValue(editor.getValue().replace(PLACEHOLDER_CHARGE, id));
    });
    return () => {
      current = false;
    };
  }, [editor, tab?.id, settings]);

  return null;
}

async function newestCharge({ teamId, demoKeys }: GraphiqlSettings): Promise<string | undefined> {
  const key = demoKeys.find(({ keyType }) => keyType === 'PLATFORM');
  if (!key) return undefined;
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: key.authorization },
    body: JSON.stringify({ query, variables: { teamId } }),
  });
  // The id is looked for as text, whatever else an answer or a refusal says.
  return /"charge_[^"]+"/.exec(await response.text())?.[0].slice(1, -1);
}
