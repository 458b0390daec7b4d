import { type MonacoEditor, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

/** What GraphiQL leaves to its editors and we want otherwise. */
export function EditorSettings() {
  useTabInFront();
  useSystemTheme();
  usePlainSigns();
  return null;
}

/** Editors start with the first tab, also when another one came to the front before they were loaded. */
function useTabInFront(): void {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when an editor is there, not when its text changes
  useEffect(() => {
    if (tab?.query != null) show(queryEditor, tab.query);
    if (tab?.variables != null) show(variableEditor, tab.variables);
  }, [queryEditor, variableEditor]);
}

function show(editor: MonacoEditor | undefined, text: string): void {
  if (editor && editor.getValue() !== text) editor.setValue(text);
}

/** Has the editors follow the system's change between light and dark, as the rest of the page does by itself. */
function useSystemTheme(): void {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return;
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

/** Answers have signs such as × in formulas: no box around them as if they were a trick. */
function usePlainSigns(): void {
  const answers = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    answers?.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
  }, [answers]);
}
