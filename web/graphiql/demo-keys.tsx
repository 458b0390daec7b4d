import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import type { DemoKey } from '../../src/graphql/graphiql-page.ts';
import { EXAMPLES } from './examples.ts';

/**
 * A toolbar menu that puts one of the demo keys into the headers of the tab on screen. A tab that has no headers yet
 * gets the key its example needs: headers are not stored, so this is also what a reload does.
 */
export function DemoKeyMenu({ keys }: { readonly keys: readonly DemoKey[] }) {
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
  const { updateActiveTabValues } = useGraphiQLActions();
  const inUse = keys.find((key) => tab?.headers?.includes(key.authorization));

  function use(key: DemoKey): void {
    const headers = JSON.stringify({ Authorization: key.authorization }, null, 2);
    headerEditor?.setValue(headers);
    // The editor tells its tab a moment later, or not at all while it is being loaded.
    updateActiveTabValues({ headers });
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another tab comes to the front, not when its text changes
  useEffect(() => {
    const key = tab?.headers == null ? keyFor(tab?.title, keys) : undefined;
    if (key && headerEditor) use(key);
  }, [headerEditor, tab?.id, keys]);

  return (
    <ToolbarMenu
      button={
        <ToolbarButton label={`Key: ${inUse?.label ?? 'your own'}`}>
          <KeyIcon />
        </ToolbarButton>
      }
    >
      {keys.map((key) => (
        <ToolbarMenu.Item
          key={key.authorization}
          className={key === inUse ? 'drawdown-key-in-use' : ''}
          onSelect={() => use(key)}
        >
          {key.label}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

function keyFor(title: string | undefined, keys: readonly DemoKey[]): DemoKey | undefined {
  const example = EXAMPLES.find(({ name }) => name === title);
  return keys.find(({ keyType }) => keyType === example?.keyType) ?? keys[0];
}

function KeyIcon() {
  return (
    <svg
      className="graphiql-toolbar-icon"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden="true"
    >
      <circle cx="5" cy="11" r="3" />
      <path d="M7.2 8.8 13.5 2.5M11 5l2 2" strokeLinecap="round" />
    </svg>
  );
}
